#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace ermine::base {

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = p + text.size();
  auto tail = [](uint8_t b) { return (b & 0xC0) == 0x80; };
  while (p < end) {
    // Names are nearly always ASCII: eight bytes at a time.
    while (end - p >= 8) {
      uint64_t word;
      std::memcpy(&word, p, 8);
      if (word & 0x8080'8080'8080'8080) break;
      p += 8;
    }
    if (p == end) break;
    const uint8_t b = *p;
    if (b < 0x80) {
      p += 1;
    } else if (b < 0xC2) {
      return false;  // a continuation byte, or the overlong forms of U+0000 to U+007F
    } else if (b < 0xE0) {
      if (end - p < 2 || !tail(p[1])) return false;
      p += 2;
    } else if (b < 0xF0) {
      if (end - p < 3 || !tail(p[1]) || !tail(p[2])) return false;
      if (b == 0xE0 && p[1] < 0xA0) return false;   // overlong
      if (b == 0xED && p[1] >= 0xA0) return false;  // surrogates
      p += 3;
    } else if (b < 0xF5) {
      if (end - p < 4 || !tail(p[1]) || !tail(p[2]) || !tail(p[3])) return false;
      if (b == 0xF0 && p[1] < 0x90) return false;   // overlong
      if (b == 0xF4 && p[1] >= 0x90) return false;  // above U+10FFFF
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace ermine::base
