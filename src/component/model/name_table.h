// NameTable: finds an entry of a list by its name, by open addressing. The hash is seeded with a number that differs
// between processes, so that a component cannot contain names chosen to collide.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ermine::component {

uint64_t hash_bytes(std::string_view bytes, uint64_t seed = 0);
inline uint64_t hash_combine(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9E37'79B9'7F4A'7C15) * (b ^ 0xD6E8'FEB8'6659'FD93);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Names of imports of core modules, which have two parts.
struct CoreImportName {
  std::string_view module, name;
  bool operator==(const CoreImportName&) const = default;
};
inline uint64_t hash_name(std::string_view name) { return hash_bytes(name); }
inline uint64_t hash_name(const CoreImportName& n) { return hash_bytes(n.name, hash_bytes(n.module)); }

class NameTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // The index of the entry with this name, or kNone. `name_of(index)` gives the name of an entry. All names of a table
  // are of one type, for which there is a hash_name().
  template <class Name, class F>
  uint32_t find(const Name& name, F&& name_of) const {
    if (slots_.empty()) return kNone;
    return find(hash(name), name, name_of);
  }
  // Adds an entry whose name is not in the table yet.
  template <class F>
  void add(uint32_t index, F&& name_of) {
    add(index, hash(name_of(index)));
  }
  // Adds an entry, or returns the one that has its name.
  template <class Name, class F>
  uint32_t find_or_add(uint32_t index, const Name& name, F&& name_of) {
    const uint32_t hashed = hash(name);
    if (!slots_.empty())
      if (const uint32_t found = find(hashed, name, name_of); found != kNone) return found;
    add(index, hashed);
    return kNone;
  }

 private:
  struct Slot {
    uint32_t index = kNone, hash = 0;
  };
  template <class Name>
  static uint32_t hash(const Name& name) {
    return static_cast<uint32_t>(hash_name(name));
  }
  size_t mask() const { return slots_.size() - 1; }
  template <class Name, class F>
  uint32_t find(uint32_t hashed, const Name& name, F&& name_of) const {
    for (size_t i = hashed & mask();; i = (i + 1) & mask()) {
      if (slots_[i].index == kNone) return kNone;
      if (slots_[i].hash == hashed && name_of(slots_[i].index) == name) return slots_[i].index;
    }
  }
  void add(uint32_t index, uint32_t hashed) {
    if ((count_ + 1) * 2 > slots_.size()) {
      std::vector<Slot> old(slots_.empty() ? 32 : slots_.size() * 2);
      old.swap(slots_);
      for (const Slot& slot : old)
        if (slot.index != kNone) place(slot);
    }
    ++count_;
    place({index, hashed});
  }
  void place(Slot slot) {
    size_t i = slot.hash & mask();
    while (slots_[i].index != kNone) i = (i + 1) & mask();
    slots_[i] = slot;
  }

  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace ermine::component
