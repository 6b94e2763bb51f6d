// AArch64: a hole is a bit field of an instruction, identified by its patch. A value that does not fit is computed in a
// spare register before the stencil (put_base); for conditional branches, a jump after the stencil reaches the target
// (compiler.h: long branches). Data is addressed by page and offset, so these holes are filled when the address of the
// code is known.
#pragma once

#include <cstdint>
#include <cstring>

#include "baseline/stencil_ids.h"

namespace ermine::baseline::machine_aarch64 {

// Neither these constants nor their neighbours are powers of two or patterns of logical immediates.
inline constexpr MarkedConstants kMarked = {{0x5a6, 0xb39}, {0x5a6, 0xb39}, {13, 21}};
inline constexpr bool kNegativeForms = true;
inline constexpr bool kNarrowAddresses = false;  // loads and stores extend a 32-bit index
inline constexpr bool kShortFrames = false;  // 32 bytes
inline constexpr bool kDataAtLink = true;
inline constexpr bool kFarOperands = true;
inline constexpr uint64_t kHighestAddress = 0xffff'ffff'ffff;

// Bit fields. Low: the low 12 bits of a number; loads and stores use only those above their size.
enum Patch : unsigned {
  kAddLow,
  kAccessLow,
  kPage,
  kMove0,
  kMove1,
  kMove2,
  kBranch26,
  kBranch19,
  kBranch14,
  kImm12,
  kImm16,
  kRotation,  // of a bit field move
  kTop  // bit of a bit field move, or the position of an extract
};

inline uint32_t word(const uint8_t* at) {
  uint32_t w;
  std::memcpy(&w, at, 4);
  return w;
}
inline void set_word(uint8_t* at, uint32_t w) { std::memcpy(at, &w, 4); }
inline void set_field(uint8_t* at, unsigned low, unsigned bits, uint64_t v) {
  const uint32_t mask = ((1u << bits) - 1) << low;
  set_word(at, (word(at) & ~mask) | (static_cast<uint32_t>(v << low) & mask));
}
inline unsigned access_shift(uint32_t w) {
  const bool is_vector = w >> 26 & 1, is_128 = w >> 23 & 1;
  return is_vector && is_128 ? 4 : w >> 30;
}

// The ranges of immediates of instructions, or of a move: kImm is 0 to 65535, kNeg -65536 to -1.
inline Location constant_location(int64_t v, bool) {
  if (v >= 0 && v <= 0xffff) return kImm;
  return v < 0 && v >= -0x10000 ? kNeg : kPool;
}

inline bool constant_fits(const Hole& h, int64_t v) {
  v = changed(h.change(), v);
  switch (h.patch()) {
    case kImm12: return v >= 0 && v < 1 << 12;
    case kImm16: return v >= 0 && v < 1 << 16;
    default: return true;
  }
}

inline void put_constant(uint8_t* at, const Hole& h, int64_t v) {
  const auto bits = static_cast<uint64_t>(changed(h.change(), v));
  const unsigned number_mask = word(at) >> 31 ? 63 : 31;
  switch (h.patch()) {
    case kImm12: set_field(at, 10, 12, bits); break;
    case kImm16: set_field(at, 5, 16, bits); break;
    case kRotation: set_field(at, 16, 6, bits & number_mask); break;
    default: set_field(at, 10, 6, bits & number_mask); break;
  }
}

// The registers of pins and of the integer accumulator; see stencils/machine_aarch64.h.
inline constexpr uint8_t kPinRegisters[6] = {20, 25, 26, 28, 0, 1};
// Vector registers: first the accumulators, then the pins.
inline constexpr uint8_t kFloatAccs = 2;
inline constexpr uint8_t kAccRegister = 24;

// Sets the bits of a hole in `mask`, which has the layout of the code.
inline void mark_bits(const Hole& h, const uint8_t*, uint8_t* mask) {
  switch (h.patch()) {
    case kAddLow:
    case kAccessLow:
    case kImm12: set_field(mask, 10, 12, 0xfff); break;
    case kPage:
      set_field(mask, 29, 2, 3);
      set_field(mask, 5, 19, 0x7ffff);
      break;
    case kBranch26: set_field(mask, 0, 26, 0x3ffffff); break;
    case kBranch19: set_field(mask, 5, 19, 0x7ffff); break;
    case kBranch14: set_field(mask, 5, 14, 0x3fff); break;
    case kRotation: set_field(mask, 16, 6, 63); break;
    case kTop: set_field(mask, 10, 6, 63); break;
    default: set_field(mask, 5, 16, 0xffff); break;
  }
}

inline void put_number(uint8_t* at, unsigned patch, uint64_t v) {
  switch (patch) {
    case kAddLow: set_field(at, 10, 12, v & 0xfff); break;
    case kAccessLow: set_field(at, 10, 12, (v & 0xfff) >> access_shift(word(at))); break;
    case kMove0: set_field(at, 5, 16, v & 0xffff); break;
    case kMove1: set_field(at, 5, 16, v >> 16 & 0xffff); break;
    default: set_field(at, 5, 16, v >> 32 & 0xffff); break;
  }
}

inline void put_pc(uint8_t* at, unsigned patch, uint64_t v) { put_number(at, patch, v); }

inline bool is_conditional(unsigned patch) { return patch == kBranch19 || patch == kBranch14; }

inline bool put_distance(uint8_t* at, unsigned patch, int64_t distance) {
  const unsigned bits = patch == kBranch26 ? 26 : patch == kBranch19 ? 19 : 14;
  const int64_t words = distance / 4, limit = int64_t{1} << (bits - 1);
  set_field(at, patch == kBranch26 ? 0 : 5, bits, static_cast<uint64_t>(words));
  return words >= -limit && words < limit;
}

inline void put_address(uint8_t* at, unsigned patch, const uint8_t* execute, const uint8_t* target) {
  const auto to = reinterpret_cast<uint64_t>(target);
  if (patch != kPage) {
    put_number(at, patch, to);
    return;
  }
  const auto pages = static_cast<uint64_t>(static_cast<int64_t>(to >> 12) -
                                           static_cast<int64_t>(reinterpret_cast<uint64_t>(execute) >> 12));
  set_field(at, 29, 2, pages & 3);
  set_field(at, 5, 19, pages >> 2);
}

// --- Operands beyond 12 bits

// Registers that stencils do not use (by a compiler option of the build), one for each kind of operand that may be far,
// in the order of HoleKind: x9 to x13.
inline constexpr unsigned kSpare = 9;
inline constexpr unsigned kBaseSize = 12;  // bytes that put_base writes
inline bool is_low(unsigned patch) { return patch == kAddLow || patch == kAccessLow; }
inline bool is_far(uint32_t v) { return v > 0xfff; }

// Writes instructions that compute, in the kind's spare register, the base register of the instruction `w` plus the
// bits of v above the low 12.
inline void put_base(uint8_t* at, uint32_t w, unsigned kind, uint32_t v) {
  const uint32_t base = w >> 5 & 31, spare = kSpare + kind;
  set_word(at, 0x52a00000 | (v >> 16) << 5 | spare);  // movz, lsl 16
  set_word(at + 4, 0x72800000 | (v & 0xf000) << 5 | spare);  // movk
  set_word(at + 8, 0x8b000000 | spare << 16 | base << 5 | spare);  // add
}
inline void set_base(uint8_t* at, unsigned kind) { set_field(at, 5, 5, kSpare + kind); }

// A b instruction, to be filled in.
inline constexpr uint32_t kJump = 0x14000000;

}  // namespace ermine::baseline::machine_aarch64
