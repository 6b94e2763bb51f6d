// Instance: an instance of a module, and the record that running code keeps in a register. One block of memory holds
// the InstanceContext, the slots of the instance's globals, its memories' bases and index arrays, zeroed by the system
// and filled on demand, so that a module of 100,000 functions costs nothing until they are used.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/context.h"
#include "runtime/module_code.h"
#include "runtime/table.h"
#include "wasm/module.h"
#include "wasm/type_registry.h"

namespace ermine::runtime {

class ExportIndex;

// Whether values of the type live on the collected heap: references outside the func hierarchy.
inline bool is_heap_reference(wasm::ValType type, const wasm::TypeRegistry& registry) {
  return type.is_ref() && registry.top(type.heap()) != wasm::HeapType(wasm::HeapType::kFunc);
}

// What all instances of a compiled module share. Owned by the engine's compiled module, which the instance's
// `keep_alive` holds.
struct SharedModule {
  std::shared_ptr<const wasm::Module> module;
  std::string given_name;
  std::unique_ptr<ExportIndex> exports;
  // For messages: the name given by the embedder, otherwise the module's own.
  std::string_view name() const { return given_name.empty() ? module->module_name() : std::string_view(given_name); }
  ~SharedModule();
};

class Instance {
 public:
  // The arrays exist, but are empty; engine/instantiate.cc fills them.
  static std::unique_ptr<Instance> create(Store* store, std::shared_ptr<const SharedModule> shared,
                                          std::shared_ptr<const ModuleCode> code);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  InstanceContext* ctx() const { return ctx_; }
  Store* store() const { return store_; }
  const wasm::Module& module() const { return *shared_->module; }
  const SharedModule& shared() const { return *shared_; }
  const ModuleCode& code() const { return *code_; }

  // The reference to a function of the index space, made on first use.
  FuncRef* func_ref(uint32_t func_index) {
    FuncRef* f = ctx_->func_refs[func_index];
    return f ? f : make_func_ref(func_index);
  }
  Memory* memory(uint32_t index) const { return ctx_->memories[index]; }
  Table* table(uint32_t index) const { return tables_[index]; }
  Tag* tag(uint32_t index) const { return tags_[index]; }
  // A handle for the slot of a global; one per slot in the store.
  Global* global(uint32_t index);

  // Segments in their current state: empty once dropped. Elements of a function segment become references on use.
  std::span<const uint8_t> data(uint32_t index) const {
    return dropped_data_[index] ? std::span<const uint8_t>() : module().data[index].bytes;
  }
  void drop_data(uint32_t index) { dropped_data_[index] = true; }
  uint64_t elem_size(uint32_t index) const { return dropped_elems_[index] ? 0 : module().elems[index].size(); }
  Slot elem(uint32_t index, uint64_t i) {
    const wasm::ElemSegment& s = module().elems[index];
    return s.funcs.empty() ? elem_values_[index][i] : reinterpret_cast<Slot>(func_ref(s.funcs[i]));
  }
  void drop_elem(uint32_t index);
  // While one exists, elem() also returns the elements of segments that were dropped since: for long work that may be
  // suspended in the middle.
  class SegmentUse {
   public:
    explicit SegmentUse(Instance* instance) : instance_(instance) { ++instance->segment_uses_; }
    ~SegmentUse() {
      if (--instance_->segment_uses_ == 0 && instance_->dropped_in_use_) instance_->free_dropped_elems();
    }
    SegmentUse(const SegmentUse&) = delete;
    SegmentUse& operator=(const SegmentUse&) = delete;

   private:
    Instance* instance_;
  };

  // The memory exported as "memory", or null.
  Memory* exported_memory() const { return exported_memory_; }
  // Bytes of its own unshared memories.
  uint64_t defined_memory_bytes() const;

  // For code that builds the instance.
  std::vector<Table*>& tables() { return tables_; }
  std::vector<Tag*>& tags() { return tags_; }
  void set_memory(uint32_t index, Memory* memory);
  void set_table(uint32_t index, Table* table);
  void set_global(uint32_t index, Slot* cell) { ctx_->globals[index] = cell; }
  // Space for the values of a segment of expressions, zeroed, to be filled in.
  std::span<Slot> make_elem_values(uint32_t index, size_t count) {
    elem_values_[index].resize(count);
    return elem_values_[index];
  }
  // The engine's compiled module, which keeps the SharedModule alive.
  void set_compiled(std::shared_ptr<const void> compiled) { compiled_ = std::move(compiled); }
  const std::shared_ptr<const void>& compiled() const { return compiled_; }
  void cache_exports();  // after all of the above: looks up the cached exports

  // For the collector: calls visit(Slot&) for each slot that may hold a heap reference: globals that the instance
  // defines and the elements of its segments. (Tables belong to the store.)
  template <class F>
  void for_each_root(F&& visit) {
    const wasm::Module& m = module();
    for (size_t i = m.imported_globals; i < m.globals.size(); ++i)
      if (is_heap_reference(m.globals[i].type.type, *m.registry)) visit(*ctx_->globals[i]);
    for (size_t i = 0; i < elem_values_.size(); ++i)
      if (is_heap_reference(m.elems[i].type, *m.registry))
        for (Slot& v : elem_values_[i]) visit(v);
  }

 private:
  Instance() = default;
  FuncRef* make_func_ref(uint32_t func_index);
  void free_dropped_elems();

  InstanceContext* ctx_ = nullptr;
  Store* store_ = nullptr;
  std::shared_ptr<const SharedModule> shared_;
  std::shared_ptr<const ModuleCode> code_;
  std::shared_ptr<const void> compiled_;
  void* block_ = nullptr;
  size_t block_size_ = 0;
  FuncRef* func_ref_storage_ = nullptr;  // by defined function index
  Memory* exported_memory_ = nullptr;
  std::vector<Table*> tables_;
  std::vector<Tag*> tags_;
  std::vector<bool> dropped_data_, dropped_elems_;
  std::vector<std::vector<Slot>> elem_values_;
  uint32_t segment_uses_ = 0;
  bool dropped_in_use_ = false;
};

}  // namespace ermine::runtime
