#include "runtime/zero_extension.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/table.h"

namespace ermine::runtime {

void upper_half_is_not_zero(wasm::Op op, uint64_t value) {
  const std::string_view name = wasm::op_info(op).text();
  std::fprintf(
      stderr,
      "ermine: bug of the engine: %.*s was given 0x%016llx for a value of 32 bits; the upper half is not zero\n",
      static_cast<int>(name.size()), name.data(), static_cast<unsigned long long>(value));
  std::abort();
}

void look_at_memory_address(wasm::Op op, const InstanceContext* ctx, uint32_t memory, uint64_t address) {
  if (!ctx->memories[memory]->type().is64) expect_zero_extended(op, address);
}

void look_at_table_index(wasm::Op op, const InstanceContext* ctx, uint32_t table, uint64_t index) {
  if (!ctx->instance->table(table)->type().is64) expect_zero_extended(op, index);
}

}  // namespace ermine::runtime
