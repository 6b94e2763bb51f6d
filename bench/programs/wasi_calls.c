// WASI: the cost of calls to the host: clock readings, and random bytes now and then.
#include <time.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  struct timespec before = {0, 0}, now;
  for (long n = 0; n < work * 10000; ++n) {
    if (clock_gettime(CLOCK_MONOTONIC, &now)) return 1;
    // Time never goes back: the only property of a clock that is the same everywhere.
    sum += now.tv_sec > before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec);
    before = now;
    if (n % 10 == 0) {
      uint8_t bytes[16];
      if (getentropy(bytes, sizeof bytes)) return 1;
    }
  }
  return bench_done(bench_mix(0, sum));
}
