#include "tiering/code_space.h"

#include <algorithm>

namespace ermine::tiering {

CodeSpace::~CodeSpace() {
  for (const CodeArena::Block& b : blocks_) arena_->free(b);
  for (const CodeArena::Table& table : {table_, register_table_})
    if (table.bytes != 0) arena_->free_table(table);
}

namespace {
void set(const CodeArena::Table& table, const uint8_t* entry, const uint8_t* code) {
  const auto offset = static_cast<size_t>(entry - reinterpret_cast<const uint8_t*>(table.slots.data()));
  table.slots[offset / sizeof table.slots[0]].store(code, std::memory_order_release);
}
}  // namespace

std::span<const uint8_t> CodeSpace::make(CodeArena::Table& table, const void* initial) {
  std::lock_guard lock(mutex_);
  if (table.bytes == 0) {
    if (arena_ == nullptr) return {};
    table = arena_->allocate_table(functions_);
    for (auto& slot : table.slots) slot.store(initial, std::memory_order_relaxed);
  }
  return {reinterpret_cast<const uint8_t*>(table.slots.data()), table.slots.size_bytes()};
}

std::span<const uint8_t> CodeSpace::call_table() { return make(table_, call_stub_); }
void CodeSpace::set_entry(const uint8_t* entry, const uint8_t* code) { set(table_, entry, code); }
std::span<const uint8_t> CodeSpace::register_table() { return make(register_table_, nullptr); }
void CodeSpace::set_register_entry(const uint8_t* entry, const uint8_t* code) { set(register_table_, entry, code); }

CodeArena::Block CodeSpace::take(size_t size) {
  if (arena_ == nullptr) return {};
  const size_t unit = arena_->kind() == CodeArena::Kind::kPrivate ? 4096 : 32;
  size = (size + unit - 1) & ~(unit - 1);
  std::lock_guard lock(mutex_);
  if (size > rest_.size) {
    const size_t want = std::max(size, next_block_);
    CodeArena::Block b = arena_->allocate(want);
    if (b.size == 0) b = arena_->allocate(size);
    if (b.size == 0) return {};
    blocks_.push_back(b);
    rest_ = b;
    next_block_ = std::min<size_t>(next_block_ * 2, 4 << 20);
  }
  const CodeArena::Block taken{rest_.execute, size};
  rest_ = {rest_.execute + size, rest_.size - size};
  return taken;
}

void CodeSpace::give_back(const CodeArena::Block& block) {
  std::lock_guard lock(mutex_);
  // Unless another thread has allocated the place after it: then it becomes free with the module.
  if (block.execute + block.size == rest_.execute) rest_ = {block.execute, block.size + rest_.size};
}

bool CodeSpace::write(const CodeArena::Block& block, std::span<const uint8_t> bytes) {
  if (!arena_->write(block.execute, bytes)) return false;
  __builtin___clear_cache(const_cast<char*>(reinterpret_cast<const char*>(block.execute)),
                          const_cast<char*>(reinterpret_cast<const char*>(block.execute + bytes.size())));
  return true;
}

}  // namespace ermine::tiering
