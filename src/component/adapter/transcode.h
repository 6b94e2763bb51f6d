// The transcoders of intrinsics.def, on bytes of memories. Text that is not well-formed ends the work: the result has
// no value. UTF-16 is little-endian and need not be aligned in the host's memory. If a component calls itself, the
// ranges may overlap: the result then has no meaning, but no byte outside of the ranges is read or written.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace ermine::component {

struct Progress {
  uint32_t read = 0, written = 0;  // code units
  uint64_t packed() const { return uint64_t{read} << 32 | written; }
};

// `to` has the size of `from`.
bool copy_utf8(std::span<const uint8_t> from, uint8_t* to);
bool copy_utf16(std::span<const uint8_t> from, uint8_t* to);
// `to` has room for two bytes for each byte of `from`.
void latin1_to_utf16(std::span<const uint8_t> from, uint8_t* to);
std::optional<uint32_t> utf8_to_utf16(std::span<const uint8_t> from, uint8_t* to);
// Stops before the character that does not fit.
std::optional<Progress> utf16_to_utf8(std::span<const uint8_t> from, std::span<uint8_t> to);
Progress latin1_to_utf8(std::span<const uint8_t> from, std::span<uint8_t> to);
// Stops before the first character that is not in Latin-1. `to` has a byte for each code unit of `from`.
std::optional<Progress> utf8_to_latin1(std::span<const uint8_t> from, uint8_t* to);
std::optional<Progress> utf16_to_latin1(std::span<const uint8_t> from, uint8_t* to);
// Returns whether all characters are in Latin-1, which was written then. `to` has the size of `from`.
std::optional<bool> utf16_to_compact(std::span<const uint8_t> from, uint8_t* to);
// Turns `length` bytes at `text` into as many UTF-16 code units.
void widen_latin1(uint8_t* text, uint32_t length);

}  // namespace ermine::component
