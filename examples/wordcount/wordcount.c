// Counts lines, words and bytes of the given files or of its standard input, like wc(1). It sees only the directories
// that were granted: ermine run --dir . wordcount.wasm FILE…
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct counts {
  unsigned long lines, words, bytes;
};

static bool count(FILE* in, struct counts* result) {
  static char buffer[1 << 16];
  bool in_word = false;
  size_t size;
  while ((size = fread(buffer, 1, sizeof buffer, in)) > 0) {
    result->bytes += size;
    for (size_t i = 0; i < size; ++i) {
      bool space = isspace((unsigned char)buffer[i]) != 0;
      result->lines += buffer[i] == '\n';
      result->words += in_word && space;
      in_word = !space;
    }
  }
  result->words += in_word;
  return !ferror(in);
}

static void print(const struct counts* c, const char* name) {
  printf("%7lu lines %7lu words %9lu bytes  %s\n", c->lines, c->words, c->bytes, name);
}

int main(int argc, char** argv) {
  struct counts total = {0, 0, 0};
  int status = 0;
  if (argc < 2) {
    if (!count(stdin, &total)) status = 1;
    print(&total, "(standard input)");
    return status;
  }
  for (int i = 1; i < argc; ++i) {
    struct counts one = {0, 0, 0};
    FILE* in = fopen(argv[i], "rb");
    if (in == NULL || !count(in, &one)) {
      fprintf(stderr, "wordcount: %s: %s\n", argv[i], strerror(errno));
      status = 1;
    } else {
      print(&one, argv[i]);
    }
    if (in != NULL) fclose(in);
    total.lines += one.lines;
    total.words += one.words;
    total.bytes += one.bytes;
  }
  if (argc > 2) print(&total, "in all");
  return status;
}
