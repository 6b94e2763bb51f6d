#include "launch/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "ermine/engine.h"

namespace ermine::launch {
namespace {

// A module with a custom section of 2 MiB.
std::string large_module() {
  std::string bytes("\0asm\1\0\0\0", 8);
  bytes += std::string("\0\x82\x80\x80\x01\x01x", 7);
  bytes.append(2 << 20, 'y');
  return bytes;
}

bool is_mapped(const std::string& name) {
  std::ifstream maps("/proc/self/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), std::istreambuf_iterator<char>()};
  return text.contains(name);
}

// Whether the file stays mapped after a module was loaded from it.
bool maps_the_file(const std::string& bytes, Reading reading) {
  const std::string name = "ermine_load_test_" + std::to_string(getpid()), path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  auto file = InputFile::open(path);
  EXPECT_TRUE(file) << file.error().to_string();
  const auto module = load_module(Engine(), *file, 4 << 20, reading);
  EXPECT_TRUE(module) << module.error().to_string();
  const bool mapped = is_mapped(name);
  std::remove(path.c_str());
  return mapped;
}

TEST(Load, LargeModulesAreMapped) {
  EXPECT_TRUE(maps_the_file(large_module(), Reading::kMap));
  EXPECT_FALSE(maps_the_file(std::string("\0asm\1\0\0\0", 8), Reading::kMap));
}

// The program could truncate the file, and the next access to the mapping would end the process.
TEST(Load, ModulesOfProgramsThatWriteFilesAreCopied) { EXPECT_FALSE(maps_the_file(large_module(), Reading::kCopy)); }

}  // namespace
}  // namespace ermine::launch
