// Text of a constant table, stored in place: at most `kMost` bytes.
//
// A std::string_view is a pointer, which the dynamic linker writes at each start, and the page with it is copied. Such
// tables are for errors, components and text, so a short program should not pay for them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ermine::base {

template <size_t kMost>
struct FixedText {
  static_assert(kMost < 256);
  std::array<char, kMost> bytes{};
  uint8_t size = 0;

  consteval FixedText() = default;
  consteval FixedText(std::string_view text) : size(static_cast<uint8_t>(text.size())) {
    if (text.size() > kMost) __builtin_trap();  // an error of the compiler: there is not enough room
    for (size_t i = 0; i < text.size(); ++i) bytes[i] = text[i];
  }
  consteval FixedText(const char* text) : FixedText(std::string_view(text)) {}

  // Of the table's own text only: a view of a copy would dangle.
  constexpr std::string_view view() const& { return {bytes.data(), size}; }
  constexpr operator std::string_view() const& { return view(); }
  std::string_view view() const&& = delete;
  operator std::string_view() const&& = delete;
  friend constexpr bool operator==(const FixedText& a, std::string_view b) { return a.view() == b; }
};

}  // namespace ermine::base
