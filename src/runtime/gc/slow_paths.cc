#include "runtime/gc/slow_paths.h"

#include "runtime/store.h"

namespace ermine::runtime::gc {

uint64_t allocate_for_code(const Code* pc, Slot* top, Slot* fp, InstanceContext* ctx, uint64_t header, uint64_t bytes) {
  ExecContext* exec = ctx->exec;
  exec->last_pc = pc;
  exec->last_fp = fp;
  exec->last_ctx = ctx;
  exec->stack_top = top;
  Heap& heap = exec->store->heap();
  const auto failed = [](TrapCode code) { return static_cast<uint64_t>(code) << 32; };
  if (bytes > heap.max_object_bytes()) return failed(TrapCode::kAllocationTooLarge);
  const Ref made = heap.allocate(header, bytes);
  return made != kNull ? made : failed(TrapCode::kGcHeapExhausted);
}

void note_old_object(ExecContext* exec, Ref object, uint64_t offset) {
  Heap& heap = exec->store->heap();
  heap.barrier(object, heap.at(object) + offset, sizeof(Ref));
}

}  // namespace ermine::runtime::gc
