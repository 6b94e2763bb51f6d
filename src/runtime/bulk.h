// The bulk and growing instructions, for the tiers' runtime calls and for instantiation. Addresses and counts are
// unsigned 64-bit, whatever the address type is. All check bounds first and change nothing if they trap (specification
// 3.0, section 4.6). None needs last_pc; callers set it where a trap may follow.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/context.h"

namespace ermine::runtime {

TrapCode memory_init(InstanceContext* ctx, uint32_t memory, uint32_t data, uint64_t dst, uint64_t src, uint64_t n);
TrapCode memory_copy(InstanceContext* ctx, uint32_t dst_memory, uint32_t src_memory, uint64_t dst, uint64_t src,
                     uint64_t n);
TrapCode memory_fill(InstanceContext* ctx, uint32_t memory, uint64_t dst, uint8_t value, uint64_t n);
void data_drop(InstanceContext* ctx, uint32_t data);
// The previous size in pages, or -1 (all bits set). kHost if by the store's limits a refusal stops the program.
TrapCode memory_grow(InstanceContext* ctx, uint32_t memory, uint64_t delta, uint64_t* result);
uint64_t memory_size(InstanceContext* ctx, uint32_t memory);  // pages

TrapCode table_init(InstanceContext* ctx, uint32_t table, uint32_t elem, uint64_t dst, uint64_t src, uint64_t n);
TrapCode table_copy(InstanceContext* ctx, uint32_t dst_table, uint32_t src_table, uint64_t dst, uint64_t src,
                    uint64_t n);
TrapCode table_fill(InstanceContext* ctx, uint32_t table, uint64_t dst, Slot value, uint64_t n);
void elem_drop(InstanceContext* ctx, uint32_t elem);
TrapCode table_grow(InstanceContext* ctx, uint32_t table, uint64_t delta, Slot init, uint64_t* result);

// Atomic waiting (threads proposal). `address` is the effective one, the instruction's offset added.
// timeout in nanoseconds, negative: no end. result: 0 woken, 1 not equal, 2 timed out.
TrapCode atomic_wait32(InstanceContext* ctx, uint32_t memory, uint64_t address, uint32_t expected, int64_t timeout,
                       uint32_t* result);
TrapCode atomic_wait64(InstanceContext* ctx, uint32_t memory, uint64_t address, uint64_t expected, int64_t timeout,
                       uint32_t* result);
TrapCode atomic_notify(InstanceContext* ctx, uint32_t memory, uint64_t address, uint32_t count, uint32_t* result);

// Slow paths of the checks in code.
// ExecContext::interrupt is not zero: answers the request. kNone: continue. An Execution is suspended here until it is
// resumed. last_* are set; everything that may have moved in the meantime must be read again.
TrapCode handle_interrupt(ExecContext* exec);
// The same where stack_top is above all live slots: in host functions and runtime calls.
TrapCode answer_interrupt(ExecContext* exec);
// A frame would end at `frame_end`, beyond stack_limit: an interrupt, or the stack is used up. kNone: continue.
TrapCode check_stack(ExecContext* exec, Slot* frame_end);
// Fuel is below zero. kNone: there is fuel again. Otherwise as handle_interrupt().
TrapCode handle_out_of_fuel(ExecContext* exec);

// Takes fuel, if it is counted. kNone: there was enough, or there is again. Otherwise as handle_interrupt(). For host
// functions and runtime calls.
TrapCode consume_fuel(ExecContext* exec, uint64_t units);
// The fuel for an instruction over `n` bytes or elements, in addition to the 1 of every instruction: 1 for each 2^log2
// of them. Taken before anything is done. Runtime calls of instructions take it, instantiation does not.
TrapCode charge(InstanceContext* ctx, uint64_t n, unsigned log2);

// Processes `n` elements of 2^log2 bytes in pieces, because gigabytes take seconds: piece(first, count), one after the
// other; between two pieces an interrupt is answered. Finished pieces stay done, as in a loop of stores. While the
// program is suspended there, other code may run: memories and tables may have moved, segments may have been dropped,
// and references that are not in a root are invalid.
inline constexpr uint64_t kPieceBytes = uint64_t{4} << 20;
template <class F>
TrapCode in_pieces(ExecContext* exec, uint64_t n, unsigned log2, F&& piece) {
  const uint64_t most = kPieceBytes >> log2;
  uint64_t done = 0;
  while (n - done > most) {
    piece(done, most);
    done += most;
    if (exec->interrupt.load(std::memory_order_relaxed) != 0)
      if (const TrapCode trap = answer_interrupt(exec); trap != TrapCode::kNone) return trap;
  }
  if (n != done) piece(done, n - done);
  return TrapCode::kNone;
}

}  // namespace ermine::runtime
