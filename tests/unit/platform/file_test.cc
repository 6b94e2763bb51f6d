#include "platform/mapped_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace ermine::platform {
namespace {

std::string temp_file(size_t size) {
  std::string path = testing::TempDir() + "/ermine_file_test_" + std::to_string(getpid());
  std::ofstream out(path, std::ios::binary);
  for (size_t i = 0; i < size; ++i) out.put(static_cast<char>(i * 7));
  return path;
}

TEST(MapFile, SmallAndLarge) {
  for (size_t size : {size_t{0}, size_t{5}, size_t{65536}, size_t{300001}}) {
    const std::string path = temp_file(size);
    auto file = map_file(path, 1 << 20);
    ASSERT_TRUE(file) << file.error().to_string();
    std::remove(path.c_str());
    ASSERT_EQ(file->bytes.size(), size);
    for (size_t i = 0; i < size; i += 997) ASSERT_EQ(file->bytes[i], static_cast<uint8_t>(i * 7));
  }
}

TEST(MapFile, Errors) {
  auto none = map_file("/nowhere/at/all", 100);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind(), ErrorKind::kIo);
  EXPECT_NE(none.error().message().find("/nowhere/at/all"), std::string::npos);
  EXPECT_EQ(map_file("/", 100).error().kind(), ErrorKind::kIo);
  const std::string path = temp_file(101);
  EXPECT_EQ(map_file(path, 100).error().kind(), ErrorKind::kUnsupported);
  EXPECT_TRUE(map_file(path, 101));
  std::remove(path.c_str());
  // A file without end stops at the limit.
  EXPECT_EQ(map_file("/dev/zero", 1 << 20).error().kind(), ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ermine::platform
