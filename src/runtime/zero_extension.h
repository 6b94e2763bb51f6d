// A 32-bit value in a slot or register has zeros in its upper half. Accesses rely on it: a 32-bit address is added to a
// memory's base with 64 bits, and the guard catches addresses beyond the memory's end. In builds with assertions, each
// access by C++ code (the interpreter's handlers, runtime calls) checks it, so that a missing zero extension is found
// at its use, even if the access is in bounds.
#pragma once

#include <cstdint>

#include "runtime/context.h"
#include "wasm/opcodes.h"

namespace ermine::runtime {

#ifdef NDEBUG
inline constexpr bool kChecksZeroExtension = false;
#else
inline constexpr bool kChecksZeroExtension = true;
#endif

// Ends the process with a message that names the instruction: the engine has compiled wrongly.
[[noreturn, gnu::cold, gnu::noinline]] void upper_half_is_not_zero(wasm::Op op, uint64_t value);

// For operands that always have 32 bits.
[[gnu::always_inline]] inline void expect_zero_extended([[maybe_unused]] wasm::Op op, [[maybe_unused]] uint64_t value) {
  if constexpr (kChecksZeroExtension)
    if (value >> 32 != 0) [[unlikely]]
      upper_half_is_not_zero(op, value);
}

// For addresses and lengths in a memory, and indices of a table, of the instance: no check if they have 64 bits.
void look_at_memory_address(wasm::Op op, const InstanceContext* ctx, uint32_t memory, uint64_t address);
void look_at_table_index(wasm::Op op, const InstanceContext* ctx, uint32_t table, uint64_t index);
[[gnu::always_inline]] inline void expect_memory_address([[maybe_unused]] wasm::Op op,
                                                         [[maybe_unused]] const InstanceContext* ctx,
                                                         [[maybe_unused]] uint32_t memory,
                                                         [[maybe_unused]] uint64_t address) {
  if constexpr (kChecksZeroExtension) look_at_memory_address(op, ctx, memory, address);
}
[[gnu::always_inline]] inline void expect_table_index([[maybe_unused]] wasm::Op op,
                                                      [[maybe_unused]] const InstanceContext* ctx,
                                                      [[maybe_unused]] uint32_t table,
                                                      [[maybe_unused]] uint64_t index) {
  if constexpr (kChecksZeroExtension) look_at_table_index(op, ctx, table, index);
}

}  // namespace ermine::runtime
