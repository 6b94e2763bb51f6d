// Fast paths (preview1/fast_paths.h) have the same results as the general path. A traced program never uses them, so
// the same calls are made traced and not, and all results and the guest's memory are compared. Whether they are used is
// observed by counting calls of the general path: the linker puts a counter before call_general() (its option --wrap).

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine::runtime {
struct HostCall;
}

namespace {
int handed_over = 0;
}
extern "C" {
using HandOver = bool(void* binding, ermine::runtime::HostCall& host_call, uint64_t* slots);
HandOver __real__ZN6ermine4wasi8preview112call_generalEPvRNS_7runtime8HostCallEPm;
HandOver __wrap__ZN6ermine4wasi8preview112call_generalEPvRNS_7runtime8HostCallEPm;
bool __wrap__ZN6ermine4wasi8preview112call_generalEPvRNS_7runtime8HostCallEPm(void* binding,
                                                                              ermine::runtime::HostCall& host_call,
                                                                              uint64_t* slots) {
  ++handed_over;
  return __real__ZN6ermine4wasi8preview112call_generalEPvRNS_7runtime8HostCallEPm(binding, host_call, slots);
}
}

namespace ermine {
namespace {

using test::must;
using test::wat;

constexpr std::string_view kCalls = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "read") (param i32 i32 i32 i32) (result i32)
    (call $read (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "write") (param i32 i32 i32 i32) (result i32)
    (call $write (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  (func (export "stat") (param i32 i32) (result i32) (call $stat (local.get 0) (local.get 1)))
  (func (export "clock") (param i32 i32) (result i32) (call $clock (local.get 0) (i64.const 1) (local.get 1)))
  (func (export "open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (call $open (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6)
      (local.get 7) (local.get 8)))))";

constexpr uint32_t kPage = 65536;
constexpr int64_t kAllRights = (1 << 30) - 1, kReading = kAllRights & ~((1 << 6) | (1 << 8) | (1 << 22) | 1);

class Program {
 public:
  Program(bool traced, bool limited, uint32_t most_files) {
    directory_ = (std::filesystem::temp_directory_path() / "ermine-short-XXXXXX").string();
    must_be(mkdtemp(directory_.data()) != nullptr);
    std::ofstream(directory_ + "/file") << "contents of a file";
    std::ofstream(directory_ + "/.hidden") << "hidden";
    std::ofstream(directory_ + "/n\xc3\xa4me") << "not ASCII";
    std::ofstream(directory_ + "/" + std::string(255, 'l')) << "long";
    std::filesystem::create_directory(directory_ + "/sub");
    std::ofstream(directory_ + "/sub/file") << "below";
    must_be(symlink("file", (directory_ + "/link").c_str()) == 0);
    must_be(symlink("/etc/passwd", (directory_ + "/out").c_str()) == 0);
    must_be(symlink("nowhere", (directory_ + "/dangling").c_str()) == 0);
    must_be(mkfifo((directory_ + "/fifo").c_str(), 0600) == 0);
    writer_ = open((directory_ + "/fifo").c_str(), O_RDWR | O_CLOEXEC);  // so that opening it does not wait long
    must_be(write(writer_, "in a fifo", 9) == 9);
    output_ = open((directory_ + "/output").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    input_ = open((directory_ + "/file").c_str(), O_RDONLY | O_CLOEXEC);
    WasiConfig config;
    config.stdio(input_, output_, output_).preopen_dir(directory_, "/").max_open_files(most_files);
    config.preopen_dir(directory_, "/ro", WasiDirAccess::kReadOnly);
    if (traced) config.trace([](std::string_view) {});
    if (limited) config.max_written_bytes(100);
    wasi_.emplace(must(Wasi::create(std::move(config))));
    must(wasi_->add_to_linker(linker_));
    instance_.emplace(must(linker_.instantiate(store_, wat(engine_, kCalls))));
  }
  ~Program() {
    for (int fd : {writer_, output_, input_}) ::close(fd);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  uint8_t* memory() { return instance_->get_memory("memory")->data(); }
  std::string call(const char* name, std::vector<Val> args) {
    auto r = instance_->get_func(name)->call(args);
    return r ? std::to_string((*r)[0].i32()) : r.error().message();
  }
  std::string output() {
    std::ifstream in(directory_ + "/output");
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  static void must_be(bool ok) { ASSERT_TRUE(ok) << strerror(errno); }
  std::string directory_;
  int writer_ = -1, output_ = -1, input_ = -1;
  Engine engine_;
  Linker linker_{engine_};
  Store store_{engine_};
  std::optional<Wasi> wasi_;
  std::optional<Instance> instance_;
};

// The same call in both; then the memory is the same as well.
struct Both {
  Program traced, direct;
  Both(bool limited, uint32_t most_files) : traced(true, limited, most_files), direct(false, limited, most_files) {}
  void put(uint32_t at, const void* bytes, size_t size) {
    std::memcpy(traced.memory() + at, bytes, size);
    std::memcpy(direct.memory() + at, bytes, size);
  }
  std::string same(const char* name, std::vector<Val> args) {
    std::string first = traced.call(name, args), second = direct.call(name, args);
    std::string what = name;
    for (const Val& v : args) what += ' ' + std::to_string(v.type() == ValType::i64() ? v.i64() : v.i32());
    EXPECT_EQ(first, second) << what;
    EXPECT_EQ(std::memcmp(traced.memory(), direct.memory(), kPage), 0) << what;
    return second;
  }
};

Val i32(uint32_t v) { return Val(static_cast<int32_t>(v)); }

TEST(WasiFastPaths, Open) {
  Both both(false, 12);
  const std::string names[] = {"file",
                               "link",
                               "out",
                               "dangling",
                               "missing",
                               "fifo",
                               "sub",
                               "sub/file",
                               "sub/",
                               ".",
                               "..",
                               ".hidden",
                               "n\xc3\xa4me",
                               "bad\xff",
                               std::string("n\0ul", 4),
                               "",
                               "/file",
                               "../file",
                               std::string(255, 'l'),
                               std::string(256, 'l'),
                               "12345678",
                               "1234567/",
                               "a\x01\x80"
                               "b"};
  int opened = 0;
  for (const std::string& name : names) {
    both.put(1024, std::string(400, '?').data(), 400);
    both.put(1024, name.data(), name.size());
    const auto size = static_cast<uint32_t>(name.size());
    for (const uint32_t directory : {3u, 4u, 0u, 77u}) {
      for (const uint32_t follow : {0u, 1u, 2u}) {
        for (const int64_t rights : {kReading, kAllRights, int64_t{2}, int64_t{1} << 14, int64_t{0}}) {
          const std::string answer = both.same("open", {i32(directory), i32(follow), i32(1024), i32(size), i32(0),
                                                        Val(rights), Val(kAllRights), i32(0), i32(64)});
          if (answer != "0") continue;
          ++opened;
          uint32_t fd;
          std::memcpy(&fd, both.direct.memory() + 64, 4);
          both.same("stat", {i32(fd), i32(128)});
          both.put(32, "\x00\x02\x00\x00\x20\x00\x00\x00", 8);
          if (name != "fifo") both.same("read", {i32(fd), i32(32), i32(1), i32(40)});
          EXPECT_EQ(both.same("close", {i32(fd)}), "0");
          EXPECT_EQ(both.same("close", {i32(fd)}), "8");
        }
      }
    }
  }
  EXPECT_GT(opened, 100);
  both.put(1024, "file", 4);
  auto open = [&](uint32_t oflags, uint32_t fdflags, uint32_t at, uint32_t path, uint32_t size) {
    return both.same("open", {i32(3), i32(0), i32(path), i32(size), i32(oflags), Val(kReading), Val(kAllRights),
                              i32(fdflags), i32(at)});
  };
  for (uint32_t flags = 0; flags < 32; ++flags) (void)open(flags, 0, 64, 1024, 4), (void)open(0, flags, 64, 1024, 4);
  for (const uint32_t at : {0u, kPage - 4, kPage - 3, ~0u}) (void)open(0, 0, at, 1024, 4);
  for (const uint32_t at : {kPage - 4, kPage - 3, kPage, ~0u - 3}) (void)open(0, 0, 64, at, 4);
  // Until there is no more space, with gaps.
  for (int i = 0; i < 16; ++i) (void)open(0, 0, 64, 1024, 4);
  for (const uint32_t fd : {7u, 5u, 9u, 5u}) both.same("close", {i32(fd)});
  for (int i = 0; i < 5; ++i) (void)open(0, 0, 64, 1024, 4);
  for (uint32_t fd = 0; fd < 16; ++fd) both.same("stat", {i32(fd), i32(128)}), both.same("close", {i32(fd)});
}

void transfer(bool limited) {
  Both both(limited, 100);
  const uint32_t buffers[][2] = {{4096, 5}, {4096, 0}, {kPage - 1, 1}, {kPage - 1, 2}, {~0u, 1}, {~0u, 0}, {kPage, 0}};
  for (const auto& buffer : buffers) {
    for (const uint32_t list : {32u, kPage - 8, kPage - 7, ~0u}) {
      for (const uint32_t count : {0u, 1u, 2u}) {
        for (const uint32_t done : {64u, kPage - 4, kPage - 3, ~0u - 2}) {
          for (const uint32_t fd : {0u, 1u, 3u, 99u}) {
            both.put(4096, "12345", 5);
            if (list <= kPage - 8) both.put(list, buffer, 8);
            if (list <= kPage - 16) both.put(list + 8, buffer, 8);
            both.same("write", {i32(fd), i32(list), i32(count), i32(done)});
            both.same("read", {i32(fd), i32(list), i32(count), i32(done)});
          }
        }
      }
    }
  }
  EXPECT_EQ(both.traced.output(), both.direct.output());
}
TEST(WasiFastPaths, Transfer) { transfer(false); }
TEST(WasiFastPaths, TransferWithALimit) { transfer(true); }

TEST(WasiFastPaths, Clock) {
  Program program(false, false, 100);
  for (uint32_t clock = 0; clock < 4; ++clock) {
    uint64_t first = 0, second = 0;
    EXPECT_EQ(program.call("clock", {i32(clock), i32(64)}), "0");
    std::memcpy(&first, program.memory() + 64, 8);
    EXPECT_EQ(program.call("clock", {i32(clock), i32(kPage - 8)}), "0");
    std::memcpy(&second, program.memory() + kPage - 8, 8);
    EXPECT_GT(first, 0u);
    EXPECT_GE(second, first);
    EXPECT_LT(second - first, uint64_t{60} * 1'000'000'000);
  }
  Both both(false, 100);
  for (const uint32_t clock : {4u, ~0u}) both.same("clock", {i32(clock), i32(64)});
  for (const uint32_t at : {kPage - 7, kPage, ~0u}) both.same("clock", {i32(1), i32(at)});
}

// The commonest case of each does not use the general path; traced, or in a slightly different case, it does, once.
TEST(WasiFastPaths, AreTaken) {
  Both both(false, 100);
  both.put(1024, "file", 4);
  both.put(32, "\x00\x02\x00\x00\x05\x00\x00\x00", 8);
  auto expect = [&](const char* name, const std::vector<Val>& args, const char* answer = "0") {
    handed_over = 0;
    EXPECT_EQ(both.direct.call(name, args), answer) << name;
    EXPECT_EQ(handed_over, 0) << name << " did not take its fast path";
    EXPECT_EQ(both.traced.call(name, args), answer) << name;
    EXPECT_EQ(handed_over, 1) << name << " took it though it is traced";
  };
  const Val reading(kReading);
  const std::vector<Val> open_file = {i32(3), i32(0), i32(1024), i32(4), i32(0), reading, reading, i32(0), i32(64)};
  // The general path enlarges the table of descriptors, and a file is inspected when it is first used.
  both.same("open", open_file);
  both.same("close", {i32(5)});
  expect("open", open_file);
  handed_over = 0;
  for (const int times : {1, 1}) {
    (void)both.direct.call("read", {i32(5), i32(32), i32(1), i32(40)});
    EXPECT_EQ(handed_over, times);
  }
  (void)both.traced.call("read", {i32(5), i32(32), i32(1), i32(40)});
  uint32_t fd;
  std::memcpy(&fd, both.direct.memory() + 64, 4);
  expect("stat", {i32(3), i32(128)});
  expect("read", {i32(fd), i32(32), i32(1), i32(40)});
  expect("write", {i32(1), i32(32), i32(1), i32(40)});
  expect("clock", {i32(0), i32(64)});
  expect("clock", {i32(1), i32(64)});
  expect("close", {i32(fd)});

  auto hands_over = [&](const char* name, const std::vector<Val>& args, const char* answer) {
    handed_over = 0;
    EXPECT_EQ(both.direct.call(name, args), answer) << name;
    EXPECT_EQ(handed_over, 1) << name;
  };
  hands_over("open", {i32(3), i32(0), i32(1024), i32(4), i32(1), reading, reading, i32(0), i32(64)}, "0");  // creates
  hands_over("read", {i32(0), i32(32), i32(0), i32(40)}, "0");  // no buffer
  hands_over("write", {i32(77), i32(32), i32(1), i32(40)}, "8");
  hands_over("close", {i32(77)}, "8");
  Program limited(false, true, 100);
  std::memcpy(limited.memory() + 32, "\x00\x02\x00\x00\x05\x00\x00\x00", 8);
  handed_over = 0;
  EXPECT_EQ(limited.call("write", {i32(1), i32(32), i32(1), i32(40)}), "0");
  EXPECT_EQ(handed_over, 1) << "what may be written is counted in general";
}

}  // namespace
}  // namespace ermine
