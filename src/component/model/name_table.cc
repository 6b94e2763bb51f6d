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
  uint64_t hash = hash_combine(process_seed() ^ seed, bytes.size());
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = hash_combine(hash, word);
  }
  uint64_t word = 0;
  std::memcpy(&word, p, left);
  return left > 0 ? hash_combine(hash, word) : hash;
}

}  // namespace ermine::component
