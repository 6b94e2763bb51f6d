// Memory, SharedMemory, Table, Global and Tag.

#include "api/convert.h"
#include "base/format.h"
#include "ermine/memory_address.h"
#include "runtime/parking_lot.h"

namespace ermine {

namespace {
// A refused grow as an error: that of the limit, if one was recorded.
Error refused(runtime::Store* store, std::string_view what) {
  if (store && store->pending_error) return std::move(store->pending_error);
  return Error(ErrorKind::kLimit, base::format("the {} cannot grow that far, because of its maximum, a limit of the "
                                               "store, or the system's memory",
                                               what));
}
}  // namespace

// --- SharedMemory

Result<SharedMemory> SharedMemory::create(const Engine& engine, const MemoryType& type) {
  ERMINE_ASSIGN(wasm::MemoryType t, api::to_wasm(type));
  if (!t.shared) return Error(ErrorKind::kUsage, "the type is not a shared memory's");
  ERMINE_ASSIGN(std::unique_ptr<runtime::Memory> memory, runtime::Memory::create(t, engine.impl()->memory_options()));
  return SharedMemory(std::shared_ptr<runtime::Memory>(std::move(memory)));
}

MemoryType SharedMemory::type() const { return api::to_public(impl_->type(), impl_->pages()); }
uint8_t* SharedMemory::data() const { return impl_->base(); }
uint64_t SharedMemory::byte_size() const { return impl_->byte_size(); }
uint64_t SharedMemory::size() const { return impl_->pages(); }

Result<uint64_t> SharedMemory::grow(uint64_t delta_pages) const {
  if (auto old = impl_->grow(delta_pages)) return *old;
  return refused(nullptr, "memory");
}

Result<uint32_t> SharedMemory::atomic_notify(uint64_t address, uint32_t count) const {
  if (address % 4 != 0) return Error::trap(TrapCode::kUnalignedAtomic);
  const uint64_t size = impl_->byte_size();
  if (size < 4 || address > size - 4) return Error::trap(TrapCode::kMemoryOutOfBounds);
  return impl_->parking_lot().notify(impl_->base() + address, count);
}

// --- Memory

Result<Memory> Memory::create(StoreRef store, const MemoryType& type) {
  ERMINE_ASSIGN(wasm::MemoryType t, api::to_wasm(type));
  ERMINE_ASSIGN(runtime::Memory * memory, store.impl()->new_memory(t));
  return Memory(store.impl(), memory);
}

Memory Memory::from_shared(StoreRef store, const SharedMemory& memory) {
  return Memory(store.impl(), store.impl()->use_shared_memory(memory.impl()));
}

MemoryType Memory::type() const { return api::to_public(impl_->type(), impl_->pages()); }
uint8_t* Memory::data() const { return impl_->base(); }
uint64_t Memory::byte_size() const { return impl_->byte_size(); }
uint64_t Memory::size() const { return impl_->pages(); }
bool may_move(const Memory& memory) {
  const runtime::Memory& m = *memory.impl();
  return !m.guarded() && !m.shared() && m.byte_size() < m.max_bytes();
}

Result<uint64_t> Memory::grow(uint64_t delta_pages) const {
  if (auto old = store_->grow_memory(impl_, delta_pages)) return *old;
  return refused(store_, "memory");
}

std::optional<SharedMemory> Memory::shared() const {
  auto memory = store_->shared_memory(impl_);
  if (!memory) return std::nullopt;
  return SharedMemory(std::move(memory));
}

// --- Table

Result<Table> Table::create(StoreRef store, const TableType& type, const Val& init) {
  ERMINE_ASSIGN(wasm::TableType t, api::to_wasm(type));
  ERMINE_TRY(api::check_value(store.impl(), init, t.element, "initial element"));
  uint64_t slot[2];
  init.to_slots(slot);
  ERMINE_ASSIGN(runtime::Table * table, store.impl()->new_table(t, slot[0]));
  return Table(store.impl(), table);
}

TableType Table::type() const { return api::to_public(impl_->type(), impl_->size()); }
uint64_t Table::size() const { return impl_->size(); }

Result<Val> Table::get(uint64_t index) const {
  if (index >= impl_->size()) return Error::trap(TrapCode::kTableOutOfBounds);
  return Val::from_slots(store_, api::to_public(impl_->type().element), &impl_->elements()[index]);
}

Result<void> Table::set(uint64_t index, const Val& value) const {
  if (index >= impl_->size()) return Error::trap(TrapCode::kTableOutOfBounds);
  ERMINE_TRY(api::check_value(store_, value, impl_->type().element, "element"));
  value.to_slots(&impl_->elements()[index]);
  return {};
}

Result<uint64_t> Table::grow(uint64_t delta, const Val& init) const {
  ERMINE_TRY(api::check_value(store_, init, impl_->type().element, "element"));
  uint64_t slot[2];
  init.to_slots(slot);
  if (auto old = store_->grow_table(impl_, delta, slot[0])) return *old;
  return refused(store_, "table");
}

// --- Global

Result<Global> Global::create(StoreRef store, const GlobalType& type, const Val& init) {
  const wasm::GlobalType t{api::to_wasm(type.type), type.is_mutable};
  ERMINE_TRY(api::check_value(store.impl(), init, t.type, "value"));
  runtime::Global* global = store.impl()->new_global(t);
  init.to_slots(global->cell);
  return Global(store.impl(), global);
}

GlobalType Global::type() const { return api::to_public(impl_->type); }
Val Global::get() const { return Val::from_slots(store_, api::to_public(impl_->type.type), impl_->cell); }

Result<void> Global::set(const Val& value) const {
  if (!impl_->type.is_mutable) return Error(ErrorKind::kUsage, "the global is immutable");
  ERMINE_TRY(api::check_value(store_, value, impl_->type.type, "value"));
  value.to_slots(impl_->cell);
  return {};
}

// --- Tag

Result<Tag> Tag::create(StoreRef store, const TagType& type) {
  if (!type.func.results.empty()) return Error(ErrorKind::kUsage, "a tag's type has no results");
  ERMINE_ASSIGN(wasm::TypeId id,
                store.impl()->registry().add_func(api::to_wasm(std::span<const ValType>(type.func.params)), {}));
  store.impl()->keep_type(id);
  return Tag(store.impl(), store.impl()->new_tag(id));
}

TagType Tag::type() const { return {api::to_public(impl_->def->func)}; }

}  // namespace ermine
