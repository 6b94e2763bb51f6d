// Floating point: the power method on an implicit 200 x 200 matrix; integer-to-double conversions and divisions.
#include <math.h>

#include "bench.h"

enum { kSize = 200 };

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double* v, double* out, int transposed) {
  for (int i = 0; i < kSize; ++i) {
    double total = 0;
    for (int j = 0; j < kSize; ++j) total += (transposed ? element(j, i) : element(i, j)) * v[j];
    out[i] = total;
  }
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  static double u[kSize], v[kSize], between[kSize];
  uint64_t sum = 0;
  for (int i = 0; i < kSize; ++i) u[i] = 1;
  for (long n = 0; n < work * 5; ++n) {
    times(u, between, 0);
    times(between, v, 1);
    double norm = 0;
    for (int i = 0; i < kSize; ++i) norm += v[i] * v[i];
    norm = sqrt(norm);
    for (int i = 0; i < kSize; ++i) u[i] = v[i] / norm;
  }
  for (int i = 0; i < kSize; ++i) sum = bench_mix_double(sum, u[i]);
  return bench_done(sum);
}
