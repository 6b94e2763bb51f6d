// The bounds check of memory accesses without a guard region.
#pragma once

#include "interp/handler.h"
#include "runtime/accesses.h"
#include "runtime/zero_extension.h"

namespace ermine::interp {

// Number of bytes of an access.
constexpr unsigned access_size(Op op) { return 1u << wasm::op_info(op).width; }

// As runtime::checked_address(), by the instruction's size.
template <Op op>
[[gnu::always_inline]] inline uint8_t* checked_address(InstanceContext* ctx, uint32_t memory, uint64_t index,
                                                       uint64_t offset) {
  runtime::expect_memory_address(op, ctx, memory, index);
  return runtime::checked_address<access_size(op)>(ctx, memory, index, offset);
}

}  // namespace ermine::interp
