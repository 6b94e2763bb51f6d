// Every prefix of a real module, and thousands of copies with flipped bits, give an error or a module. The real modules
// are C programs as compiled, a small one and one with a libc; of the latter every fifth prefix is taken. Sanitizer
// builds make this a strict test.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "bytes.h"
#include "wasm/type_registry.h"

namespace ermine::binary {
namespace {

Bytes read(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

// The copy ends where its allocation ends, so that a read beyond it is detected.
Result<void> load(Bytes bytes) {
  bytes.shrink_to_fit();
  ERMINE_ASSIGN(auto module, decode({bytes.data(), bytes.size()}, nullptr, std::make_shared<wasm::TypeRegistry>()));
  return validate(*module, {.threads = 1});
}

void check_prefixes(const Bytes& whole, size_t step) {
  ASSERT_TRUE(load(whole));
  // A prefix that ends between sections may be a module; after the function section the bodies are missing.
  size_t modules = 0;
  for (size_t size = 0; size < whole.size(); size += step) {
    auto result = load(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    if (result) {
      ++modules;
      continue;
    }
    EXPECT_LE(result.error().offset(), size);
    EXPECT_FALSE(result.error().message().empty());
  }
  EXPECT_LT(modules, 20u);
}

TEST(Robustness, Prefixes) {
  check_prefixes(read(ERMINE_EXAMPLES "/embed/guest.wasm"), 1);
  check_prefixes(read(ERMINE_EXAMPLES "/hello/hello.wasm"), 5);
}

TEST(Robustness, FlippedBits) {
  const Bytes whole = read(ERMINE_EXAMPLES "/hello/hello.wasm");
  std::mt19937 random(20);
  size_t errors = 0;
  constexpr int kFlips = 4'000;
  for (int i = 0; i < kFlips; ++i) {
    Bytes bytes = whole;
    // One to four flips, half of them before the code.
    for (unsigned n = 0; n <= i % 4u; ++n)
      bytes[random() % (i % 2 ? bytes.size() : 600)] ^= static_cast<uint8_t>(1u << random() % 8);
    auto result = load(std::move(bytes));
    if (result) continue;
    ++errors;
    EXPECT_LE(result.error().offset(), whole.size());
  }
  EXPECT_GT(errors, kFlips / 4u);
}

}  // namespace
}  // namespace ermine::binary
