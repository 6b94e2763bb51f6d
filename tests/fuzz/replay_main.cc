// Runs a libFuzzer target without libFuzzer: over each given file (or each file of a given folder) as it is,
// over prefixes of it and over copies with a byte changed. The changes are a fixed pseudo-random
// sequence, so that a failure repeats. Files above kFullWork bytes get a sample of prefixes.
// Fails when it finds no file: a test without seeds tests nothing.
#include <cstdint>
#include <cstdio>
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

// The copy has exactly its size in the heap, so that AddressSanitizer sees a read past its end.
void run_one(const std::vector<uint8_t>& bytes, size_t size) {
  std::vector<uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  copy.shrink_to_fit();
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void replay(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(in), {});
  run_one(bytes, bytes.size());

  std::mt19937 random(0x65726d69);
  if (bytes.size() <= kFullWork) {
    for (size_t size = 0; size < bytes.size(); ++size) run_one(bytes, size);
  } else {
    for (size_t i = 0; i < kSampledPrefixes; ++i) run_one(bytes, random() % bytes.size());
  }
  if (bytes.empty()) return;
  for (size_t i = 0; i < kFlips; ++i) {
    std::vector<uint8_t> changed = bytes;
    changed[random() % changed.size()] ^= static_cast<uint8_t>(1 + random() % 255);
    run_one(changed, changed.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    std::filesystem::path path = argv[i];
    if (std::filesystem::is_directory(path)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
        if (!entry.is_regular_file()) continue;
        replay(entry.path());
        ++files;
      }
    } else if (std::filesystem::exists(path)) {
      replay(path);
      ++files;
    }
  }
  std::printf("%zu files replayed\n", files);
  return files == 0 ? 1 : 0;
}
