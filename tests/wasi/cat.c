// Copies files, or standard input, to standard output.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 16];

static int copy(int fd, const char* name) {
  ssize_t n;
  while ((n = read(fd, buffer, sizeof buffer)) > 0) {
    for (ssize_t done = 0; done < n;) {
      ssize_t w = write(1, buffer + done, (size_t)(n - done));
      if (w < 0) {
        fprintf(stderr, "cat: output: %s\n", strerror(errno));
        return 1;
      }
      done += w;
    }
  }
  if (n < 0) fprintf(stderr, "cat: %s: %s\n", name, strerror(errno));
  return n < 0;
}

int main(int argc, char** argv) {
  if (argc < 2) return copy(0, "input");
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    int fd = open(argv[i], O_RDONLY);
    if (fd < 0) {
      fprintf(stderr, "cat: %s: %s\n", argv[i], strerror(errno));
      failed = 1;
      continue;
    }
    failed |= copy(fd, argv[i]);
    close(fd);
  }
  return failed;
}
