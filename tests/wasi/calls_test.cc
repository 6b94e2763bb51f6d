// Results of single functions of preview 1, as a guest sees them; and one Linker for the programs of many stores.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine {
namespace {

using test::must;
using test::wat;

constexpr int32_t kSuccess = 0, kAgain = 6, kBadf = 8, kInval = 28, kNotsock = 57, kNotsup = 58, kNotcapable = 76;
constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";

// A guest that forwards: for each function one with the same name and parameters. 'i' is i32, 'I' i64.
std::string forwarder(std::initializer_list<std::pair<std::string_view, std::string_view>> functions) {
  std::string imports, bodies;
  for (auto [name, parameters] : functions) {
    const std::string f(name);
    std::string types, gets;
    for (size_t i = 0; i < parameters.size(); ++i) {
      types += parameters[i] == 'i' ? " i32" : " i64";
      gets += " (local.get " + std::to_string(i) + ")";
    }
    imports += "(import \"" + std::string(kPreview1) + "\" \"" + f + "\" (func $" + f + " (param" + types +
               ") (result i32)))\n";
    bodies += "(func (export \"" + f + "\") (param" + types + ") (result i32) (call $" + f + gets + "))\n";
  }
  return "(module " + imports + "(memory (export \"memory\") 1)\n" + bodies + ")";
}

class WasiCalls : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = (std::filesystem::temp_directory_path() / "ermine-calls-XXXXXX").string();
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    std::ofstream(directory_ + "/file") << "12345";
    ASSERT_EQ(pipe2(in_, O_CLOEXEC), 0);
    WasiConfig config;
    config.stdio(in_[0], in_[1], in_[1]).preopen_dir(directory_, "/").listen("127.0.0.1:0");
    wasi_.emplace(must(Wasi::create(std::move(config))));
    Linker linker(engine_);
    must(wasi_->add_to_linker(linker));
    store_.emplace(engine_);
    instance_.emplace(must(linker.instantiate(*store_, wat(engine_, forwarder({{"poll_oneoff", "iiii"},
                                                                               {"clock_time_get", "iIi"},
                                                                               {"clock_res_get", "ii"},
                                                                               {"path_open", "iiiiiIIii"},
                                                                               {"path_filestat_set_times", "iiiiIIi"},
                                                                               {"fd_filestat_set_times", "iIIi"},
                                                                               {"fd_fdstat_get", "ii"},
                                                                               {"fd_fdstat_set_flags", "ii"},
                                                                               {"fd_fdstat_set_rights", "iII"},
                                                                               {"fd_advise", "iIIi"},
                                                                               {"sock_accept", "iii"},
                                                                               {"sock_shutdown", "ii"}})))));
    memory_ = instance_->get_memory("memory")->data();
  }
  void TearDown() override {
    for (int fd : in_) close(fd);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  template <class... A>
  int32_t call(const char* name, A... args) {
    std::vector<Val> values;
    (values.push_back(Val(args)), ...);
    return must(instance_->get_func(name)->call(values))[0].i32();
  }
  template <class T>
  void put(uint32_t at, T value) {
    std::memcpy(memory_ + at, &value, sizeof value);
  }
  template <class T>
  T get(uint32_t at) const {
    T value;
    std::memcpy(&value, memory_ + at, sizeof value);
    return value;
  }
  // Opens the directory's "file", and returns its number or, below zero, the error.
  int32_t open(uint32_t oflags, int64_t rights, uint32_t fdflags) {
    std::memcpy(memory_ + 4096, "file", 4);
    const int32_t error = call("path_open", 3, 0, 4096, 4, static_cast<int32_t>(oflags), rights, int64_t{0},
                               static_cast<int32_t>(fdflags), 4104);
    return error == kSuccess ? get<int32_t>(4104) : -error;
  }

  std::string directory_;
  int in_[2] = {-1, -1};
  Engine engine_;
  std::optional<Wasi> wasi_;
  std::optional<Store> store_;
  std::optional<Instance> instance_;
  uint8_t* memory_ = nullptr;
};

// A subscription that cannot be waited for is an event itself, and then the others are not waited for.
TEST_F(WasiCalls, PollReportsDescriptorsThatCannotBeWaitedFor) {
  struct Subscription {
    uint64_t userdata;
    uint64_t tag;
    uint32_t id, pad;
    uint64_t timeout, precision;
    uint64_t flags;
  };
  static_assert(sizeof(Subscription) == 48);
  ASSERT_EQ(call("fd_fdstat_set_rights", 1, int64_t{1} << 27, int64_t{0}), kSuccess);  // to poll, not to write
  const Subscription all[] = {
      {11, 1, 77, 0, 0, 0, 0},         // a descriptor that is not open
      {12, 2, 1, 0, 0, 0, 0},          // one without the right to write
      {13, 0, 2, 0, 5, 0, 0},          // processor time
      {14, 0, 9, 0, 5, 0, 0},          // not a clock
      {15, 0, 1, 0, ~0ull, 0, 0},      // without end
      {16, 1, 0, 0, 0, 0, 0},          // nothing to read
  };
  std::memcpy(memory_, all, sizeof all);
  ASSERT_EQ(call("poll_oneoff", 0, 1024, 6, 2048), kSuccess);
  ASSERT_EQ(get<uint32_t>(2048), 4u);
  const int32_t errors[] = {kBadf, kNotcapable, kNotsup, kInval};
  const uint8_t types[] = {1, 2, 0, 0};
  for (uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(get<uint64_t>(1024 + i * 32), 11 + i);
    EXPECT_EQ(get<uint16_t>(1024 + i * 32 + 8), errors[i]);
    EXPECT_EQ(get<uint8_t>(1024 + i * 32 + 10), types[i]);
  }
  // Subscriptions that are ready by then are reported as well, after them.
  ASSERT_EQ(write(in_[1], "abc", 3), 3);
  ASSERT_EQ(call("poll_oneoff", 0, 1024, 6, 2048), kSuccess);
  ASSERT_EQ(get<uint32_t>(2048), 5u);
  EXPECT_EQ(get<uint64_t>(1024 + 4 * 32), 16u);
  EXPECT_EQ(get<uint16_t>(1024 + 4 * 32 + 8), kSuccess);
  EXPECT_EQ(get<uint8_t>(1024 + 4 * 32 + 10), 1);
  EXPECT_EQ(get<uint64_t>(1024 + 4 * 32 + 16), 3u);
}

TEST_F(WasiCalls, Clocks) {
  for (int32_t clock = 0; clock < 4; ++clock) {
    put(0, uint64_t{0});
    EXPECT_EQ(call("clock_time_get", clock, int64_t{0}, 0), kSuccess);
    EXPECT_GT(get<uint64_t>(0), 0u);
  }
  for (int32_t clock : {4, -1}) EXPECT_EQ(call("clock_time_get", clock, int64_t{0}, 0), kInval);
}

TEST_F(WasiCalls, Times) {
  const int32_t file = open(0, 1 << 1 | 1 << 23, 0);
  ASSERT_GT(file, 4);
  constexpr int32_t kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8;
  for (int32_t both : {kAtim | kAtimNow, kMtim | kMtimNow}) {
    EXPECT_EQ(call("fd_filestat_set_times", file, int64_t{1}, int64_t{1}, both), kInval);
    EXPECT_EQ(call("path_filestat_set_times", 3, 0, 4096, 4, int64_t{1}, int64_t{1}, both), kInval);
  }
  EXPECT_EQ(call("fd_filestat_set_times", file, int64_t{1}, int64_t{1}, 16), kInval);
  const auto time = [&] { return std::filesystem::last_write_time(directory_ + "/file"); };
  const auto before = time();
  EXPECT_EQ(call("fd_filestat_set_times", file, int64_t{1}, int64_t{1}, kAtim), kSuccess);
  EXPECT_EQ(time(), before);
  EXPECT_EQ(call("fd_filestat_set_times", file, int64_t{1}, int64_t{1'000'000'000}, kMtim), kSuccess);
  EXPECT_LT(time(), before);
  EXPECT_EQ(call("path_filestat_set_times", 3, 0, 4096, 4, int64_t{1}, int64_t{1}, kMtimNow), kSuccess);
  EXPECT_GE(time(), before);
}

// Flags that Linux does not distinguish are returned as they were set.
TEST_F(WasiCalls, FlagsOfDescriptors) {
  constexpr uint32_t kAppend = 1, kDsync = 2, kNonblock = 4, kRsync = 8, kSync = 16;
  for (uint32_t flags : {0u, kAppend, kDsync, kNonblock, kRsync, kSync, kAppend | kRsync | kNonblock, 31u}) {
    const int32_t file = open(0, 1 << 1 | 1 << 3 | 1 << 6, flags);
    ASSERT_GT(file, 4) << flags;
    ASSERT_EQ(call("fd_fdstat_get", file, 0), kSuccess);
    EXPECT_EQ(get<uint8_t>(0), 4) << "a regular file";
    EXPECT_EQ(get<uint16_t>(2), flags);
    const int32_t changed = static_cast<int32_t>(flags ^ (kAppend | kNonblock));
    EXPECT_EQ(call("fd_fdstat_set_flags", file, changed), kSuccess);
    ASSERT_EQ(call("fd_fdstat_get", file, 0), kSuccess);
    EXPECT_EQ(get<uint16_t>(2), changed);
    EXPECT_EQ(call("fd_fdstat_set_flags", file, changed ^ int32_t{kSync}), kNotsup);
    EXPECT_EQ(call("fd_fdstat_set_flags", file, 32), kInval);
  }
  EXPECT_EQ(open(0, 1 << 1, 32), -kInval);
  EXPECT_EQ(open(16, 1 << 1, 0), -kInval);
}

TEST_F(WasiCalls, ArgumentsThatDoNotExist) {
  const int32_t file = open(0, 1 << 1 | 1 << 7, 0);
  ASSERT_GT(file, 4);
  EXPECT_EQ(call("sock_accept", 4, 1, 0), kInval);  // the only possible flag is non-blocking
  EXPECT_EQ(call("fd_fdstat_set_flags", 4, 4), kSuccess);
  EXPECT_EQ(call("sock_accept", 4, 0, 0), kAgain);  // there is no connection
  EXPECT_EQ(call("sock_shutdown", 4, 0), kInval);
  EXPECT_EQ(call("sock_shutdown", 4, 4), kInval);
  EXPECT_EQ(call("sock_shutdown", file, 1), kNotsock);
}

}  // namespace
}  // namespace ermine
