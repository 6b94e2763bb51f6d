// The smallest program: greets whoever its arguments name, and says so when it has none.
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc < 2) {
    puts("Hello from WebAssembly!");
    return 0;
  }
  for (int i = 1; i < argc; ++i) printf("Hello, %s!\n", argv[i]);
  return 0;
}
