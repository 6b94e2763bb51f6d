// SymbolTable: identifiers to indices, for one index space of a module or for the locals of a function.
//
// Open addressing, because identifiers are looked up once per use and text can have millions. Names are kept as views:
// the caller keeps the characters alive. clear() is cheap however large the table has become, because a function with a
// few locals may follow one with thousands. Keys may have a scope, so that one table serves, for instance, the fields
// of all types.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace ermine::text {

class SymbolTable {
 public:
  // Null if the name is not bound. The pointer is valid until the next insert.
  uint32_t* find(std::string_view name, uint32_t scope = 0) {
    if (count_ == 0) return nullptr;
    Slot& slot = locate(name, scope, hash(name, scope));
    return slot.epoch == epoch_ ? &slot.value : nullptr;
  }
  // Binds the name unless it is bound already; the slot's value either way, and whether it is new.
  struct Inserted {
    uint32_t* value;
    bool is_new;
  };
  Inserted insert(std::string_view name, uint32_t value, uint32_t scope = 0) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    uint32_t h = hash(name, scope);
    Slot& slot = locate(name, scope, h);
    if (slot.epoch == epoch_) return {&slot.value, false};
    slot = {name.data(), static_cast<uint32_t>(name.size()), h, scope, value, epoch_};
    ++count_;
    return {&slot.value, true};
  }
  void clear() {
    if (count_ == 0) return;
    count_ = 0;
    ++epoch_;
  }

 private:
  struct Slot {
    const char* name = nullptr;
    uint32_t size = 0;
    uint32_t hash = 0;
    uint32_t scope = 0;
    uint32_t value = 0;
    uint32_t epoch = 0;  // the slot is taken if this is the table's
  };

  static uint64_t mix(uint64_t a, uint64_t b) {
    auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint32_t hash(std::string_view s, uint32_t scope) {
    constexpr uint64_t kA = 0x9E37'79B9'7F4A'7C15, kB = 0xD6E8'FEB8'6659'FD93;
    uint64_t h = mix(s.size() ^ kB, scope ^ kA);
    const char* p = s.data();
    size_t n = s.size();
    for (; n >= 8; p += 8, n -= 8) {
      uint64_t word;
      std::memcpy(&word, p, 8);
      h = mix(h ^ word, kA);
    }
    uint64_t word = 0;
    for (size_t i = 0; i < n; ++i) word |= uint64_t{static_cast<unsigned char>(p[i])} << (8 * i);
    return static_cast<uint32_t>(mix(h ^ word, kB));
  }
  Slot& locate(std::string_view name, uint32_t scope, uint32_t h) {
    size_t mask = slots_.size() - 1;
    for (size_t i = h & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.epoch != epoch_) return slot;
      if (slot.hash == h && slot.scope == scope && slot.size == name.size() &&
          std::memcmp(slot.name, name.data(), name.size()) == 0)
        return slot;
    }
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.epoch != epoch_) continue;
      size_t i = slot.hash & mask;
      while (slots_[i].epoch == epoch_) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::vector<Slot> slots_;
  size_t count_ = 0;
  uint32_t epoch_ = 1;
};

}  // namespace ermine::text
