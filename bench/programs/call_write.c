// WASI: writes of one byte to standard error, which the harness sends to /dev/null.
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv) * 10000;
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) sum += (uint64_t)write(2, "x", 1);
  return bench_done(bench_mix(0, sum));
}
