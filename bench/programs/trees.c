// Allocation: builds and frees complete binary trees of many small nodes; one tree lives long.
#include "bench.h"

typedef struct Tree {
  struct Tree *left, *right;
} Tree;

static Tree* grow(int depth) {
  Tree* tree = malloc(sizeof *tree);
  if (!tree) abort();
  tree->left = depth ? grow(depth - 1) : NULL;
  tree->right = depth ? grow(depth - 1) : NULL;
  return tree;
}

static uint32_t fell(Tree* tree) {
  uint32_t count = 1;
  if (tree->left) count += fell(tree->left) + fell(tree->right);
  free(tree);
  return count;
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  if (work) {
    Tree* old = grow(14);
    for (long n = 0; n < work; ++n) {
      for (int depth = 4; depth <= 12; depth += 2) {
        for (int i = 0; i < 1 << (12 - depth); ++i) sum += fell(grow(depth));
      }
    }
    sum += fell(old);
  }
  return bench_done(bench_mix(0, sum));
}
