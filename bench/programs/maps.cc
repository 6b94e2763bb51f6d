// Allocation: std::map and std::unordered_map filled, searched and emptied.
#include <map>
#include <unordered_map>

#include "bench.h"

int main(int argc, char** argv) {
  const long work = bench_work(argc, argv);
  uint64_t random = 19, sum = 0;
  for (long n = 0; n < work; ++n) {
    std::map<uint32_t, uint32_t> ordered;
    std::unordered_map<uint32_t, uint32_t> hashed;
    for (uint32_t i = 0; i < 4000; ++i) {
      const auto key = static_cast<uint32_t>(bench_random(&random) % 3000);
      ordered[key] += i;
      hashed[key * 7] ^= i;
      if (i % 3 == 0) ordered.erase(key / 2);
    }
    for (const auto& [key, value] : ordered) sum = bench_mix(sum, key ^ value);
    for (uint32_t key = 0; key < 3000; ++key) {
      if (auto it = hashed.find(key * 7); it != hashed.end()) sum += it->second;
    }
  }
  return bench_done(sum);
}
