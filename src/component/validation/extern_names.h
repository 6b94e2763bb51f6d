// The names of imports, exports and labels (Explainer.md, "Import and Export Definitions" and "Name Uniqueness").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "component/model/arena.h"
#include "component/model/names.h"

namespace ermine::component {

// Whether the text is a label: words and acronyms, separated by hyphens.
bool is_kebab_case(std::string_view text);

struct ParsedName {
  enum Kind : uint8_t { kLabel, kConstructor, kMethod, kStatic, kInterface } kind = kLabel;
  std::string_view resource;  // kConstructor, kMethod, kStatic: the label of the resource
  std::string_view version;   // kInterface: what follows the @; not checked yet
  bool has_version = false;
};

// Parses an extern name. Empty if it is malformed; then `error` says why.
std::optional<ParsedName> parse_extern_name(std::string_view name, FeatureSet features, std::string& error);

// Checks the version of an interface name, and the suffix that an attribute gives. Returns what is wrong, or "".
std::string check_version(const ParsedName& name, std::optional<std::string_view> suffix, FeatureSet features);

// The form of a name in which strongly-unique names differ: a part of it, or in `arena`.
std::string_view canonical_name(std::string_view name, Arena& arena);
// The same for labels.
std::string canonical_label(std::string_view label);

}  // namespace ermine::component
