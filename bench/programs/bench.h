// The common part of all benchmark programs: the first argument is the amount of work (default: 1), and the last line
// printed is a checksum, so that a wrong answer is noticed however fast it is. With work 0 a program only starts.
#ifndef ERMINE_BENCH_H
#define ERMINE_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline long bench_work(int argc, char** argv) { return argc > 1 ? strtol(argv[1], NULL, 10) : 1; }

static inline int bench_done(uint64_t checksum) {
  printf("%08x%08x\n", (unsigned)(checksum >> 32), (unsigned)checksum);
  return 0;
}

// Mixes a value into a checksum; order matters.
static inline uint64_t bench_mix(uint64_t sum, uint64_t value) {
  sum ^= value + 0x9e3779b97f4a7c15u + (sum << 6) + (sum >> 2);
  return sum * 0xff51afd7ed558ccdu;
}

static inline uint64_t bench_mix_double(uint64_t sum, double value) {
  union {
    double d;
    uint64_t u;
  } bits = {value};
  return bench_mix(sum, bits.u);
}

// A small generator with a fixed start (xorshift64*): the same numbers everywhere.
static inline uint64_t bench_random(uint64_t* state) {
  uint64_t x = *state;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  *state = x;
  return x * 0x2545f4914f6cdd1du;
}

// Keeps the optimiser from computing across this point.
#define BENCH_OPAQUE(pointer) __asm__ volatile("" : : "r"(pointer) : "memory")

#endif
