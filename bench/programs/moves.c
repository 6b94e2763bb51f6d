// Memory: memcpy, overlapping memmove, memset and memcmp in sizes from 8 bytes to 256 KiB.
#include <string.h>

#include "bench.h"

static uint8_t area[1 << 20];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    for (size_t size = 8; size <= 1 << 18; size *= 2) {
      size_t times = ((size_t)1 << 18) / size;
      if (times > 512) times = 512;
      for (size_t i = 0; i < times; ++i) {
        uint8_t* p = area + (i * 131) % 4096;
        memset(p, (int)(i + size), size / 4);
        memcpy(area + (1 << 19), p, size);
        memmove(p + 3, p, size);
        BENCH_OPAQUE(area);
        sum += (uint64_t)(memcmp(p, area + (1 << 19), size) > 0) + p[size / 2];
      }
    }
  }
  return bench_done(bench_mix(0, sum));
}
