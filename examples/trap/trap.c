// A program with a bug, for docs/how-to/debug-a-trap.md: the last node of the list has no next pointer set, and the
// value in its place points far outside of memory. Built without -s, so that functions keep their names.
#include <stdio.h>

struct node {
  int value;
  struct node* next;
};

__attribute__((noinline)) static int sum(const struct node* list) {
  int total = 0;
  for (; list != NULL; list = list->next) total += list->value;
  return total;
}

__attribute__((noinline)) static void report(const char* name, const struct node* list) {
  printf("%s: %d\n", name, sum(list));
}

int main(void) {
  struct node second = {2, NULL};
  struct node first = {1, &second};
  report("good list", &first);
  second.next = (struct node*)0xfffffff0u;
  report("bad list", &first);
  return 0;
}
