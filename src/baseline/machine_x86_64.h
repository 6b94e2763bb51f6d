// x86-64: holes are whole fields of 1, 2, 4 or 8 bytes at any position; their patch is the number of bytes. Distances
// count from the end of their field; 32 bits reach everything in the code arena.
#pragma once

#include <cstdint>
#include <cstring>

#include "baseline/stencil_ids.h"

namespace ermine::baseline::machine_x86_64 {

// A 64-bit instruction sign-extends its 32-bit constant. The markers of 32-bit operations are negative, so that clang
// cannot use a 64-bit instruction for one (which would be equivalent for a positive constant).
inline constexpr MarkedConstants kMarked = {{0x12345678, 0x5a6b7c3d}, {0x92345678, 0xda6b7c3d}, {13, 21}};
// Whether negative constants have forms of their own for i32, and in stores.
inline constexpr bool kNegativeForms = false;

// Whether an address in a register can be used directly as an index, because its upper half is zero.
inline constexpr bool kNarrowAddresses = true;

// Whether a call by machine code uses so little of the native stack that its callee need not check it
// (runtime::native_stack_suffices).
inline constexpr bool kShortFrames = true;
// Whether distances to data are known only when the address of the code is.
inline constexpr bool kDataAtLink = false;
// Whether operands or branches may be too far for their fields.
inline constexpr bool kFarOperands = false;
inline void set_base(uint8_t*, unsigned) {}
inline constexpr uint64_t kHighestAddress = ~uint64_t{0};

// kImm is any constant as i32, 0 to 2^31-1 as i64; kNeg is -2^31+1 to -1 as i64.
inline Location constant_location(int64_t v, bool is_64) {
  if (!is_64 || (v >= 0 && v <= INT32_MAX)) return kImm;
  return v < 0 && v > INT32_MIN ? kNeg : kPool;
}

// A comparison with x may have become one with its neighbour: not possible if there is no neighbour.
inline bool constant_fits(const Hole& h, int64_t v) {
  if (h.change() != Change::kMinusOne && h.change() != Change::kPlusOne) return true;
  return v != 0 && v != -1 && v != INT32_MAX && v != INT32_MIN;
}

inline void put_constant(uint8_t* at, const Hole& h, int64_t v) {
  v = changed(h.change(), v);
  std::memcpy(at, &v, h.patch());
}

// The registers of pins and of the integer accumulator, by the processor's numbers; see stencils/machine_x86_64.h.
inline constexpr uint8_t kPinRegisters[6] = {12, 6, 2, 8, 9, 11};
// Vector registers: first the accumulators, then the pins.
inline constexpr uint8_t kFloatAccs = 2;
inline constexpr uint8_t kAccRegister = 7;

// Sets the bits of a hole in `mask`, which has the layout of the code.
inline void mark_bits(const Hole& h, const uint8_t*, uint8_t* mask) { std::memset(mask, 0xff, h.patch()); }

inline void put_number(uint8_t* at, unsigned, uint32_t v) { std::memcpy(at, &v, 4); }
inline void put_pc(uint8_t* at, unsigned, uint64_t v) { std::memcpy(at, &v, 8); }

// False: too far away.
inline bool put_distance(uint8_t* at, unsigned, int64_t distance) {
  auto v = static_cast<int32_t>(distance - 4);
  std::memcpy(at, &v, 4);
  return true;
}

// A hole that will be executed at `execute` refers to `target`.
inline void put_address(uint8_t* at, unsigned patch, const uint8_t* execute, const uint8_t* target) {
  put_distance(at, patch, target - execute);
}

}  // namespace ermine::baseline::machine_x86_64
