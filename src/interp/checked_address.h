// The bounds check of memory accesses without a guard region.
#pragma once

#include "base/speculation.h"
#include "interp/handler.h"
#include "runtime/memory.h"
#include "runtime/zero_extension.h"

namespace ermine::interp {

// Number of bytes of an access.
constexpr unsigned access_size(Op op) { return 1u << wasm::op_info(op).width; }

// The host address of an access at index + offset of a memory, or null if it is not completely inside, decided without
// a branch.
template <Op op>
[[gnu::always_inline]] inline uint8_t* checked_address(InstanceContext* ctx, uint32_t memory, uint64_t index,
                                                       uint64_t offset) {
  constexpr unsigned size = access_size(op);
  runtime::expect_memory_address(op, ctx, memory, index);
  const runtime::Memory& m = *ctx->memories[memory];
  const uint64_t limit = m.byte_size();
  const uint64_t places = limit < size ? 0 : limit - size + 1;  // number of possible first bytes
  uint64_t address;
  if (__builtin_add_overflow(index, offset, &address)) [[unlikely]]
    return nullptr;
  return reinterpret_cast<uint8_t*>(
      base::value_or_zero(reinterpret_cast<uint64_t>(m.base()) + address, address, places));
}

}  // namespace ermine::interp
