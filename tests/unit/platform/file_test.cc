#include "platform/mapped_file.h"

#include <fcntl.h>
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

TEST(MapFile, OfAnOpenFileFromItsBeginning) {
  for (size_t size : {size_t{5}, size_t{300001}}) {
    const std::string path = temp_file(size);
    const int fd = open(path.c_str(), O_RDONLY);
    char skipped[3];
    ASSERT_EQ(read(fd, skipped, sizeof skipped), 3);
    auto file = map_descriptor(fd, "it", 1 << 20);
    auto small = map_descriptor(fd, "it", size - 1);
    close(fd);
    std::remove(path.c_str());
    ASSERT_TRUE(file) << file.error().to_string();
    ASSERT_EQ(file->bytes.size(), size);
    for (size_t i = 0; i < size; i += 997) ASSERT_EQ(file->bytes[i], static_cast<uint8_t>(i * 7));
    ASSERT_FALSE(small);
    EXPECT_EQ(small.error().message().find("it is larger"), 0u);
  }
  EXPECT_EQ(map_descriptor(-1, "it", 100).error().kind(), ErrorKind::kIo);
}

TEST(MapFile, FromAPipe) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "abc", 3), 3);
  close(ends[1]);
  auto file = map_descriptor(ends[0], "pipe", 3);
  close(ends[0]);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes.size(), 3u);
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
  // Reading an endless file stops at the limit.
  EXPECT_EQ(map_file("/dev/zero", 1 << 20).error().kind(), ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace ermine::platform
