// Calls: the naive Fibonacci recursion; nearly nothing but calls and returns.
#include "bench.h"

__attribute__((noinline)) static uint32_t fib(uint32_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    uint32_t of = 24;
    BENCH_OPAQUE(&of);
    sum = bench_mix(sum, fib(of) + (uint32_t)n);
  }
  return bench_done(sum);
}
