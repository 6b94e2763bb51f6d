// Closes 0 and 2, then uses 1; the host's own streams stay open.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
int main(void) {
  if (close(0) != 0 || close(2) != 0) return 1;
  char c;
  if (read(0, &c, 1) != -1 || errno != EBADF) return 2;
  puts("still here");
  fflush(stdout);
  return close(1) != 0;
}
