// Indirect calls: a table of eight small functions called by the bits of a generator.
#include "bench.h"

typedef uint32_t (*Step)(uint32_t, uint32_t);
static uint32_t add(uint32_t a, uint32_t b) { return a + b; }
static uint32_t subtract(uint32_t a, uint32_t b) { return a - b; }
static uint32_t multiply(uint32_t a, uint32_t b) { return a * (b | 1); }
static uint32_t exclusive(uint32_t a, uint32_t b) { return a ^ b; }
static uint32_t turn(uint32_t a, uint32_t b) { return a << (b & 31) | a >> (-b & 31); }
static uint32_t minimum(uint32_t a, uint32_t b) { return a < b ? a + 1 : b; }
static uint32_t shift(uint32_t a, uint32_t b) { return (a >> (b & 7)) + b; }
static uint32_t both(uint32_t a, uint32_t b) { return (a & b) + 0x9e3779b9u; }

static Step steps[] = {add, subtract, multiply, exclusive, turn, minimum, shift, both};

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 17;
  uint32_t value = 1;
  BENCH_OPAQUE(steps);
  for (long n = 0; n < work * 1000; ++n) {
    uint64_t bits = bench_random(&random);
    for (int i = 0; i < 20; ++i, bits >>= 3) value = steps[bits & 7](value, (uint32_t)(bits >> 1));
  }
  return bench_done(bench_mix(0, value));
}
