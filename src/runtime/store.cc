#include "runtime/store.h"

#include <algorithm>
#include <string>

#include "base/format.h"
#include "platform/thread_stack.h"

namespace ermine::runtime {

namespace {

Error over_limit(std::string_view what, uint64_t wanted, uint64_t most, Limit limit) {
  return Error(ErrorKind::kLimit, base::format("{}: {} would be more than the store's limit of {}", what, wanted, most))
      .with_limit(limit);
}

uint64_t saturating_add(uint64_t a, uint64_t b) { return a > ~b ? ~uint64_t{0} : a + b; }

}  // namespace

HostFunction::~HostFunction() {
  if (registry && type != wasm::kNoType) registry->release(type);
}

Store::Store(StoreOptions options) : options_(std::move(options)), roots_(new RootTable(this)) {
  exec_.store = this;
  exec_.relaxed_simd_deterministic = options_.relaxed_simd_deterministic;
  if (!options_.mask_speculation) exec_.unmasked = ~uint64_t{0};
  interrupt_ = std::make_shared<InterruptControl>(&exec_);
}

Store::~Store() {
  extension.reset();
  clear_deadline();
  interrupt_->detach();
  if (last_exception) RootTable::release(last_exception);
  roots_->abandon();
  for (wasm::TypeId type : host_types_) registry().release(type);
}

void Store::note_outside(const Memory& memory, uint64_t address) {
  const uint64_t size = memory.byte_size();
  memory_fault = {std::max(address, size), size, true};
}

Result<void> Store::prepare_stack() {
  if (exec_.stack_base) return {};
  const uint64_t bytes = platform::round_up(options_.max_wasm_stack, platform::page_size());
  auto stack = GuestStack::take(bytes);
  if (!stack)
    return Error(ErrorKind::kLimit, base::format("no memory for a WebAssembly stack of {} bytes", bytes))
        .with_limit(Limit::kStackBytes);
  stack_ = *std::move(stack);
  auto* base = reinterpret_cast<Slot*>(stack_.base());
  interrupt_->set_stack(base, base + bytes / sizeof(Slot));
  exec_.stack_top = base;
  return {};
}

uint64_t Store::all_memory_bytes() const {
  uint64_t total = memory_bytes_;
  for (const auto& m : shared_memories_) total = saturating_add(total, m->byte_size());
  return total;
}

Error Store::memory_over_limit(uint64_t bytes, std::optional<uint64_t> beside, uint64_t more) const {
  const uint64_t size = saturating_add(bytes, more);
  if (size > limits.memory_bytes)
    return over_limit("bytes of a memory", size, limits.memory_bytes, Limit::kMemoryBytes);
  if (const uint64_t sum = saturating_add(beside.value_or(0), size); beside && sum > limits.instance_memory_bytes)
    return over_limit("bytes of an instance's memories", sum, limits.instance_memory_bytes,
                      Limit::kInstanceMemoryBytes);
  if (limits.total_memory_bytes == StoreLimits::kUnlimited) return Error();
  if (const uint64_t total = saturating_add(all_memory_bytes(), more); total > limits.total_memory_bytes)
    return over_limit("bytes of the store's memories", total, limits.total_memory_bytes, Limit::kTotalMemoryBytes);
  return Error();
}

Result<Memory*> Store::new_memory(const wasm::MemoryType& type, uint64_t beside) {
  if (memories_.size() + shared_memories_.size() >= limits.memories)
    return over_limit("memories of the store", limits.memories + 1, limits.memories, Limit::kMemories);
  const uint64_t bytes =
      type.limits.min > (~uint64_t{0} >> type.page_log2) ? ~uint64_t{0} : type.limits.min << type.page_log2;
  if (Error error = memory_over_limit(0, type.shared ? std::nullopt : std::optional(beside), bytes)) return error;
  ERMINE_ASSIGN(std::unique_ptr<Memory> memory, Memory::create(type, options_.memory));
  if (type.shared) return use_shared_memory(std::move(memory));
  memory_bytes_ += bytes;
  return memories_.emplace_back(std::move(memory)).get();
}

Memory* Store::use_shared_memory(std::shared_ptr<Memory> memory) {
  for (const auto& m : shared_memories_)
    if (m == memory) return m.get();
  return shared_memories_.emplace_back(std::move(memory)).get();
}

std::shared_ptr<Memory> Store::shared_memory(Memory* memory) const {
  for (const auto& m : shared_memories_)
    if (m.get() == memory) return m;
  return nullptr;
}

Result<Table*> Store::new_table(const wasm::TableType& type, Slot init) {
  const uint64_t size = type.limits.min;
  if (tables_.size() >= limits.tables)
    return over_limit("tables of the store", limits.tables + 1, limits.tables, Limit::kTables);
  if (size > limits.table_elements)
    return over_limit("elements of a table", size, limits.table_elements, Limit::kTableElements);
  if (const uint64_t total = saturating_add(table_elements_, size); total > limits.total_table_elements)
    return over_limit("elements of the store's tables", total, limits.total_table_elements, Limit::kTotalTableElements);
  ERMINE_ASSIGN(std::unique_ptr<Table> table, Table::create(type, init));
  table_elements_ += size;
  return tables_.emplace_back(std::move(table)).get();
}

Global* Store::new_global(const wasm::GlobalType& type) {
  Slot* cell = host_cells_.emplace_back().cell;
  return global_of_cell(cell, type);
}

Global* Store::global_of_cell(Slot* cell, const wasm::GlobalType& type) {
  Global*& known = global_of_cell_[cell];
  if (!known) known = globals_.emplace_back(std::make_unique<Global>(Global{type, cell})).get();
  return known;
}

Tag* Store::new_tag(wasm::TypeId type) { return &tags_.emplace_back(Tag{type, &registry().get(type)}); }

void Store::keep_type(wasm::TypeId type) { host_types_.push_back(type); }

FuncRef* Store::host_func(const std::shared_ptr<const HostFunction>& function) {
  FuncRef*& known = func_of_host_[function.get()];
  if (!known) {
    known = &host_funcs_.emplace_back(FuncRef{hooks().host_code, nullptr, &registry().get(function->type), function->fn,
                                              function->env.get(), 0, function->type});
    kept_host_functions_.push_back(function);
  }
  return known;
}

Result<void> Store::check_instances(uint64_t additional) const {
  const uint64_t total = instances_.size() + additional;
  if (total > limits.instances) return over_limit("instances of the store", total, limits.instances, Limit::kInstances);
  return {};
}

Instance* Store::add_instance(std::unique_ptr<Instance> instance) {
  return instances_.emplace_back(std::move(instance)).get();
}

Store::Checkpoint Store::checkpoint() const {
  return {instances_.size(), memories_.size(), shared_memories_.size(), tables_.size(),
          tags_.size(),      memory_bytes_,    table_elements_};
}

void Store::roll_back(const Checkpoint& checkpoint, const Instance* made) {
  // If fuel ran out in a constant expression, other code may have run.
  if (instances_.size() != checkpoint.instances + (made ? 1 : 0) || (made && instances_.back().get() != made)) return;
  instances_.resize(checkpoint.instances);
  memories_.resize(checkpoint.memories);
  shared_memories_.resize(checkpoint.shared_memories);
  tables_.resize(checkpoint.tables);
  tags_.resize(checkpoint.tags);
  memory_bytes_ = checkpoint.memory_bytes;
  table_elements_ = checkpoint.table_elements;
}

Error Store::growth_over_limit(const Memory* memory, uint64_t delta_bytes) const {
  std::optional<uint64_t> beside;
  if (!memory->shared()) beside = 0;
  if (const Instance* instance = memory->definer; instance && limits.instance_memory_bytes != StoreLimits::kUnlimited)
    beside = instance->defined_memory_bytes() - memory->byte_size();
  return memory_over_limit(memory->byte_size(), beside, delta_bytes);
}

bool Store::may_grow_memory(const Memory* memory, uint64_t delta_pages) const {
  const uint64_t delta = memory->bytes_of(delta_pages);
  return delta <= memory->max_bytes() - memory->byte_size() && !growth_over_limit(memory, delta);
}

std::optional<uint64_t> Store::grow_memory(Memory* memory, uint64_t delta_pages) {
  const uint64_t delta = memory->bytes_of(delta_pages);
  if (Error error = growth_over_limit(memory, delta)) {
    if (limits.fail_on_grow) pending_error = std::move(error);
    return std::nullopt;
  }
  auto old_pages = memory->grow(delta_pages);
  if (old_pages && !memory->shared()) memory_bytes_ += delta;
  return old_pages;
}

Error Store::growth_over_limit(const Table* table, uint64_t delta) const {
  const uint64_t size = saturating_add(table->size(), delta);
  if (size > limits.table_elements)
    return over_limit("elements of a table", size, limits.table_elements, Limit::kTableElements);
  if (const uint64_t total = saturating_add(table_elements_, delta); total > limits.total_table_elements)
    return over_limit("elements of the store's tables", total, limits.total_table_elements, Limit::kTotalTableElements);
  return Error();
}

bool Store::may_grow_table(const Table* table, uint64_t delta) const {
  return delta <= table->max_elements() - table->size() && !growth_over_limit(table, delta);
}

std::optional<uint64_t> Store::grow_table(Table* table, uint64_t delta, Slot init) {
  if (Error error = growth_over_limit(table, delta)) {
    if (limits.fail_on_grow) pending_error = std::move(error);
    return std::nullopt;
  }
  auto old_size = table->grow(delta, init);
  if (old_size) table_elements_ += delta;
  return old_size;
}

void Store::set_deadline(DeadlineTimer::Clock::time_point when) {
  clear_deadline();
  deadline_ = when;
  options_.timer->schedule(interrupt_, when);
}

void Store::clear_deadline() {
  if (!deadline_) return;
  deadline_.reset();
  options_.timer->cancel(interrupt_);
  interrupt_->drop(kInterruptDeadline);
}

const Instance* Store::instance_of(const InstanceContext* ctx) const {
  for (const auto& instance : instances_)
    if (instance->ctx() == ctx) return instance.get();
  return nullptr;
}

}  // namespace ermine::runtime
