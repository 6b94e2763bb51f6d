// WASI: the throughput of a filter, which copies standard input (the harness uses /dev/zero) to standard error
// (/dev/null) in pieces of 64 KiB, one megabyte per unit of work.
#include <unistd.h>

#include "bench.h"

static char piece[64 * 1024];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv) * 16;
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    ssize_t got = read(0, piece, sizeof piece);
    if (got <= 0 || write(2, piece, (size_t)got) != got) return 1;
    sum += (uint64_t)got;
  }
  return bench_done(bench_mix(0, sum));
}
