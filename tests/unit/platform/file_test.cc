#include "platform/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

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

TEST(MapFile, ASignalDoesNotEndTheReadingOfAPipe) {
  struct sigaction ignoring{}, before{};
  ignoring.sa_handler = [](int) {};  // without SA_RESTART: read() fails with EINTR
  ASSERT_EQ(sigaction(SIGUSR1, &ignoring, &before), 0);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "abc", 3), 3);
  std::thread writer([&, reader = pthread_self()] {
    for (int i = 0; i < 20; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      pthread_kill(reader, SIGUSR1);
    }
    EXPECT_EQ(write(ends[1], "d", 1), 1);
    close(ends[1]);
  });
  auto file = map_descriptor(ends[0], "pipe", 100);
  writer.join();
  close(ends[0]);
  sigaction(SIGUSR1, &before, nullptr);
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(file->bytes.size(), 4u);
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
