// Strings and branches: splits a generated text of numbers, names and nested brackets into tokens, byte by byte.
#include <string.h>

#include "bench.h"

enum { kSize = 1 << 16 };
static char text[kSize + 1];

static void make_text(void) {
  static const char* const pieces[] = {
      "{\"name\": ", "\"a string, \\\"quoted\\\"\"", "[1, 22, -3.5e10]", "true", "null", "}, ", "  \n\t"};
  uint64_t random = 29;
  size_t at = 0;
  for (;;) {
    const char* piece = pieces[bench_random(&random) % 7];
    size_t length = strlen(piece);
    if (at + length > kSize) break;
    memcpy(text + at, piece, length);
    at += length;
  }
  memset(text + at, ' ', kSize - at);
}

int main(int argc, char** argv) {
  long work = bench_work(argc, argv);
  uint64_t sum = 0;
  if (work) make_text();
  for (long n = 0; n < work * 2; ++n) {
    uint32_t counts[6] = {0};
    uint64_t hash = 0;
    int depth = 0;
    for (const char* p = text; *p;) {
      char c = *p;
      if (c == ' ' || c == '\n' || c == '\t') {
        ++p;
      } else if (c == '"') {
        for (++p; *p && *p != '"'; ++p) {
          if (*p == '\\') ++p;
          hash = hash * 33 + (unsigned char)*p;
        }
        if (*p) ++p;
        ++counts[0];
      } else if ((c >= '0' && c <= '9') || c == '-') {
        uint32_t value = 0;
        for (; (*p >= '0' && *p <= '9') || *p == '-' || *p == '.' || *p == 'e'; ++p)
          value = value * 10 + (uint32_t)(*p - '0');
        hash ^= value;
        ++counts[1];
      } else if (c >= 'a' && c <= 'z') {
        for (; *p >= 'a' && *p <= 'z'; ++p) hash = hash * 31 + (unsigned char)*p;
        ++counts[2];
      } else {
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++counts[3 + (c == ',') + 2 * (c == ':')];
        ++p;
      }
    }
    for (int i = 0; i < 6; ++i) sum = bench_mix(sum, counts[i]);
    sum = bench_mix(sum, hash + (uint64_t)(int64_t)depth);
  }
  return bench_done(sum);
}
