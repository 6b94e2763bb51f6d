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

class NameTable {
 public:
  static constexpr uint32_t kNone = ~uint32_t{0};

  // The index of the entry with this name, or kNone. `name_of(index)` gives the name of an entry.
  template <class F>
  uint32_t find(std::string_view name, F&& name_of) const {
    if (slots_.empty()) return kNone;
    for (size_t i = hash_bytes(name) & mask();; i = (i + 1) & mask()) {
      if (slots_[i] == kNone) return kNone;
      if (name_of(slots_[i]) == name) return slots_[i];
    }
  }
  // Adds an entry whose name is not in the table yet.
  template <class F>
  void add(uint32_t index, F&& name_of) {
    if ((count_ + 1) * 2 > slots_.size()) {
      std::vector<uint32_t> old(slots_.empty() ? 8 : slots_.size() * 2, kNone);
      old.swap(slots_);
      for (uint32_t entry : old)
        if (entry != kNone) place(entry, name_of(entry));
    }
    ++count_;
    place(index, name_of(index));
  }

 private:
  size_t mask() const { return slots_.size() - 1; }
  void place(uint32_t index, std::string_view name) {
    size_t i = hash_bytes(name) & mask();
    while (slots_[i] != kNone) i = (i + 1) & mask();
    slots_[i] = index;
  }

  std::vector<uint32_t> slots_;
  size_t count_ = 0;
};

}  // namespace ermine::component
