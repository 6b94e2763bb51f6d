// SIMD: brightness, blending and a threshold count over a picture of bytes, in sixteen-lane vector types.
#include "bench.h"

typedef uint8_t U16x __attribute__((vector_size(16)));
typedef int8_t S16x __attribute__((vector_size(16)));

enum { kCount = 1 << 15 };
static U16x picture[kCount], overlay[kCount];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 5, sum = 0;
  if (work) {
    for (int i = 0; i < kCount; ++i) {
      for (int lane = 0; lane < 16; ++lane) {
        picture[i][lane] = (uint8_t)bench_random(&random);
        overlay[i][lane] = (uint8_t)bench_random(&random);
      }
    }
  }
  for (long n = 0; n < work; ++n) {
    U16x total = {0};
    for (int i = 0; i < kCount; ++i) {
      U16x a = picture[i], b = overlay[i];
      U16x mean = (a & b) + ((a ^ b) >> 1);
      U16x bright = mean + 3;
      S16x wrapped = (S16x)(bright < mean);
      picture[i] = (bright & ~(U16x)wrapped) | ((U16x)wrapped & 7);
      total += (U16x)(bright > 128) & 1;
      overlay[i] = a;
    }
    for (int lane = 0; lane < 16; ++lane) sum = bench_mix(sum, total[lane]);
  }
  return bench_done(sum);
}
