// Measures decoding and validation of whole modules: megabytes a second, best of several runs, on one
// thread and on as many as the machine has. The bar is 120 MB/s a core on large modules.
//
// validate_bench [--runs N] MODULE.wasm…
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "binary/decoder.h"
#include "binary/validator.h"
#include "wasm/type_registry.h"

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Times {
  double decode = 1e9, validate = 1e9;
};

int measure(const char* path, int runs) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::fprintf(stderr, "%s: cannot be read\n", path), 1;
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  const double megabytes = static_cast<double>(bytes.size()) / 1e6;
  size_t functions = 0;
  for (unsigned threads : {1u, ermine::base::hardware_threads()}) {
    Times best;
    for (int i = 0; i < runs; ++i) {
      auto start = Clock::now();
      auto module = ermine::binary::decode({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr,
                                           std::make_shared<ermine::wasm::TypeRegistry>());
      best.decode = std::min(best.decode, seconds_since(start));
      if (!module) return std::fprintf(stderr, "%s: %s\n", path, module.error().to_string().c_str()), 1;
      functions = (*module)->functions.size();
      start = Clock::now();
      auto valid = ermine::binary::validate(**module, {.threads = threads});
      best.validate = std::min(best.validate, seconds_since(start));
      if (!valid) return std::fprintf(stderr, "%s: %s\n", path, valid.error().to_string().c_str()), 1;
    }
    const double total = best.decode + best.validate;
    std::printf("%-40s %8.2f MB %7zu functions  %u threads: decode %7.2f ms, validate %8.2f ms, %7.1f MB/s\n",
                std::strrchr(path, '/') ? std::strrchr(path, '/') + 1 : path, megabytes, functions, threads,
                best.decode * 1e3, best.validate * 1e3, megabytes / total);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  int runs = 5, failed = 0, first = 1;
  if (argc > 2 && std::string(argv[1]) == "--runs") {
    runs = std::max(1, std::atoi(argv[2]));
    first = 3;
  }
  if (first >= argc) return std::fprintf(stderr, "usage: validate_bench [--runs N] MODULE.wasm...\n"), 2;
  for (int i = first; i < argc; ++i) failed |= measure(argv[i], runs);
  return failed;
}
