// Integer: schoolbook multiplication of 4096-bit numbers; 64-bit products of 32-bit limbs with carries.
#include <string.h>

#include "bench.h"

enum { kLimbs = 128 };

static void multiply(uint32_t* product, const uint32_t* a, const uint32_t* b) {
  memset(product, 0, 2 * kLimbs * sizeof *product);
  for (int i = 0; i < kLimbs; ++i) {
    uint64_t carry = 0;
    for (int j = 0; j < kLimbs; ++j) {
      carry += (uint64_t)a[i] * b[j] + product[i + j];
      product[i + j] = (uint32_t)carry;
      carry >>= 32;
    }
    product[i + kLimbs] = (uint32_t)carry;
  }
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint32_t a[kLimbs], b[kLimbs], product[2 * kLimbs];
  uint64_t random = 7, sum = 0;
  for (int i = 0; i < kLimbs; ++i) {
    a[i] = (uint32_t)bench_random(&random);
    b[i] = (uint32_t)bench_random(&random);
  }
  for (long n = 0; n < work * 100; ++n) {
    multiply(product, a, b);
    memcpy(a, product + kLimbs / 2, sizeof a);
    a[0] |= 1;
    a[kLimbs - 1] |= 0x80000000u;
  }
  for (int i = 0; i < kLimbs; ++i) sum = bench_mix(sum, a[i]);
  return bench_done(sum);
}
