// Accesses to memories without a guard, to tables and to arrays, for the interpreter's handlers, the stencils, and the
// functions that the optimising tier inlines. Where an index was compared, it is masked as well, against speculation.
#pragma once

#include <type_traits>

#include "base/speculation.h"
#include "runtime/context.h"
#include "runtime/memory.h"

namespace ermine::runtime {

// The host address of an access of `size` bytes at index + offset of a memory, or null if it is not completely inside,
// decided without a branch.
template <unsigned size>
[[gnu::always_inline]] inline uint8_t* checked_address(const InstanceContext* ctx, uint32_t memory, uint64_t index,
                                                       uint64_t offset) {
  const Memory& m = *ctx->memories[memory];
  const uint64_t limit = m.byte_size();
  const uint64_t places = limit < size ? 0 : limit - size + 1;  // number of possible first bytes
  uint64_t address;
  if (__builtin_add_overflow(index, offset, &address)) [[unlikely]]
    return nullptr;
  return reinterpret_cast<uint8_t*>(
      base::value_or_zero(reinterpret_cast<uint64_t>(m.base()) + address, address, places));
}

// The place of a table's element whose index is in bounds.
[[gnu::always_inline]] inline Slot& table_slot(const InstanceContext* ctx, const TableView& table, uint64_t index) {
  return table.elements[base::clamp_index(index, table.size | ctx->exec->unmasked)];
}
// What an indirect call finds in a table: null, too, if the index is out of bounds.
[[gnu::always_inline]] inline FuncRef* table_function(const TableView& table, uint64_t index) {
  return reinterpret_cast<FuncRef*>(table.elements[base::clamp_index(index, table.size)]);
}

// The index of an array's element that is in bounds.
[[gnu::always_inline]] inline uint64_t array_index(const InstanceContext* ctx, uint64_t index, uint64_t length) {
  return base::index_or_zero(index, length | ctx->exec->unmasked);
}
// An element or field as an operand: small numbers become i32, with their sign if they have one.
template <class T>
[[gnu::always_inline]] inline auto widened(T v) {
  if constexpr (std::is_floating_point_v<T> || sizeof(T) == 8) return v;
  else return static_cast<uint32_t>(static_cast<std::conditional_t<std::is_signed_v<T>, int32_t, uint32_t>>(v));
}

}  // namespace ermine::runtime
