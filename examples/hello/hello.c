// The smallest program: greets the names in its arguments, or prints a general greeting.
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc < 2) {
    puts("Hello from WebAssembly!");
    return 0;
  }
  for (int i = 1; i < argc; ++i) printf("Hello, %s!\n", argv[i]);
  return 0;
}
