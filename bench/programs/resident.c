// Memory: touches as many megabytes as its argument says, to measure the peak of an engine beyond them.
#include <string.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    uint8_t* p = malloc(1 << 20);
    if (!p) return 1;
    memset(p, (int)n + 1, 1 << 20);
    BENCH_OPAQUE(p);
    sum += p[n];
  }
  return bench_done(sum);
}
