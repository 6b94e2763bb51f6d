// Floating point and memory: a 192 x 192 matrix product in doubles, row by row.
#include <string.h>

#include "bench.h"

enum { kSide = 192 };
static double a[kSide][kSide], b[kSide][kSide], c[kSide][kSide];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 3, sum = 0;
  if (work) {
    for (int i = 0; i < kSide; ++i) {
      for (int j = 0; j < kSide; ++j) {
        a[i][j] = (double)(bench_random(&random) >> 40) / (1 << 24);
        b[i][j] = (double)(bench_random(&random) >> 40) / (1 << 24);
      }
    }
  }
  for (long n = 0; n < work; ++n) {
    memset(c, 0, sizeof c);
    for (int i = 0; i < kSide; ++i) {
      for (int k = 0; k < kSide; ++k) {
        double factor = a[i][k];
        for (int j = 0; j < kSide; ++j) c[i][j] += factor * b[k][j];
      }
    }
    a[n % kSide][(n * 7) % kSide] = c[3][5] / kSide;
    BENCH_OPAQUE(c);
  }
  for (int i = 0; i < kSide; ++i) sum = bench_mix_double(sum, c[i][(i * 3) % kSide]);
  return bench_done(sum);
}
