// Integer and memory: the sieve of Eratosthenes over two million bytes; strided byte stores.
#include <string.h>

#include "bench.h"

enum { kSize = 2000000 };
static uint8_t composite[kSize];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    memset(composite, 0, sizeof composite);
    unsigned count = 0;
    for (unsigned i = 2; i < kSize; ++i) {
      if (composite[i]) continue;
      ++count;
      for (unsigned j = 2 * i; j < kSize; j += i) composite[j] = 1;
    }
    sum = bench_mix(sum, count + (unsigned)n);
  }
  return bench_done(sum);
}
