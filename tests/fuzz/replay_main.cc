// Runs a libFuzzer target without libFuzzer: over each given file (or each file of a given folder), over prefixes of it
// and over copies with a byte changed. The changes are a fixed pseudo-random sequence, so that a failure is
// reproducible. Files above kFullWork bytes get a sample of prefixes. `--every=N` before the files: only each N-th
// prefix and changed copy, for slow targets. Fails if it finds no file: a test without seeds tests nothing.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kFullWork = 2048;
constexpr size_t kSampledPrefixes = 256;
constexpr size_t kFlips = 512;

// The copy has exactly its size on the heap, so that AddressSanitizer detects a read past its end.
void run_one(const std::vector<uint8_t>& bytes, size_t size) {
  std::vector<uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  copy.shrink_to_fit();
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void replay(const std::filesystem::path& path, size_t every) {
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(in), {});
  run_one(bytes, bytes.size());

  std::mt19937 random(0x65726d69);
  if (bytes.size() <= kFullWork) {
    for (size_t size = 0; size < bytes.size(); size += every) run_one(bytes, size);
  } else {
    for (size_t i = 0; i < kSampledPrefixes; i += every) run_one(bytes, random() % bytes.size());
  }
  if (bytes.empty()) return;
  for (size_t i = 0; i < kFlips; i += every) {
    std::vector<uint8_t> changed = bytes;
    changed[random() % changed.size()] ^= static_cast<uint8_t>(1 + random() % 255);
    run_one(changed, changed.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0, every = 1;
  int i = 1;
  if (i < argc && std::strncmp(argv[i], "--every=", 8) == 0)
    every = std::max<size_t>(std::strtoull(argv[i++] + 8, nullptr, 10), 1);
  for (; i < argc; ++i) {
    std::filesystem::path path = argv[i];
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file()) continue;
        replay(entry.path(), every);
        ++files;
      }
    } else if (std::filesystem::exists(path)) {
      replay(path, every);
      ++files;
    }
  }
  std::printf("%zu files replayed\n", files);
  return files == 0 ? 1 : 0;
}
