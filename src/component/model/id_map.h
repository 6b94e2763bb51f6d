// IdMap and IdSet: from 64-bit keys, by open addressing; an empty one allocates nothing. For the ids of types, of which
// a component has many in small groups. The keys are numbers that the validator itself assigns, so a component cannot
// choose them to collide.
#pragma once

#include <cstdint>
#include <vector>

namespace ermine::component {

template <class V>
class IdMap {
 public:
  V* find(uint64_t key) { return const_cast<V*>(static_cast<const IdMap*>(this)->find(key)); }
  const V* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (size_t i = start(key);; i = (i + 1) & (slots_.size() - 1)) {
      if (slots_[i].key == key) return &slots_[i].value;
      if (slots_[i].key == kFree) return nullptr;
    }
  }
  // Adds or replaces an entry; whether it was added. A key is never ~0.
  bool set(uint64_t key, const V& value) {
    if ((count_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = place(key);
    const bool added = slot.key == kFree;
    slot = {key, value};
    count_ += added;
    return added;
  }
  bool empty() const { return count_ == 0; }
  template <class F>
  void for_each(F&& f) const {
    for (const Slot& slot : slots_)
      if (slot.key != kFree) f(slot.key, slot.value);
  }

 private:
  static constexpr uint64_t kFree = ~uint64_t{0};
  struct Slot {
    uint64_t key = kFree;
    V value{};
  };
  size_t start(uint64_t key) const {
    const uint64_t mixed = key * 0x9E37'79B9'7F4A'7C15;
    return static_cast<size_t>(mixed >> 32) & (slots_.size() - 1);
  }
  Slot& place(uint64_t key) {
    size_t i = start(key);
    while (slots_[i].key != kFree && slots_[i].key != key) i = (i + 1) & (slots_.size() - 1);
    return slots_[i];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != kFree) place(slot.key) = slot;
  }

  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace ermine::component
