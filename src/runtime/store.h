// Store: owns instances, memories, tables, globals, tags and host functions, the value stack, and the ExecContext.
// Everything made in a store lives as long as the store, except what the collector frees. Used by one thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "ermine/limits.h"
#include "ermine/result.h"
#include "runtime/context.h"
#include "runtime/execution_hooks.h"
#include "runtime/gc/heap.h"
#include "runtime/guest_stack.h"
#include "runtime/instance.h"
#include "runtime/interrupt.h"
#include "runtime/memory.h"
#include "runtime/root_table.h"
#include "runtime/table.h"
#include "wasm/type_registry.h"

namespace ermine::runtime {

// What a store gets from its engine.
struct StoreOptions {
  const ExecutionHooks* hooks = nullptr;
  std::shared_ptr<wasm::TypeRegistry> registry;
  DeadlineTimer* timer = nullptr;  // outlives the store
  std::shared_ptr<const void> keep_alive;  // the engine
  MemoryOptions memory;
  // Config's, by the same names.
  uint64_t max_wasm_stack = 8 << 20;
  bool has_optimized_code = false;  // by the optimising tier
  uint64_t max_gc_heap = uint64_t{1} << 30;
  bool gc_stress = false;
  bool consume_fuel = false;
  bool relaxed_simd_deterministic = false;
  bool mask_speculation = true;
};

// A host function that does not belong to a store yet. Immutable, shared by the stores that use it.
struct HostFunction {
  HostFn fn = nullptr;
  std::shared_ptr<void> env;
  std::shared_ptr<wasm::TypeRegistry> registry;
  wasm::TypeId type = wasm::kNoType;  // a reference is held
  ~HostFunction();
};

class Execution;

class Store {
 public:
  explicit Store(StoreOptions options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  ExecContext* exec() { return &exec_; }
  const StoreOptions& options() const { return options_; }
  const ExecutionHooks& hooks() const { return *options_.hooks; }
  wasm::TypeRegistry& registry() const { return *options_.registry; }

  void* user_data = nullptr;
  // What a layer above keeps with the store (component/runtime/scheduler.h). Destroyed while everything else still
  // exists.
  std::shared_ptr<void> extension;
  // What the extension is doing on the stack in use: each Execution has its own.
  void* extension_current = nullptr;
  StoreLimits limits;

  // --- Making items. kLimit errors name the limit and how to raise it.
  // A shared type: reference-counted, see shared_memory(). `beside`: bytes of the memories that the same instance
  // already defines.
  Result<Memory*> new_memory(const wasm::MemoryType& type, uint64_t beside = 0);
  Memory* use_shared_memory(std::shared_ptr<Memory> memory);
  // The counted pointer of a shared memory in use here; null for others.
  std::shared_ptr<Memory> shared_memory(Memory* memory) const;
  Result<Table*> new_table(const wasm::TableType& type, Slot init);
  Global* new_global(const wasm::GlobalType& type);  // its slot is zero
  Global* global_of_cell(Slot* cell, const wasm::GlobalType& type);
  Tag* new_tag(wasm::TypeId type);  // takes no reference: its module or host type keeps the type
  // Takes over a reference to the type, until the store is destroyed.
  void keep_type(wasm::TypeId type);
  // One FuncRef for each HostFunction; further calls return the same one.
  FuncRef* host_func(const std::shared_ptr<const HostFunction>& function);
  Result<void> check_instances(uint64_t additional) const;
  Instance* add_instance(std::unique_ptr<Instance> instance);

  // The current state, so that a failed instantiation can give back what it made, while nothing else can refer to it.
  // Does nothing if anything else was made since.
  struct Checkpoint {
    size_t instances, memories, shared_memories, tables, tags;
    uint64_t memory_bytes, table_elements;
  };
  Checkpoint checkpoint() const;
  void roll_back(const Checkpoint& checkpoint, const Instance* made);

  // --- Growing within the limits. Nothing: refused. If limits.fail_on_grow is set, exec()->error has the reason.
  std::optional<uint64_t> grow_memory(Memory* memory, uint64_t delta_pages);
  // Whether these limits, and the memory's own, allow it. The system may still refuse.
  bool may_grow_memory(const Memory* memory, uint64_t delta_pages) const;
  bool may_grow_table(const Table* table, uint64_t delta) const;
  std::optional<uint64_t> grow_table(Table* table, uint64_t delta, Slot init);

  // --- Stopping
  const std::shared_ptr<InterruptControl>& interrupt_control() const { return interrupt_; }
  void set_deadline(DeadlineTimer::Clock::time_point when);
  void clear_deadline();
  std::optional<DeadlineTimer::Clock::time_point> deadline() const { return deadline_; }
  std::function<uint64_t()> on_out_of_fuel;  // units to continue with; 0: stop

  // The stack of frames; mapped on the first call. kLimit if there is no memory.
  Result<void> prepare_stack();

  // The instance of a context; null if it does not belong to this store. For the fault handler.
  const Instance* instance_of(const InstanceContext* ctx) const;

  // The running calls of this store, innermost first; see call.cc.
  struct Activation {
    Activation* outer;
    // The frame of the outer call that led to this one; null ctx if there is none.
    FrameState frame;
  };
  Activation* activation = nullptr;
  // The executions that exist, and the innermost running one; see execution.h.
  std::vector<Execution*> executions;
  Execution* execution = nullptr;
  // The exception of the last call that failed with kException; for take_exception. Null if none.
  Root* last_exception = nullptr;
  Error pending_error;  // why what runs is about to fail; call() takes it
  // The access that trapped: its first byte that the memory has not, and the memory's size then.
  struct MemoryFault {
    uint64_t offset = 0, memory_size = 0;
    bool is_known = false;
  };
  MemoryFault memory_fault;  // likewise
  // Sets it for an access that begins at `address` and is not completely inside.
  void note_outside(const Memory& memory, uint64_t address);
  Error last_error;  // of the last call() that failed

  RootTable& roots() { return *roots_; }
  // The collected heap. Costs nothing before its first object.
  gc::Heap& heap() { return heap_ ? *heap_ : make_heap(); }
  gc::HeapStats heap_stats() const { return heap_ ? heap_->stats() : gc::HeapStats{}; }
  std::function<void(const gc::Collection&)> on_collection;  // must not use the store
  std::span<const std::unique_ptr<Instance>> instances() const { return instances_; }
  std::span<const std::unique_ptr<Table>> tables() const { return tables_; }
  std::span<const std::unique_ptr<Global>> globals() const { return globals_; }

 private:
  struct alignas(16) HostCell {
    Slot cell[2] = {0, 0};
  };
  class HeapRoots final : public gc::RootSource {
   public:
    explicit HeapRoots(Store* store) : store_(store) {}
    void ambiguous_roots(gc::AmbiguousRoots& roots) override;
    void precise_roots(gc::PreciseRoots& roots) override;
    void collected(const gc::Collection& collection) override;

   private:
    Store* store_;
  };
  gc::Heap& make_heap();
  uint64_t all_memory_bytes() const;
  // Whether `more` bytes of a memory of `bytes` would exceed a limit: the error for that. `beside`: bytes of the
  // instance's other memories; nothing for shared ones, which belong to no instance.
  Error memory_over_limit(uint64_t bytes, std::optional<uint64_t> beside, uint64_t more) const;
  Error growth_over_limit(const Memory* memory, uint64_t delta_bytes) const;
  Error growth_over_limit(const Table* table, uint64_t delta) const;

  ExecContext exec_{};
  StoreOptions options_;
  std::shared_ptr<InterruptControl> interrupt_;
  std::optional<DeadlineTimer::Clock::time_point> deadline_;
  GuestStack stack_;
  uint64_t memory_bytes_ = 0;  // of the store's own memories
  uint64_t table_elements_ = 0;
  std::vector<std::unique_ptr<Memory>> memories_;
  std::vector<std::shared_ptr<Memory>> shared_memories_;
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::unique_ptr<Global>> globals_;
  std::unordered_map<Slot*, Global*> global_of_cell_;
  std::deque<HostCell> host_cells_;
  std::deque<Tag> tags_;
  std::vector<wasm::TypeId> host_types_;  // a reference to each is held
  std::deque<FuncRef> host_funcs_;
  std::unordered_map<const HostFunction*, FuncRef*> func_of_host_;
  std::vector<std::shared_ptr<const HostFunction>> kept_host_functions_;
  HeapRoots heap_roots_{this};
  std::unique_ptr<gc::Heap> heap_;
  RootTable* roots_;  // reference-counted: roots may outlive the store
  std::vector<std::unique_ptr<Instance>> instances_;  // destroyed first: members are destroyed from the last
};

}  // namespace ermine::runtime
