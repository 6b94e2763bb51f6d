// See names.h.
#include "component/bindgen/names.h"

#include <algorithm>
#include <iterator>

#include "base/fixed_text.h"

namespace ermine::component::bindgen {

namespace {

// Keywords of C++20, and names that the standard library has as macros. Sorted.
constexpr base::FixedText<16> kReserved[] = {
    "alignas",       "alignof",     "and",       "and_eq",       "asm",          "assert",
    "auto",          "bitand",      "bitor",     "bool",         "break",        "case",
    "catch",         "char",        "char16_t",  "char32_t",     "char8_t",      "class",
    "co_await",      "co_return",   "co_yield",  "compl",        "concept",      "const",
    "const_cast",    "consteval",   "constexpr", "constinit",    "continue",     "decltype",
    "default",       "delete",      "do",        "double",       "dynamic_cast", "else",
    "enum",          "errno",       "explicit",  "export",       "extern",       "false",
    "float",         "for",         "friend",    "goto",         "if",           "inline",
    "int",           "linux",       "long",      "mutable",      "namespace",    "new",
    "noexcept",      "not",         "not_eq",    "nullptr",      "operator",     "or",
    "or_eq",         "private",     "protected", "public",       "register",     "reinterpret_cast",
    "requires",      "return",      "short",     "signed",       "sizeof",       "static",
    "static_assert", "static_cast", "stderr",    "stdin",        "stdout",       "struct",
    "switch",        "template",    "this",      "thread_local", "throw",        "true",
    "try",           "typedef",     "typeid",    "typename",     "union",        "unix",
    "unsigned",      "using",       "virtual",   "void",         "volatile",     "wchar_t",
    "while",         "xor",         "xor_eq"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

std::string snake_case(std::string_view label) {
  std::string out;
  for (const char c : label) out += c == '-' ? '_' : lower(c);
  if (std::find(std::begin(kReserved), std::end(kReserved), out) != std::end(kReserved)) out += '_';
  return out;
}

std::string camel_case(std::string_view label) {
  std::string out;
  bool start = true;
  for (const char c : label) {
    if (c == '-') {
      start = true;
    } else {
      out += start ? upper(c) : lower(c);
      start = false;
    }
  }
  return out;
}

std::string constant(std::string_view label) { return "k" + camel_case(label); }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace ermine::component::bindgen
