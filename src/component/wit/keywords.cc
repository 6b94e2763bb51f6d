// See keywords.h.
#include "component/wit/keywords.h"

#include <algorithm>
#include <iterator>

#include "base/fixed_text.h"

namespace ermine::component::wit {
namespace {

constexpr base::FixedText<15> kKeywords[] = {
#define PRIMITIVE(id, name, code, size, flat) name,
#include "component/model/primitive_types.def"
#define KEYWORD(id, text) text,
#include "component/wit/keywords.def"
};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Keyword keyword_of(std::string_view word) {
  const auto* found = std::find(std::begin(kKeywords), std::end(kKeywords), word);
  return static_cast<Keyword>(found - std::begin(kKeywords));
}

std::string_view text_of(Keyword keyword) {
  return keyword == Keyword::kNone ? std::string_view() : kKeywords[static_cast<size_t>(keyword)].view();
}

// The primitive types are the first keywords.
Primitive primitive_of(Keyword keyword) {
  return keyword < static_cast<Keyword>(Primitive::kCount) ? static_cast<Primitive>(keyword) : kNoPrimitive;
}

// WIT.md, "Types", kt.
bool is_map_key(Primitive primitive) {
  return primitive != kNoPrimitive && primitive != Primitive::F32 && primitive != Primitive::F64 &&
         primitive != Primitive::ErrorContext;
}

std::string_view label_problem(std::string_view name) {
  if (name.empty()) return "a name is missing";
  size_t begin = 0;
  while (true) {
    const size_t end = std::min(name.find('-', begin), name.size());
    const std::string_view word = name.substr(begin, end - begin);
    if (word.empty()) return "a hyphen in a name has a word on both sides";
    if (begin == 0 && is_digit(word[0])) return "a name begins with a letter";
    bool lower = false, upper = false;
    for (const char c : word) {
      if (is_lower(c)) lower = true;
      else if (is_upper(c)) upper = true;
      else if (!is_digit(c)) return "a name has only the letters a to z and A to Z, digits and hyphens";
    }
    if (lower && upper) return "each word of a name is either lower-case or upper-case";
    if (end == name.size()) return {};
    begin = end + 1;
  }
}

bool is_label(std::string_view name) { return label_problem(name).empty(); }

std::string folded(std::string_view name) {
  std::string out(name);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

}  // namespace ermine::component::wit
