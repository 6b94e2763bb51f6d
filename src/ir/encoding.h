// The encoding of an instruction of the register code in memory: 8-byte units. The first is the address of its handler;
// operands are packed behind it. Little-endian fields of the operand bytes:
//
//   formed op     dst:u16 @0  a:u16 @2  b:u16 @4 | imm:i32 @4 (i64, f64: a whole unit @8)
//   load          dst:u16 @0  a:u16 @2  offset:u32 @4
//   store         val:u16 or i16 @0  a:u16 @2  offset:u32 @4
//   branch        a:u16 @0  b:u16 or i16 @2  target:i32 @4 (units, from the instruction's start)
//   vector        dst:u16 @0  a:u16 @2  b:u16 @4  c:u16 @6, then for memory: memory:u32 @8 lane:u32 @12
//                 offset:u64 @16; for lanes: lane:u32 @8; for shuffles: 16 bytes @8
//   checked       dst or val:u16 @0  a:u16 @2  memory:u32 @4  offset:u64 @8
//   atomic        dst:u16 @0  a:u16 @2  b:u16 @4  c:u16 @6  memory:u32 @8  offset:u64 @16
//   wide          dst:u16 @0  a:u16 @2: operands and results in ranges of slots
//   copies        dst:u16 @0  src:u16 @2 (copy2: dst2 @4, src2 @6; copy_n: count @4)
//   call          off:u16 @0  header:u16 @2  [type:u32 @4]  [index slot:u16 @12]  [callee:u16 @14]  pointer or index @8
//   br_table      slot:u16 @0  count:u32 @4  target:i32 @8 of each label, the default last
//   enter_count, loop   the last unit counts down to the request for machine code (kEnterCounter)
// The other layouts are at their handlers.
#pragma once

#include <cstdint>
#include <cstring>

#include "runtime/context.h"

namespace ermine::ir {

using runtime::Code;

// Reads a field at `at` bytes after the handler.
template <class T>
inline T field(const Code* pc, unsigned at) {
  T v;
  std::memcpy(&v, reinterpret_cast<const char*>(pc + 1) + at, sizeof v);
  return v;
}

template <class T>
inline void set_field(Code* pc, unsigned at, T v) {
  std::memcpy(reinterpret_cast<char*>(pc + 1) + at, &v, sizeof v);
}

// Units of a br_table with this many labels besides the default.
constexpr uint32_t table_units(uint32_t labels) { return 2 + (labels + 2) / 2; }

// Where call_indirect and call_ref remember which function of their instance they call, as feedback for compilers: the
// function's index and one more; 0: none yet; kManyCallees: several, or it is not recorded.
inline constexpr unsigned kCalleeCell = 14;
inline constexpr uint16_t kManyCallees = 0xffff;
// Read and written by several threads at once.
inline const uint16_t* callee_cell(const Code* pc) {
  return reinterpret_cast<const uint16_t*>(reinterpret_cast<const char*>(pc + 1) + kCalleeCell);
}

// The unit of enter_count and of loop that is the counter.
inline constexpr unsigned kEnterCounter = 2, kLoopCounter = 1;

}  // namespace ermine::ir
