// Loads the shared object while it runs, and calls it on two threads: loads_library LIBRARY guest.wasm
#include <dlfcn.h>

#include <cstdio>
#include <thread>

int main(int, char** argv) {
  void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  auto* run = library ? reinterpret_cast<int (*)(const char*)>(dlsym(library, "run_gcd")) : nullptr;
  if (!run) return std::fprintf(stderr, "%s\n", dlerror()), 1;
  int other = 0;
  std::thread thread([&] { other = run(argv[2]); });
  thread.join();
  const int here = run(argv[2]);
  std::printf("the shared object: %d %d\n", here, other);
  return here == 21 && other == 21 ? 0 : 1;
}
