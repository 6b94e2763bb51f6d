#include "runtime/gc/slow_paths.h"

#include <utility>

#include "runtime/bulk.h"
#include "runtime/store.h"

namespace ermine::runtime::gc {

TrapCode allocate(ExecContext* exec, uint64_t header, uint64_t bytes, Slot* slot) {
  Heap& heap = exec->store->heap();
  if (bytes > heap.max_object_bytes()) return TrapCode::kAllocationTooLarge;
  const bool in_steps = bytes > kPieceBytes;
  const Ref made = in_steps ? heap.begin_large(bytes) : heap.allocate(header, bytes);
  *slot = made;
  if (made == kNull) return TrapCode::kGcHeapExhausted;
  if (!in_steps) return TrapCode::kNone;
  const TrapCode trap = in_pieces(exec, bytes, 0, [&](uint64_t at, uint64_t size) { heap.zero(made, at, size); });
  if (trap == TrapCode::kNone) heap.finish_large(made, header);
  return trap;
}

uint64_t allocate_for_code(const Code* pc, Slot* top, Slot* fp, InstanceContext* ctx, uint64_t header, uint64_t bytes) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  exec->stack_top = top + 1;
  *top = kNull;
  const TrapCode trap = allocate(exec, header, bytes, top);
  // A stale value in the slot would keep an object alive.
  const Slot made = std::exchange(*top, kNull);
  return trap == TrapCode::kNone ? made : static_cast<uint64_t>(trap) << 32;
}

void note_old_object(ExecContext* exec, Ref object, uint64_t offset) {
  Heap& heap = exec->store->heap();
  heap.barrier(object, heap.at(object) + offset, sizeof(Ref));
}

}  // namespace ermine::runtime::gc
