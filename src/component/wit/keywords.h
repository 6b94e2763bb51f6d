// The keywords and primitive types of WIT, and the form of its names. See keywords.def.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "component/model/names.h"

namespace ermine::component::wit {

enum class Keyword : uint8_t {
#define PRIMITIVE(id, name, code, size, flat) kPrimitive##id,
#include "component/model/primitive_types.def"
#define KEYWORD(id, text) id,
#include "component/wit/keywords.def"
  kNone,
};

// No primitive type.
inline constexpr Primitive kNoPrimitive = Primitive::kCount;

// kNone if `word` is no keyword.
Keyword keyword_of(std::string_view word);
std::string_view text_of(Keyword keyword);

// kNoPrimitive if the keyword is no primitive type.
Primitive primitive_of(Keyword keyword);
// Whether map<K, V> allows it as K.
bool is_map_key(Primitive primitive);

// Whether `name` has the form of names in WIT (Explainer.md, "Import and Export Definitions", `label`): words that are
// separated by hyphens, each of lower-case or of upper-case letters and digits; the first begins with a letter.
bool is_label(std::string_view name);
// What is wrong with it, for a message.
std::string_view label_problem(std::string_view name);
// Names are unique without regard to case: two names collide if this is equal.
std::string folded(std::string_view name);

}  // namespace ermine::component::wit
