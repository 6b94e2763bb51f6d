// The roots of a store's heap: the value stack, the globals and segments of its instances, its tables and host globals,
// references held by the host, and the exception in flight.
#include "runtime/execution.h"
#include "runtime/store.h"

namespace ermine::runtime {

gc::Heap& Store::make_heap() {
  gc::HeapOptions options;
  options.max_bytes = std::min(options_.max_gc_heap, limits.gc_heap_bytes);
  options.stress = options_.gc_stress;
  heap_ = std::make_unique<gc::Heap>(exec_.heap, registry(), heap_roots_, options);
  return *heap_;
}

// Slots hold values of all types, and values that the frames no longer need.
void Store::HeapRoots::ambiguous_roots(gc::AmbiguousRoots& roots) {
  if (store_->exec_.stack_base) roots.slots(store_->exec_.stack_base, store_->exec_.stack_top);
  for (const Execution* e : store_->executions)
    if (e->idle_stack_base()) roots.slots(e->idle_stack_base(), e->idle_stack_top());
}

void Store::HeapRoots::precise_roots(gc::PreciseRoots& roots) {
  const auto visit = [&](Slot slot) { roots.slot(slot); };
  visit(store_->exec_.exception);
  store_->roots_->for_each(visit);
  for (const auto& instance : store_->instances_) instance->for_each_root(visit);
  for (const auto& table : store_->tables_) {
    if (!is_heap_reference(table->type().element, store_->registry())) continue;
    const Slot* elements = table->elements();
    for (uint64_t i = 0; i < table->size(); ++i) visit(elements[i]);
  }
  for (const auto& global : store_->globals_)
    if (is_heap_reference(global->type.type, store_->registry())) visit(*global->cell);
}

void Store::HeapRoots::collected(const gc::Collection& collection) {
  if (store_->on_collection) store_->on_collection(collection);
}

}  // namespace ermine::runtime
