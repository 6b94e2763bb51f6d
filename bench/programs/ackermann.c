// Calls: Ackermann's function; deep recursion with many live frames.
#include "bench.h"

__attribute__((noinline)) static int ackermann(int m, int n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    int m = 3;
    BENCH_OPAQUE(&m);
    sum = bench_mix(sum, (uint64_t)ackermann(m, 6) + (uint64_t)n);
  }
  return bench_done(sum);
}
