// WASI: reads of one byte from standard input, which the harness takes from /dev/zero.
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv) * 10000;
  uint64_t sum = 0;
  char byte = 1;
  for (long n = 0; n < work; ++n) {
    sum += (uint64_t)read(0, &byte, 1);
    BENCH_OPAQUE(&byte);
  }
  return bench_done(bench_mix(sum, (uint64_t)byte));
}
