// Branches and 64-bit integers: the longest Collatz chain among the numbers below a limit.
#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    uint32_t longest = 0;
    uint64_t of = 0;
    for (uint64_t start = 1; start < 10000; ++start) {
      uint32_t length = 0;
      for (uint64_t x = start + (uint64_t)n; x != 1; ++length) x = x & 1 ? 3 * x + 1 : x >> 1;
      if (length > longest) {
        longest = length;
        of = start;
      }
    }
    sum = bench_mix(bench_mix(sum, longest), of);
  }
  return bench_done(sum);
}
