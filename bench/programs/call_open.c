// WASI: opens and closes a file of the working directory.
#include <fcntl.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char** argv) {
  long work = bench_work(argc, argv) * 1000;
  const char* name = "ermine-bench-opened";
  uint64_t sum = 0;
  int made = open(name, O_WRONLY | O_CREAT, 0600);
  if (made < 0) return 1;
  for (long n = 0; n < work; ++n) {
    int file = open(name, O_RDONLY);
    if (file < 0 || close(file)) return 2;
    sum += file == made + 1;
  }
  return close(made) || unlink(name) ? 3 : bench_done(bench_mix(0, sum));
}
