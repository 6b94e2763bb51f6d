#include "component/model/name_table.h"

#include <chrono>
#include <cstring>

namespace ermine::component {

namespace {
// From the time, and from the address of a local variable, which the system chooses at random.
uint64_t process_seed() {
  static const uint64_t seed = [] {
    int local = 0;
    return hash_combine(reinterpret_cast<uintptr_t>(&local),
                        static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()));
  }();
  return seed;
}
}  // namespace

uint64_t hash_bytes(std::string_view bytes, uint64_t seed) {
  uint64_t hash = process_seed() ^ seed ^ bytes.size();
  const char* p = bytes.data();
  const size_t size = bytes.size();
  const auto load = [](const char* at, auto word) {
    std::memcpy(&word, at, sizeof(word));
    return uint64_t{word};
  };
  // The last word overlaps the one before it.
  if (size >= 8) {
    for (size_t i = 0; i + 8 < size; i += 8) hash = hash_combine(hash, load(p + i, uint64_t{0}));
    return hash_combine(hash, load(p + size - 8, uint64_t{0}));
  }
  if (size >= 4) return hash_combine(hash, load(p, uint32_t{0}) << 32 | load(p + size - 4, uint32_t{0}));
  uint64_t word = 0;
  for (size_t i = 0; i < size; ++i) word = word << 8 | static_cast<uint8_t>(p[i]);
  return hash_combine(hash, word);
}

}  // namespace ermine::component
