// WASI: repeated clock_gettime. In native code this is not a system call but a function of the vDSO.
#include <time.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv) * 10000;
  uint64_t sum = 0;
  struct timespec before = {0, 0}, now;
  for (long n = 0; n < work; ++n) {
    if (clock_gettime(CLOCK_MONOTONIC, &now)) return 1;
    sum += now.tv_sec > before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec);
    before = now;
  }
  return bench_done(bench_mix(0, sum));
}
