// Memory: follows a random cycle through four megabytes of list nodes; every load depends on the one before.
#include "bench.h"

enum { kNodes = 1 << 18 };
typedef struct {
  uint32_t next;  // an index, so that a node has the same size everywhere
  uint32_t value;
  uint32_t padding[2];
} Node;
static Node nodes[kNodes];
static uint32_t order[kNodes];

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t random = 9, sum = 0;
  if (work) {
    for (uint32_t i = 0; i < kNodes; ++i) order[i] = i;
    for (uint32_t i = kNodes - 1; i > 0; --i) {
      uint32_t j = (uint32_t)(bench_random(&random) % (i + 1)), swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    for (uint32_t i = 0; i < kNodes; ++i) {
      nodes[order[i]].next = order[(i + 1) % kNodes];
      nodes[order[i]].value = i;
    }
  }
  uint32_t at = 0;
  for (long n = 0; n < work * 100000; ++n) {
    sum += nodes[at].value;
    at = nodes[at].next;
  }
  return bench_done(bench_mix(0, sum));
}
