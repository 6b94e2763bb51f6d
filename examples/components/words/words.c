// The interface demo:text/words (words.wit), in C: the exports have the names and types of the canonical ABI. Tools
// such as wit-bindgen write this part from the WIT package.
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(name)))

typedef struct {
  char* data;
  size_t size;
} string;
typedef struct {
  string text;
  uint32_t count;
} word;
typedef struct {
  word* data;
  size_t size;
} words;

// The host asks for memory with it.
EXPORT("cabi_realloc") void* cabi_realloc(void* old, size_t old_size, size_t align, size_t size) {
  return size == 0 ? (void*)align : realloc(old, size);
}

// Results that do not fit into one value are in memory; the function returns their address.
EXPORT("demo:text/words@1.0.0#shout") string* shout(char* text, size_t size) {
  static string result;
  for (size_t i = 0; i < size; ++i) text[i] = (char)toupper((unsigned char)text[i]);
  result = (string){text, size};
  return &result;
}

// Called when the result has been read.
EXPORT("cabi_post_demo:text/words@1.0.0#shout") void shout_done(string* result) { free(result->data); }

static int is_same(string a, string b) { return a.size == b.size && memcmp(a.data, b.data, a.size) == 0; }

static char* counted;  // the text that the words of the result are in

EXPORT("demo:text/words@1.0.0#count") words* count(char* text, size_t size) {
  static words result;
  result = (words){NULL, 0};
  counted = text;
  for (size_t i = 0; i < size;) {
    while (i < size && text[i] == ' ') ++i;
    const size_t start = i;
    while (i < size && text[i] != ' ') ++i;
    if (start == i) break;
    size_t w = 0;
    while (w < result.size && !is_same(result.data[w].text, (string){text + start, i - start})) ++w;
    if (w == result.size) {
      result.data = realloc(result.data, ++result.size * sizeof(word));
      result.data[w] = (word){{text + start, i - start}, 0};
    }
    ++result.data[w].count;
  }
  return &result;
}

EXPORT("cabi_post_demo:text/words@1.0.0#count") void count_done(words* result) {
  free(result->data);
  free(counted);
}
