// Every WASI function, called with pointers, lengths and numbers that no honest program would pass. In all cases the
// result is an error code, a trap or an exit, the host survives, and nothing outside the guest's memory is touched (run
// under AddressSanitizer to detect the latter; the pages after a memory are unmapped).

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "ermine/ermine.h"
#include "ermine/wasi.h"
#include "tests/wasi/guest.h"
#include "text/text.h"

namespace ermine {
namespace {

using test::Function;
using test::kFunctions;

class Hostile : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    directory_ = (std::filesystem::temp_directory_path() / "ermine-hostile-XXXXXX").string();
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    wat_ = test::wat_of_all(GetParam());
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string directory_, wat_;
};
INSTANTIATE_TEST_SUITE_P(, Hostile, testing::Values("wasi_snapshot_preview1", "wasi_unstable"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(Hostile, PointersOfAllKinds) {
  Result<std::vector<uint8_t>> bytes = text::parse(wat_);
  ASSERT_TRUE(bytes) << bytes.error().to_string() << wat_;
  Engine engine;
  Result<Module> module = Module::compile(engine, *bytes);
  ASSERT_TRUE(module) << module.error().to_string();

  std::mt19937_64 random(20240229);
  const uint32_t pointers[] = {0,          1,          7,       0xfff0,     0xfff8,     0xfffc,     0xffff,
                               0x10000,    0x10001,    0x1fff0, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8,
                               0xffffffff, 0xffff0000, 0x1000,  0x2000,     100,        64};
  const uint64_t longs[] = {0, 1, 4096, 0x7fffffffffffffff, 0x8000000000000000, ~0ull, 0xffffffff, 1ull << 32, 255};
  uint64_t answers = 0, faults = 0, successes = 0;
  for (int round = 0; round < 12; ++round) {
    WasiConfig config;
    config.args({"hostile", "argument"}).env("A", "B").preopen_dir(directory_, "/").max_open_files(64);
    Result<Wasi> wasi = Wasi::create(std::move(config));
    ASSERT_TRUE(wasi) << wasi.error().to_string();
    Linker linker(engine);
    ASSERT_TRUE(wasi->add_to_linker(linker));
    Store store(engine);
    Result<Instance> instance = linker.instantiate(store, *module);
    ASSERT_TRUE(instance) << instance.error().to_string();
    Memory memory = *instance->get_memory("memory");
    // Random bytes, so that structures read from any place have hostile contents; small numbers are interspersed, so
    // that some calls get further than the first check.
    std::span<uint8_t> span = memory.span();
    for (size_t i = 0; i + 8 <= span.size(); i += 8) {
      uint64_t word = random();
      if (word % 3 == 0) word &= 0x0000'00ff'0000'ffff;
      std::memcpy(&span[i], &word, 8);
    }
    std::memcpy(&span[0x1000], "name/../name", 12);
    // Functions that close descriptors come last, so that the others find some.
    std::vector<Function> order(std::begin(kFunctions), std::end(kFunctions));
    std::partition(order.begin(), order.end(), [](const Function& f) {
      return std::string_view(f.name) != "fd_close" && std::string_view(f.name) != "fd_renumber" &&
             std::string_view(f.name) != "fd_fdstat_set_rights";
    });
    for (const Function& f : order) {
      Func func = *instance->get_func(f.name);
      size_t results = func.type().results.size();
      for (int n = 0; n < 150; ++n) {
        std::vector<Val> args;
        for (const char* p = f.params; *p != '\0'; ++p) {
          if (*p == 'l') args.push_back(Val(longs[random() % std::size(longs)]));
          else if (p == f.params && random() % 2 == 0) args.push_back(Val(uint32_t{3}));
          else args.push_back(Val(pointers[random() % std::size(pointers)]));
        }
        std::vector<Val> out(results, Val(int32_t{0}));
        store.set_timeout(std::chrono::milliseconds(100));
        Result<void> r = func.call(args, out);
        if (!r) {
          ErrorKind kind = r.error().kind();
          EXPECT_TRUE(kind == ErrorKind::kTrap || kind == ErrorKind::kExit) << f.name << ": " << r.error().to_string();
        } else if (results == 1) {
          EXPECT_LE(static_cast<uint32_t>(out[0].i32()), 76u) << f.name;
          ++answers;
          faults += out[0].i32() == 21;
          successes += out[0].i32() == 0;
        }
      }
    }
  }
  EXPECT_GT(answers, 50'000u);
  EXPECT_GT(faults, 5'000u);
  EXPECT_GT(successes, 5'000u);
}

}  // namespace
}  // namespace ermine
