// The words of the text format for types, with their codes in the binary format. Read by the parser and the printer.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fixed_text.h"

namespace ermine::text {

struct TypeWord {
  base::FixedText<13> word;
  uint8_t code;
};

inline constexpr TypeWord kNumberTypes[] = {{"i32", 0x7F}, {"i64", 0x7E}, {"f32", 0x7D}, {"f64", 0x7C}, {"v128", 0x7B}};
// Abstract heap types, and the short names of nullable references to them.
inline constexpr TypeWord kHeapTypes[] = {
    {"func", 0x70},  {"extern", 0x6F}, {"any", 0x6E},  {"eq", 0x6D},       {"i31", 0x6C},    {"struct", 0x6B},
    {"array", 0x6A}, {"exn", 0x69},    {"none", 0x71}, {"noextern", 0x72}, {"nofunc", 0x73}, {"noexn", 0x74},
};
inline constexpr TypeWord kReferenceTypes[] = {
    {"funcref", 0x70}, {"externref", 0x6F},     {"anyref", 0x6E},      {"eqref", 0x6D},
    {"i31ref", 0x6C},  {"structref", 0x6B},     {"arrayref", 0x6A},    {"exnref", 0x69},
    {"nullref", 0x71}, {"nullexternref", 0x72}, {"nullfuncref", 0x73}, {"nullexnref", 0x74},
};

// The code of a word, or 0; the word of a code, or "".
template <size_t N>
constexpr uint8_t code_of(const TypeWord (&words)[N], std::string_view word) {
  for (const TypeWord& w : words)
    if (w.word == word) return w.code;
  return 0;
}
template <size_t N>
constexpr std::string_view word_of(const TypeWord (&words)[N], uint8_t code) {
  for (const TypeWord& w : words)
    if (w.code == code) return w.word;
  return {};
}

}  // namespace ermine::text
