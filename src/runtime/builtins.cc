// The runtime calls: they unpack operands from slots; bulk.h and gc/ do the work.
#include "runtime/builtins.h"

#include <algorithm>
#include <bit>

#include "ermine/limits.h"
#include "runtime/bulk.h"
#include "runtime/gc_builtins.h"
#include "runtime/instance.h"
#include "runtime/memory.h"
#include "runtime/store.h"
#include "runtime/zero_extension.h"

namespace ermine::runtime {

namespace {

using wasm::Op;

// The fuel of bulk instructions: a unit for kBytesPerFuel bytes or for a table's element. A range that does not fit,
// and so traps, costs no more than the largest that does; a refused grow costs nothing.
constexpr unsigned kBytesLog2 = std::countr_zero(kBytesPerFuel);

TrapCode charge_bytes(InstanceContext* ctx, uint32_t memory, uint64_t n) {
  return charge(ctx, std::min(n, ctx->memories[memory]->byte_size()), kBytesLog2);
}
TrapCode charge_elements(InstanceContext* ctx, uint32_t table, uint64_t n) {
  return charge(ctx, std::min(n, ctx->tables[table]->size), 0);
}

TrapCode memory_grow_builtin(InstanceContext* ctx, Slot* base, uint32_t memory, uint64_t) {
  expect_memory_address(Op::memory_grow, ctx, memory, base[0]);
  const Memory* m = ctx->memories[memory];
  if (ctx->exec->store->may_grow_memory(m, base[0]))
    if (const TrapCode trap = charge(ctx, m->bytes_of(base[0]), kBytesLog2); trap != TrapCode::kNone) return trap;
  uint64_t result;
  TrapCode trap = memory_grow(ctx, memory, base[0], &result);
  base[0] = ctx->memories[memory]->type().is64 ? result : static_cast<uint32_t>(result);
  return trap;
}

TrapCode memory_fill_builtin(InstanceContext* ctx, Slot* base, uint32_t memory, uint64_t) {
  for (Slot v : {base[0], base[2]}) expect_memory_address(Op::memory_fill, ctx, memory, v);
  if (const TrapCode trap = charge_bytes(ctx, memory, base[2]); trap != TrapCode::kNone) return trap;
  return memory_fill(ctx, memory, base[0], static_cast<uint8_t>(base[1]), base[2]);
}

TrapCode memory_copy_builtin(InstanceContext* ctx, Slot* base, uint32_t dst, uint64_t src) {
  // The length has 64 bits only if both memories do.
  for (Slot v : {base[0], base[2]}) expect_memory_address(Op::memory_copy, ctx, dst, v);
  for (Slot v : {base[1], base[2]}) expect_memory_address(Op::memory_copy, ctx, static_cast<uint32_t>(src), v);
  if (const TrapCode trap = charge_bytes(ctx, dst, base[2]); trap != TrapCode::kNone) return trap;
  return memory_copy(ctx, dst, static_cast<uint32_t>(src), base[0], base[1], base[2]);
}

TrapCode memory_init_builtin(InstanceContext* ctx, Slot* base, uint32_t data, uint64_t memory) {
  expect_memory_address(Op::memory_init, ctx, static_cast<uint32_t>(memory), base[0]);
  for (Slot v : {base[1], base[2]}) expect_zero_extended(Op::memory_init, v);
  if (const TrapCode trap = charge_bytes(ctx, static_cast<uint32_t>(memory), base[2]); trap != TrapCode::kNone)
    return trap;
  return memory_init(ctx, static_cast<uint32_t>(memory), data, base[0], base[1], base[2]);
}

TrapCode data_drop_builtin(InstanceContext* ctx, Slot*, uint32_t data, uint64_t) {
  data_drop(ctx, data);
  return TrapCode::kNone;
}

TrapCode table_size_builtin(InstanceContext* ctx, Slot* base, uint32_t table, uint64_t) {
  base[0] = ctx->tables[table]->size;
  return TrapCode::kNone;
}

TrapCode table_grow_builtin(InstanceContext* ctx, Slot* base, uint32_t table, uint64_t) {
  expect_table_index(Op::table_grow, ctx, table, base[1]);
  if (ctx->exec->store->may_grow_table(ctx->instance->table(table), base[1]))
    if (const TrapCode trap = charge(ctx, base[1], 0); trap != TrapCode::kNone) return trap;
  uint64_t result;
  TrapCode trap = table_grow(ctx, table, base[1], base[0], &result);
  base[0] = ctx->instance->table(table)->type().is64 ? result : static_cast<uint32_t>(result);
  return trap;
}

TrapCode table_fill_builtin(InstanceContext* ctx, Slot* base, uint32_t table, uint64_t) {
  for (Slot v : {base[0], base[2]}) expect_table_index(Op::table_fill, ctx, table, v);
  if (const TrapCode trap = charge_elements(ctx, table, base[2]); trap != TrapCode::kNone) return trap;
  return table_fill(ctx, table, base[0], base[1], base[2]);
}

TrapCode table_copy_builtin(InstanceContext* ctx, Slot* base, uint32_t dst, uint64_t src) {
  for (Slot v : {base[0], base[2]}) expect_table_index(Op::table_copy, ctx, dst, v);
  for (Slot v : {base[1], base[2]}) expect_table_index(Op::table_copy, ctx, static_cast<uint32_t>(src), v);
  if (const TrapCode trap = charge_elements(ctx, dst, base[2]); trap != TrapCode::kNone) return trap;
  return table_copy(ctx, dst, static_cast<uint32_t>(src), base[0], base[1], base[2]);
}

TrapCode table_init_builtin(InstanceContext* ctx, Slot* base, uint32_t elem, uint64_t table) {
  expect_table_index(Op::table_init, ctx, static_cast<uint32_t>(table), base[0]);
  for (Slot v : {base[1], base[2]}) expect_zero_extended(Op::table_init, v);
  if (const TrapCode trap = charge_elements(ctx, static_cast<uint32_t>(table), base[2]); trap != TrapCode::kNone)
    return trap;
  return table_init(ctx, static_cast<uint32_t>(table), elem, base[0], base[1], base[2]);
}

TrapCode elem_drop_builtin(InstanceContext* ctx, Slot*, uint32_t elem, uint64_t) {
  elem_drop(ctx, elem);
  return TrapCode::kNone;
}

TrapCode ref_func_builtin(InstanceContext* ctx, Slot* base, uint32_t func, uint64_t) {
  base[0] = reinterpret_cast<Slot>(ctx->instance->func_ref(func));
  return TrapCode::kNone;
}

}  // namespace

Builtin builtin_for(wasm::Op op) {
  switch (op) {
#define ERMINE_BUILTIN(id) \
  case Op::id: return id##_builtin;
    ERMINE_BUILTIN(memory_grow)
    ERMINE_BUILTIN(memory_fill)
    ERMINE_BUILTIN(memory_copy)
    ERMINE_BUILTIN(memory_init)
    ERMINE_BUILTIN(data_drop)
    ERMINE_BUILTIN(table_size)
    ERMINE_BUILTIN(table_grow)
    ERMINE_BUILTIN(table_fill)
    ERMINE_BUILTIN(table_copy)
    ERMINE_BUILTIN(table_init)
    ERMINE_BUILTIN(elem_drop)
    ERMINE_BUILTIN(ref_func)
#undef ERMINE_BUILTIN
    default: return gc_builtin_for(op);
  }
}

}  // namespace ermine::runtime
