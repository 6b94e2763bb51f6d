#include "base/utf8.h"

#include <cstring>

#include "ermine/printable.h"

namespace ermine {

namespace base {

namespace {

// Characters that are escaped, as ranges. ASCII and C1 controls are checked separately.
constexpr struct {
  uint32_t first, last;
} kHidden[] = {
    {0x061C, 0x061C},    // Arabic letter mark
    {0x200B, 0x200F},    // zero widths, left-to-right and right-to-left marks
    {0x2028, 0x202E},    // line and paragraph separators, bidirectional embeddings and overrides
    {0x2060, 0x206F},    // invisible operators, bidirectional isolates, deprecated format characters
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF9, 0xFFFB},    // interlinear annotations
    {0xE0000, 0xE0FFF},  // tags and other characters that are ignored by programs that do not know them
};

}  // namespace

unsigned utf8_length(const uint8_t* p, const uint8_t* end) {
  auto tail = [](uint8_t b) { return (b & 0xC0) == 0x80; };
  const uint8_t b = *p;
  if (b < 0x80) return 1;
  if (b < 0xC2) return 0;  // a continuation byte, or the overlong forms of U+0000 to U+007F
  const unsigned n = b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
  if (b >= 0xF5 || end - p < static_cast<ptrdiff_t>(n)) return 0;
  for (unsigned i = 1; i < n; ++i)
    if (!tail(p[i])) return 0;
  if (b == 0xE0 && p[1] < 0xA0) return 0;   // overlong
  if (b == 0xED && p[1] >= 0xA0) return 0;  // surrogates
  if (b == 0xF0 && p[1] < 0x90) return 0;   // overlong
  if (b == 0xF4 && p[1] >= 0x90) return 0;  // above U+10FFFF
  return n;
}

bool is_utf8(std::string_view text) {
  constexpr uint64_t kNotAscii = 0x8080'8080'8080'8080;
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = p + text.size();
  while (p < end) {
    // Text is mostly ASCII: eight bytes at a time, and 32 where there were eight.
    while (end - p >= 8) {
      uint64_t words[4];
      std::memcpy(words, p, 8);
      if (words[0] & kNotAscii) break;
      for (p += 8; end - p >= 32; p += 32) {
        std::memcpy(words, p, 32);
        if ((words[0] | words[1] | words[2] | words[3]) & kNotAscii) break;
      }
    }
    if (p == end) break;
    if (*p < 0x80) {
      ++p;
      continue;
    }
    const unsigned n = utf8_length(p, end);
    if (n == 0) return false;
    p += n;
  }
  return true;
}

unsigned printable_length(const uint8_t* p, const uint8_t* end) {
  const unsigned n = utf8_length(p, end);
  uint32_t character = n <= 1 ? *p : *p & 0x7Fu >> n;
  for (unsigned i = 1; i < n; ++i) character = character << 6 | (p[i] & 0x3Fu);
  if (character < 0x20 || (character >= 0x7F && character < 0xA0)) return 0;
  for (const auto& hidden : kHidden)
    if (character >= hidden.first && character <= hidden.last) return 0;
  return n;
}

void append_printable(std::string& out, std::string_view text) {
  const auto* p = reinterpret_cast<const uint8_t*>(text.data());
  const uint8_t* end = p + text.size();
  const size_t begin = out.size();
  size_t fits = begin;  // the part that leaves room for the dots
  while (p != end) {
    if (const unsigned n = printable_length(p, end)) {
      out.append(reinterpret_cast<const char*>(p), n);
      p += n;
    } else {
      const char escape[] = {'\\', "0123456789abcdef"[*p >> 4], "0123456789abcdef"[*p & 15]};
      out.append(escape, sizeof escape);
      ++p;
    }
    if (out.size() - begin <= kMaxPrintable - 3) {
      fits = out.size();
    } else if (out.size() - begin > kMaxPrintable) {
      out.resize(fits);
      out += "...";
      return;
    }
  }
}

}  // namespace base

std::string printable(std::string_view text) {
  std::string out;
  base::append_printable(out, text);
  return out;
}

}  // namespace ermine
