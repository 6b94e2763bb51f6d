#include "runtime/instance.h"

#include <cstdlib>
#include <new>

#include "runtime/export_index.h"
#include "runtime/memory.h"
#include "runtime/offsets.h"
#include "runtime/store.h"

namespace ermine::runtime {

SharedModule::~SharedModule() = default;

std::unique_ptr<Instance> Instance::create(Store* store, std::shared_ptr<const SharedModule> shared,
                                           std::shared_ptr<const ModuleCode> code) {
  const wasm::Module& m = *shared->module;
  const size_t defined_globals = m.globals.size() - m.imported_globals;
  const size_t defined_functions = m.functions.size() - m.imported_functions;

  size_t size = 0;
  auto place = [&size](size_t count, size_t each) {
    const size_t at = size;
    size += (count * each + 15) / 16 * 16;
    return at;
  };
  place(1, sizeof(InstanceContext));
  const size_t cells = place(defined_globals, offsets::kGlobalCellSize);
  place(m.memories.size(), sizeof(uint8_t*));  // offsets::memory_base()
  const size_t globals = place(m.globals.size(), sizeof(Slot*));
  const size_t tables = place(m.tables.size(), sizeof(TableView*));
  const size_t memories = place(m.memories.size(), sizeof(Memory*));
  const size_t func_refs = place(m.functions.size(), sizeof(FuncRef*));
  const size_t storage = place(defined_functions, sizeof(FuncRef));

  // Large blocks come from the system zeroed and untouched; only used pages cost memory.
  auto* block = static_cast<char*>(std::calloc(1, size));
  if (!block) return nullptr;

  std::unique_ptr<Instance> self(new Instance);
  self->block_ = block;
  self->store_ = store;
  self->ctx_ = ::new (block) InstanceContext{};
  self->func_ref_storage_ = reinterpret_cast<FuncRef*>(block + storage);
  InstanceContext& ctx = *self->ctx_;
  ctx.exec = store->exec();
  ctx.func_refs = reinterpret_cast<FuncRef**>(block + func_refs);
  ctx.globals = reinterpret_cast<Slot**>(block + globals);
  ctx.tables = reinterpret_cast<TableView**>(block + tables);
  ctx.memories = reinterpret_cast<Memory**>(block + memories);
  ctx.func_codes = code->func_codes();
  ctx.instance = self.get();
  for (size_t i = 0; i < defined_globals; ++i)
    ctx.globals[m.imported_globals + i] = reinterpret_cast<Slot*>(block + cells + i * offsets::kGlobalCellSize);
  self->tables_.resize(m.tables.size());
  self->tags_.resize(m.tags.size());
  self->dropped_data_.resize(m.data.size());
  self->dropped_elems_.resize(m.elems.size());
  for (const wasm::ElemSegment& e : m.elems) {
    if (e.exprs.empty()) continue;
    self->elem_values_.resize(m.elems.size());
    break;
  }
  self->shared_ = std::move(shared);
  self->code_ = std::move(code);
  return self;
}

Instance::~Instance() {
  if (ctx_ && !module().memories.empty() && ctx_->memories[0]) ctx_->memories[0]->unwatch(ctx_);
  std::free(block_);
}

FuncRef* Instance::make_func_ref(uint32_t func_index) {
  const wasm::Module& m = module();
  const uint32_t defined = func_index - m.imported_functions;
  FuncRef* f = &func_ref_storage_[defined];
  f->code = &ctx_->func_codes[defined];
  f->ctx = ctx_;
  f->type = &m.registry->get(m.functions[func_index].type);
  f->func_index = func_index;
  f->type_id = f->type->id;
  ctx_->func_refs[func_index] = f;
  return f;
}

Global* Instance::global(uint32_t index) {
  return store_->global_of_cell(ctx_->globals[index], module().globals[index].type);
}

void Instance::drop_elem(uint32_t index) {
  dropped_elems_[index] = true;
  if (elem_values_.empty()) return;
  if (segment_uses_ != 0) dropped_in_use_ = true;
  else std::vector<Slot>().swap(elem_values_[index]);
}

void Instance::free_dropped_elems() {
  dropped_in_use_ = false;
  for (size_t i = 0; i < elem_values_.size(); ++i)
    if (dropped_elems_[i]) std::vector<Slot>().swap(elem_values_[i]);
}

void Instance::set_memory(uint32_t index, Memory* memory) {
  ctx_->memories[index] = memory;
  if (index == 0) memory->watch(ctx_);
  else if (memory->guarded())
    *reinterpret_cast<uint8_t**>(static_cast<char*>(block_) + offsets::memory_base(module(), index)) = memory->base();
}

void Instance::set_table(uint32_t index, Table* table) {
  tables_[index] = table;
  ctx_->tables[index] = table->view();
}

void Instance::cache_exports() {
  const wasm::Export* e = shared_->exports->find("memory");
  if (e && e->kind == wasm::ExternKind::kMemory) exported_memory_ = ctx_->memories[e->index];
}

uint64_t Instance::defined_memory_bytes() const {
  uint64_t bytes = 0;
  for (size_t i = module().imported_memories; i < module().memories.size(); ++i)
    if (const Memory* m = memory(static_cast<uint32_t>(i)); !m->shared()) bytes += m->byte_size();
  return bytes;
}

}  // namespace ermine::runtime
