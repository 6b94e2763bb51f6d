// SIMD: dot products, scaling and clamping of float vectors, written with four-lane vector types.
#include "bench.h"

typedef float F4 __attribute__((vector_size(16)));
typedef int32_t I4 __attribute__((vector_size(16)));

enum { kCount = 4096 };
static F4 x[kCount], y[kCount];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 11, sum = 0;
  if (work) {
    for (int i = 0; i < kCount; ++i) {
      for (int lane = 0; lane < 4; ++lane) {
        x[i][lane] = (float)(bench_random(&random) >> 48) / 65536;
        y[i][lane] = (float)(bench_random(&random) >> 48) / 65536;
      }
    }
  }
  F4 dot = {0, 0, 0, 0};
  for (long n = 0; n < work * 10; ++n) {
    F4 scale = {0.99f, 0.98f, 1.01f, 1.0f};
    for (int i = 0; i < kCount; ++i) {
      F4 value = x[i] * scale + y[i];
      I4 above = value > 1.0f;
      value = (F4)(((I4)(value * 0.5f) & above) | ((I4)value & ~above));
      x[i] = value;
      dot += value * y[i];
    }
    dot *= 0.001f;
  }
  for (int lane = 0; lane < 4; ++lane) sum = bench_mix_double(sum, dot[lane]);
  return bench_done(sum);
}
