#include "component/adapter/transcode.h"

#include <cstring>

#include "base/utf8.h"

namespace ermine::component {

namespace {

uint16_t load_unit(const uint8_t* at) { return static_cast<uint16_t>(at[0] | at[1] << 8); }
void store_unit(uint8_t* at, uint32_t unit) {
  at[0] = static_cast<uint8_t>(unit);
  at[1] = static_cast<uint8_t>(unit >> 8);
}

struct Decoded {
  uint32_t character = 0;
  uint32_t units = 0;  // 0: not well-formed
};

Decoded decode_utf8(const uint8_t* at, const uint8_t* end) {
  if (*at < 0x80) return {*at, 1};
  const uint32_t units = base::utf8_length(at, end);
  if (units == 0) return {};
  uint32_t character = *at & (0x7Fu >> units);
  for (uint32_t i = 1; i < units; ++i) character = character << 6 | (at[i] & 0x3F);
  return {character, units};
}

Decoded decode_utf16(const uint8_t* at, const uint8_t* end) {
  const uint32_t unit = load_unit(at);
  if (unit < 0xD800 || unit >= 0xE000) return {unit, 1};
  if (unit >= 0xDC00 || end - at < 4) return {};
  const uint32_t low = load_unit(at + 2);
  if (low < 0xDC00 || low >= 0xE000) return {};
  return {0x1'0000 + ((unit - 0xD800) << 10 | (low - 0xDC00)), 2};
}

uint32_t utf8_size(uint32_t c) { return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x1'0000 ? 3 : 4; }

void encode_utf8(uint32_t c, uint32_t size, uint8_t* to) {
  if (size == 1) {
    *to = static_cast<uint8_t>(c);
    return;
  }
  for (uint32_t i = size - 1; i > 0; --i, c >>= 6) to[i] = static_cast<uint8_t>(0x80 | (c & 0x3F));
  to[0] = static_cast<uint8_t>(0xF00u >> size | c);  // as many leading ones as bytes
}

// How many bytes from `at` on are ASCII, in steps of eight.
size_t ascii_run(const uint8_t* at, const uint8_t* end) {
  const uint8_t* p = at;
  for (; end - p >= 8; p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    if (word & 0x8080'8080'8080'8080) break;
  }
  return static_cast<size_t>(p - at);
}

bool is_valid_utf16(std::span<const uint8_t> text) {
  const uint8_t* p = text.data();
  const uint8_t* const end = p + text.size();
  while (p != end) {
    const Decoded d = decode_utf16(p, end);
    if (d.units == 0) return false;
    p += 2 * d.units;
  }
  return true;
}

}  // namespace

bool copy_utf8(std::span<const uint8_t> from, uint8_t* to) {
  if (!base::is_utf8({reinterpret_cast<const char*>(from.data()), from.size()})) return false;
  if (!from.empty()) std::memmove(to, from.data(), from.size());
  return true;
}

bool copy_utf16(std::span<const uint8_t> from, uint8_t* to) {
  if (!is_valid_utf16(from)) return false;
  if (!from.empty()) std::memmove(to, from.data(), from.size());
  return true;
}

void latin1_to_utf16(std::span<const uint8_t> from, uint8_t* to) {
  for (size_t i = 0; i < from.size(); ++i) store_unit(to + 2 * i, from[i]);
}

std::optional<uint32_t> utf8_to_utf16(std::span<const uint8_t> from, uint8_t* to) {
  const uint8_t* p = from.data();
  const uint8_t* const end = p + from.size();
  uint8_t* out = to;
  while (p != end) {
    if (const size_t run = ascii_run(p, end); run != 0) {
      latin1_to_utf16({p, run}, out);
      p += run;
      out += 2 * run;
      continue;
    }
    const Decoded d = decode_utf8(p, end);
    if (d.units == 0) return std::nullopt;
    p += d.units;
    if (d.character < 0x1'0000) {
      store_unit(out, d.character);
      out += 2;
    } else {
      store_unit(out, 0xD800 + ((d.character - 0x1'0000) >> 10));
      store_unit(out + 2, 0xDC00 + (d.character & 0x3FF));
      out += 4;
    }
  }
  return static_cast<uint32_t>((out - to) / 2);
}

std::optional<Progress> utf16_to_utf8(std::span<const uint8_t> from, std::span<uint8_t> to) {
  const uint8_t* const end = from.data() + from.size();
  Progress progress;
  while (uint64_t{progress.read} * 2 < from.size()) {
    const Decoded d = decode_utf16(from.data() + uint64_t{progress.read} * 2, end);
    if (d.units == 0) return std::nullopt;
    const uint32_t size = utf8_size(d.character);
    if (to.size() - progress.written < size) break;
    encode_utf8(d.character, size, to.data() + progress.written);
    progress.read += d.units;
    progress.written += size;
  }
  return progress;
}

Progress latin1_to_utf8(std::span<const uint8_t> from, std::span<uint8_t> to) {
  Progress progress;
  while (progress.read < from.size()) {
    const uint32_t size = utf8_size(from[progress.read]);
    if (to.size() - progress.written < size) break;
    encode_utf8(from[progress.read++], size, to.data() + progress.written);
    progress.written += size;
  }
  return progress;
}

std::optional<Progress> utf8_to_latin1(std::span<const uint8_t> from, uint8_t* to) {
  const uint8_t* const end = from.data() + from.size();
  Progress progress;
  while (progress.read < from.size()) {
    const Decoded d = decode_utf8(from.data() + progress.read, end);
    if (d.units == 0) return std::nullopt;
    if (d.character >= 0x100) break;
    to[progress.written++] = static_cast<uint8_t>(d.character);
    progress.read += d.units;
  }
  return progress;
}

std::optional<Progress> utf16_to_latin1(std::span<const uint8_t> from, uint8_t* to) {
  Progress progress;
  for (; uint64_t{progress.read} * 2 < from.size(); ++progress.read) {
    const uint32_t unit = load_unit(from.data() + uint64_t{progress.read} * 2);
    if (unit >= 0x100) break;
    to[progress.written++] = static_cast<uint8_t>(unit);
  }
  return progress;
}

std::optional<bool> utf16_to_compact(std::span<const uint8_t> from, uint8_t* to) {
  uint32_t all = 0;
  for (size_t i = 0; i < from.size(); i += 2) all |= from[i + 1];
  if (all == 0) {
    for (size_t i = 0; i < from.size() / 2; ++i) to[i] = from[2 * i];
    return true;
  }
  if (!copy_utf16(from, to)) return std::nullopt;
  return false;
}

void widen_latin1(uint8_t* text, uint32_t length) {
  for (size_t i = length; i-- > 0;) store_unit(text + 2 * i, text[i]);
}

}  // namespace ermine::component
