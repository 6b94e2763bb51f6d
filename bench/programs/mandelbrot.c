// Floating point: iterations to escape over a 200 x 200 picture; tight dependent multiplies and a compare.
#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  for (long n = 0; n < work; ++n) {
    double shift = 0.0001 * (double)n;
    uint64_t total = 0;
    for (int row = 0; row < 200; ++row) {
      for (int column = 0; column < 200; ++column) {
        double cx = -2.0 + column * 0.0125 + shift, cy = -1.25 + row * 0.0125, x = 0, y = 0;
        int i = 0;
        for (; i < 200; ++i) {
          double xx = x * x, yy = y * y;
          if (xx + yy > 4) break;
          y = 2 * x * y + cy;
          x = xx - yy + cx;
        }
        total += (uint64_t)i * (uint64_t)(row + 1);
      }
    }
    sum = bench_mix(sum, total);
  }
  return bench_done(sum);
}
