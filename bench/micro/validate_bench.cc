// Measures decoding and validation of whole modules: megabytes per second, best of several runs, on one thread and on
// as many as the machine has. The goal is 120 MB/s per core on large modules.
//
// validate_bench [--runs N] MODULE.wasm…
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/parallel.h"
#include "binary/decoder.h"
#include "binary/validator.h"
#include "wasm/type_registry.h"

namespace {

// One thread is measured by processor time, which is more stable on a busy machine; several threads are measured by the
// clock.
class Stopwatch {
 public:
  explicit Stopwatch(bool cpu) : cpu_(cpu), start_(now()) {}
  double seconds() const { return now() - start_; }

 private:
  double now() const {
    timespec t{};
    clock_gettime(cpu_ ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  }
  bool cpu_;
  double start_;
};

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
      Stopwatch decoding(threads == 1);
      auto module = ermine::binary::decode({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, nullptr,
                                           std::make_shared<ermine::wasm::TypeRegistry>());
      best.decode = std::min(best.decode, decoding.seconds());
      if (!module) return std::fprintf(stderr, "%s: %s\n", path, module.error().to_string().c_str()), 1;
      functions = (*module)->functions.size();
      Stopwatch validating(threads == 1);
      auto valid = ermine::binary::validate(**module, {.threads = threads});
      best.validate = std::min(best.validate, validating.seconds());
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
