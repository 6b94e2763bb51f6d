// Builtins for the instructions that have operations of their own in other builds (ir/object_ops.def), for builds
// without these.
#include "runtime/accesses.h"
#include "runtime/gc/ops.h"
#include "runtime/gc_builtins.h"
#include "runtime/instance.h"
#include "runtime/store.h"
#include "runtime/zero_extension.h"

namespace ermine::runtime {

namespace {

// The element of a table at an index; null if the index is out of bounds.
Slot* element_of(InstanceContext* ctx, wasm::Op op, uint32_t table, uint64_t index) {
  const TableView& t = *ctx->tables[table];
  expect_table_index(op, ctx, table, index);
  if (index >= t.size) return nullptr;
  return &table_slot(ctx, t, index);
}

TrapCode table_get_builtin(InstanceContext* ctx, Slot* base, uint32_t table, uint64_t) {
  const Slot* const element = element_of(ctx, wasm::Op::table_get, table, base[0]);
  if (element == nullptr) return TrapCode::kTableOutOfBounds;
  base[0] = *element;
  return TrapCode::kNone;
}
TrapCode table_set_builtin(InstanceContext* ctx, Slot* base, uint32_t table, uint64_t) {
  Slot* const element = element_of(ctx, wasm::Op::table_set, table, base[0]);
  if (element == nullptr) return TrapCode::kTableOutOfBounds;
  *element = base[1];
  return TrapCode::kNone;
}

TrapCode array_len_builtin(InstanceContext* ctx, Slot* base, uint32_t, uint64_t) {
  uint32_t length = 0;
  const TrapCode trap = gc::array_len(ctx->exec->store->heap(), static_cast<gc::Ref>(base[0]), &length);
  base[0] = length;
  return trap;
}
TrapCode ref_i31_builtin(InstanceContext*, Slot* base, uint32_t, uint64_t) {
  base[0] = gc::make_i31(static_cast<uint32_t>(base[0]));
  return TrapCode::kNone;
}
template <bool sign>
TrapCode i31_get(InstanceContext*, Slot* base, uint32_t, uint64_t) {
  const auto ref = static_cast<gc::Ref>(base[0]);
  if (ref == gc::kNull) return TrapCode::kNullI31Reference;
  base[0] = sign ? static_cast<uint32_t>(gc::i31_signed(ref)) : gc::i31_unsigned(ref);
  return TrapCode::kNone;
}
TrapCode ref_as_non_null_builtin(InstanceContext*, Slot* base, uint32_t, uint64_t) {
  return base[0] == 0 ? TrapCode::kNullReference : TrapCode::kNone;
}

}  // namespace

Builtin small_object_builtin_for(wasm::Op op) {
  using wasm::Op;
  switch (op) {
    case Op::table_get: return table_get_builtin;
    case Op::table_set: return table_set_builtin;
    case Op::array_len: return array_len_builtin;
    case Op::ref_i31: return ref_i31_builtin;
    case Op::i31_get_s: return i31_get<true>;
    case Op::i31_get_u: return i31_get<false>;
    case Op::ref_as_non_null: return ref_as_non_null_builtin;
    default: return nullptr;
  }
}

}  // namespace ermine::runtime
