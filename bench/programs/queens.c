// Integer and branches: counts the solutions of the ten queens with bit masks; a deep small recursion.
#include "bench.h"

static uint32_t place(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
  if (columns == all) return 1;
  uint32_t count = 0;
  for (uint32_t free = all & ~(columns | left | right); free;) {
    uint32_t bit = free & -free;
    free ^= bit;
    count += place(all, columns | bit, (left | bit) << 1, (right | bit) >> 1);
  }
  return count;
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    uint32_t all = (1u << 10) - 1;
    BENCH_OPAQUE(&all);
    sum = bench_mix(sum, place(all, 0, 0, 0) + (unsigned)n);
  }
  return bench_done(sum);
}
