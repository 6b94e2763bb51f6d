// WASI: file throughput: writes a file in pieces of 4 KiB, reads it back as a whole and in pieces, and removes it.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

enum { kPiece = 4096, kPieces = 2048 };
static uint8_t piece[kPiece], large[kPiece * 16];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 31, sum = 0;
  const char* name = "ermine-bench-scratch.bin";
  for (int i = 0; work && i < kPiece; ++i) piece[i] = (uint8_t)bench_random(&random);
  for (long n = 0; n < work; ++n) {
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0) return 1;
    for (int i = 0; i < kPieces; ++i) {
      piece[0] = (uint8_t)i;
      if (write(file, piece, kPiece) != kPiece) return 2;
    }
    if (lseek(file, 0, SEEK_SET) != 0) return 3;
    for (int i = 0; i < kPieces / 2; ++i) {
      if (read(file, piece, kPiece) != kPiece) return 4;
      sum = bench_mix(sum, piece[0] + piece[kPiece - 1]);
    }
    for (ssize_t got; (got = read(file, large, sizeof large)) > 0;) sum = bench_mix(sum, (uint64_t)got + large[0]);
    if (close(file) || unlink(name)) return 5;
  }
  return bench_done(sum);
}
