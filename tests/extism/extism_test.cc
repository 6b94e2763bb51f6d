// Parts of libextism that a plug-in cannot show by itself: its allocator under many requests, and what is read from
// text.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "extism/digest.h"
#include "extism/kernel.h"
#include "extism/log.h"
#include "extism/manifest.h"

namespace ermine::extism {
namespace {

TEST(ExtismKernel, BlocksDoNotOverlapAndAreUsedAgain) {
  Store store{Engine()};
  Kernel kernel = *Kernel::create(store);
  std::mt19937 random(1);
  std::map<uint64_t, std::string> blocks;
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0 && !blocks.empty()) {
      const auto block = std::next(blocks.begin(), static_cast<ptrdiff_t>(random() % blocks.size()));
      ASSERT_EQ(kernel.block(block->first), block->second);
      kernel.free(block->first);
      ASSERT_EQ(kernel.block(block->first), std::nullopt);
      blocks.erase(block);
    } else {
      const std::string bytes(1 + random() % 3000, static_cast<char>(random()));
      const uint64_t at = *kernel.alloc_bytes(bytes);
      ASSERT_TRUE(at != 0 && blocks.emplace(at, bytes).second);
    }
  }
  for (const auto& [at, bytes] : blocks) ASSERT_EQ(kernel.block(at), bytes);
  // Some hundred blocks exist at a time. Without reuse, 15 MB would be taken.
  EXPECT_LT(kernel.size(), 2u << 20);
  for (const auto& [at, bytes] : blocks) kernel.free(at);
  const uint64_t size = kernel.size();
  EXPECT_NE(*kernel.alloc(size - 1000), 0u);
  EXPECT_EQ(kernel.size(), size);
}

TEST(ExtismKernel, BlocksAreZeroAfterAReset) {
  Store store{Engine()};
  Kernel kernel = *Kernel::create(store);
  const uint64_t at = *kernel.alloc_bytes(std::string(100'000, 'x'));
  kernel.store(at + 100'000, uint64_t{~uint64_t{0}});
  kernel.set_error(at);
  kernel.set_output({at, 5});
  kernel.reset();
  EXPECT_EQ(kernel.error(), 0u);
  EXPECT_EQ(kernel.output_bytes(), "");
  const uint64_t again = *kernel.alloc(200'000);
  EXPECT_EQ(*kernel.block(again), std::string(200'000, '\0'));
}

TEST(ExtismKernel, OutputIsWithinTheBlocks) {
  Store store{Engine()};
  Kernel kernel = *Kernel::create(store);
  const uint64_t at = *kernel.alloc(64);
  for (const Kernel::Range& wrong :
       {Kernel::Range{0, 0}, {at, 65}, {at, ~uint64_t{0}}, {at + 65, 0}, {~uint64_t{0}, 2}}) {
    kernel.set_output(wrong);
    EXPECT_EQ(kernel.output().offset, 0u) << wrong.offset << " " << wrong.size;
  }
  kernel.set_output({at + 60, 4});
  EXPECT_EQ(kernel.output_bytes().size(), 4u);
}

TEST(ExtismLog, TheMostSpecificDirectiveCounts) {
  EXPECT_EQ(level_of_filter("warn", kPluginTarget), LogLevel::kWarn);
  EXPECT_EQ(level_of_filter("INFO", kPluginTarget), LogLevel::kInfo);
  EXPECT_EQ(level_of_filter("extism=trace,other=error", kPluginTarget), LogLevel::kTrace);
  EXPECT_EQ(level_of_filter("extism::pdk=debug,extism=error,info", kPluginTarget), LogLevel::kDebug);
  EXPECT_EQ(level_of_filter("extism", kPluginTarget), LogLevel::kTrace);
  EXPECT_EQ(level_of_filter("other=trace", kPluginTarget), LogLevel::kOff);
  EXPECT_EQ(level_of_filter("off", kPluginTarget), LogLevel::kOff);
  EXPECT_EQ(level_of_filter("", kPluginTarget), LogLevel::kOff);
}

TEST(ExtismManifest, HasOneMainModule) {
  const auto names = [](std::string_view json) {
    std::string out;
    for (const ModuleSource& source : parse_manifest(json)->modules) out += source.name + " ";
    return out;
  };
  EXPECT_EQ(names(R"({"wasm": [{"path": "a", "name": "x"}]})"), "main ");
  EXPECT_EQ(names(R"({"wasm": [{"path": "a", "name": "x"}, {"path": "b", "name": "y"}]})"), "x main ");
  EXPECT_EQ(names(R"({"wasm": [{"path": "a", "name": "main"}, {"path": "b", "name": "y"}]})"), "main y ");
}

TEST(ExtismManifest, TakesNullForADefault) {
  const Result<Manifest> manifest = parse_manifest(
      R"({"wasm": [{"path": "a", "hash": null}], "timeout_ms": null, "memory": {"max_pages": 3, "max_var_bytes": null},
          "allowed_hosts": null, "allowed_paths": {"ro:/a": "/b"}})");
  ASSERT_TRUE(manifest) << manifest.error().to_string();
  EXPECT_EQ(manifest->max_pages, 3u);
  EXPECT_EQ(manifest->max_var_bytes, 1u << 20);
  EXPECT_EQ(manifest->timeout_ms, std::nullopt);
  EXPECT_EQ(manifest->allowed_paths.at("ro:/a"), "/b");
}

TEST(ExtismManifest, TakesAModuleFromMemory) {
  const std::string_view bytes("\0asm", 4);
  const std::string json = R"({"wasm": [{"data": {"ptr": )" +
                           std::to_string(reinterpret_cast<uintptr_t>(bytes.data())) + R"(, "len": 4}}]})";
  EXPECT_EQ(parse_manifest(json)->modules.front().data, (std::vector<uint8_t>{0, 'a', 's', 'm'}));
}

TEST(ExtismDigest, Base64HasPaddingAndNothingElse) {
  EXPECT_EQ(decode_base64("YQ=="), std::vector<uint8_t>{'a'});
  EXPECT_EQ(decode_base64("YWI="), (std::vector<uint8_t>{'a', 'b'}));
  EXPECT_EQ(decode_base64(""), std::vector<uint8_t>{});
  for (const char* wrong : {"YQ", "YQ=", "Y===", "YQ==YQ==", " YQ=", "YQ==\n", "Y-=="})
    EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace ermine::extism
