// Creates the named file with one line in it.
#include <errno.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char** argv) {
  FILE* f = argc > 1 ? fopen(argv[1], "w") : NULL;
  if (!f || fputs("written\n", f) < 0 || fclose(f) != 0) {
    fprintf(stderr, "write: %s: %s\n", argc > 1 ? argv[1] : "no name", strerror(errno));
    return 1;
  }
  return 0;
}
