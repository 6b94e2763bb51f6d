// format("{} of {}", a, b) inserts strings and integers into a pattern, for the engine's messages.
//
// All patterns go through one function that is compiled once. The engine has messages at some two hundred places; with
// {fmt}, they and the code that it needs (floating point, locales, widths of code points) were a fifth of the smallest
// library's code. The command and the text format still use {fmt}.
//
// A placeholder is {}, or {:x}, {:#x}, {:4}, {:02x}: hexadecimal, with 0x, of a width, filled with zeros. The compiler
// counts placeholders and values. There is no escape for braces, because messages do not need any.
//
// Strings are assumed to come from a guest: they are cut and escaped as ermine/printable.h describes. {:t} inserts a
// text unchanged: one that was itself made here, and may be longer or have several lines.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace ermine::base {

// A string or an integer, by value; a string must live as long as the call.
class FormatArg {
 public:
  FormatArg(std::string_view s) : bits_(reinterpret_cast<uintptr_t>(s.data())), size_(s.size()) {}
  FormatArg(const std::string& s) : FormatArg(std::string_view(s)) {}
  FormatArg(const char* s) : FormatArg(std::string_view(s)) {}
  template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>)
  FormatArg(T v) : bits_(static_cast<uint64_t>(v)), size_(std::is_signed_v<T> ? kSigned : kUnsigned) {}

  void append_to(std::string& out, std::string_view spec) const;

 private:
  static constexpr uint64_t kUnsigned = ~uint64_t{0}, kSigned = kUnsigned - 1;  // no string is that long
  uint64_t bits_;
  uint64_t size_;
};

void the_pattern_has_another_number_of_placeholders();  // not defined: a call of it is an error of the compiler

// A pattern with `n` placeholders, checked by the compiler.
template <unsigned n>
class FormatPattern {
 public:
  consteval FormatPattern(const char* text) : text_(text) {
    unsigned found = 0;
    for (const char* p = text; *p; ++p)
      if (*p == '{') ++found;
    if (found != n) the_pattern_has_another_number_of_placeholders();
  }
  const char* text() const { return text_; }

 private:
  const char* text_;
};

std::string format_args(const char* pattern, const FormatArg* args);

template <class... Args>
std::string format(FormatPattern<sizeof...(Args)> pattern, const Args&... args) {
  const FormatArg list[] = {FormatArg(args)...};
  return format_args(pattern.text(), list);
}

// The shortest decimal digits that read back as the same number: "0.1", "1e+20", "-inf".
std::string shortest(float v);
std::string shortest(double v);

}  // namespace ermine::base
