// Calls that wait are ended by a deadline or an interrupt, and continue to wait if the running call is an Execution;
// limits on descriptors and output.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine {
namespace {

using test::must;
using test::wat;
using namespace std::chrono_literals;
using State = Execution::State;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kWaits = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "\40\00\00\00\04\00\00\00")
  (data (i32.const 8) "\00\04\00\00\00\00\01\00")
  (data (i32.const 128) "fifo")
  (data (i32.const 136) "file")
  (data (i32.const 256) "\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00")
  (data (i32.const 304) "\02\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00")
  (func (export "read") (result i32) (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))
  (func (export "write") (result i32) (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 32)))
  (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
  (func (export "poll") (result i32) (call $poll (i32.const 304) (i32.const 512) (i32.const 1) (i32.const 32)))
  (func (export "sleep") (param i64) (result i32) (i64.store (i32.const 280) (local.get 0))
    (call $poll (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 32)))
  (func (export "accept") (result i32) (call $accept (i32.const 4) (i32.const 0) (i32.const 32)))
  (func (export "open_fifo") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 4)
    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))
  (func (export "write_fifo") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 4)
    (i32.const 0) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
  (func (export "open") (result i32) (call $open (i32.const 3) (i32.const 0) (i32.const 136) (i32.const 4)
    (i32.const 1) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 32)))))";

class WasiLimits : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = (std::filesystem::temp_directory_path() / "ermine-limits-XXXXXX").string();
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    ASSERT_EQ(mkfifo((directory_ + "/fifo").c_str(), 0600), 0);
    ASSERT_EQ(pipe2(in_, O_CLOEXEC), 0);
    ASSERT_EQ(pipe2(out_, O_CLOEXEC), 0);
    make([](WasiConfig&) {});
  }
  void TearDown() override {
    for (int fd : {in_[0], in_[1], out_[0], out_[1]}) close(fd);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  template <class F>
  void make(F&& more) {
    WasiConfig config;
    config.stdio(in_[0], out_[1], out_[1]).preopen_dir(directory_, "/").listen("127.0.0.1:0");
    more(config);
    wasi_.emplace(must(Wasi::create(std::move(config))));
    linker_.emplace(engine_);
    must(wasi_->add_to_linker(*linker_));
    store_.emplace(engine_);
    instance_.emplace(must(linker_->instantiate(*store_, wat(engine_, kWaits))));
  }
  int32_t call(const char* name, std::vector<Val> args = {}) {
    return must(instance_->get_func(name)->call(args))[0].i32();
  }
  // So that a write waits immediately; after a part of it, it would return a short count.
  void fill_output() {
    fcntl(out_[1], F_SETFL, O_NONBLOCK);
    const std::array<char, 4096> page{};
    while (::write(out_[1], page.data(), page.size()) > 0) {}
    fcntl(out_[1], F_SETFL, 0);
  }
  int32_t written() { return instance_->get_memory("memory")->load<int32_t>(32).value_or(-1); }

  std::string directory_;
  int in_[2], out_[2];
  Engine engine_;
  std::optional<Wasi> wasi_;
  std::optional<Linker> linker_;
  std::optional<Store> store_;
  std::optional<Instance> instance_;
};

constexpr const char* kWaiting[] = {"read", "write", "poll", "sleep", "accept", "open_fifo", "write_fifo"};

std::vector<Val> arguments(const char* name) {
  return std::string_view(name) == "sleep" ? std::vector<Val>{Val(int64_t{60'000'000'000})} : std::vector<Val>{};
}

TEST_F(WasiLimits, DeadlinesEndEveryWait) {
  fill_output();
  for (const char* name : kWaiting) {
    const auto begin = Clock::now();
    store_->set_timeout(20ms);
    auto r = instance_->get_func(name)->call(arguments(name));
    ASSERT_FALSE(r) << name;
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << name << ": " << r.error().to_string();
    EXPECT_NE(r.error().to_string().find("StoreRef::set_deadline"), std::string::npos) << r.error().message();
    EXPECT_LT(Clock::now() - begin, 10s) << name;
    store_->clear_deadline();
    EXPECT_EQ(call("close", {Val(77)}), 8) << name;
  }
}

TEST_F(WasiLimits, InterruptsEndEveryWaitOnce) {
  fill_output();
  for (const char* name : kWaiting) {
    InterruptHandle handle = store_->interrupt_handle();
    std::thread other([handle] {
      std::this_thread::sleep_for(10ms);
      handle.interrupt();
    });
    auto r = instance_->get_func(name)->call(arguments(name));
    other.join();
    ASSERT_FALSE(r) << name;
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << name << ": " << r.error().to_string();
    EXPECT_FALSE(store_->interrupt_requested()) << name;
    EXPECT_EQ(call("close", {Val(77)}), 8) << name;
  }
}

TEST_F(WasiLimits, ASuspendedReadContinues) {
  Execution e = must(Execution::create(*instance_->get_func("read"), {}));
  for (int n = 0; n < 5; ++n) {
    store_->set_timeout(2ms);
    ASSERT_EQ(must(e.run()), State::kInterrupted);
    store_->clear_deadline();
    // In the meantime the descriptor's number may be closed; the call finds out when it continues.
    EXPECT_EQ(call("close", {Val(77)}), 8);
  }
  ASSERT_EQ(::write(in_[1], "abcdef", 6), 6);
  ASSERT_EQ(must(e.run()), State::kReturned);
  EXPECT_EQ(e.results()[0].i32(), 0);
  EXPECT_EQ(written(), 4);
  Execution closed = must(Execution::create(*instance_->get_func("poll"), {}));
  ASSERT_EQ(read(in_[0], std::array<char, 8>().data(), 2), 2);
  store_->set_timeout(2ms);
  ASSERT_EQ(must(closed.run()), State::kInterrupted);
  store_->clear_deadline();
  EXPECT_EQ(call("close", {Val(0)}), 0);
  ASSERT_EQ(must(closed.run()), State::kReturned);
  EXPECT_EQ(written(), 1);  // an event with an error
}

TEST_F(WasiLimits, ASuspendedSleepDoesNotRestart) {
  Execution e = must(Execution::create(*instance_->get_func("sleep"), {Val(int64_t{200'000'000})}));
  const auto begin = Clock::now();
  int stops = 0;
  for (;; ++stops) {
    store_->set_timeout(30ms);
    if (must(e.run()) == State::kReturned) break;
  }
  EXPECT_GE(Clock::now() - begin, 200ms);
  EXPECT_GT(stops, 0);
  EXPECT_LT(stops, 8);
  EXPECT_EQ(written(), 1);
}

// A write that was stopped in the middle returns the number of bytes written; nothing is lost or written twice.
TEST_F(WasiLimits, ASuspendedWriteLosesNothing) {
  fcntl(out_[1], F_SETPIPE_SZ, 4096);
  fcntl(out_[0], F_SETFL, O_NONBLOCK);  // if it was stopped early, there may be nothing yet
  Memory memory = *instance_->get_memory("memory");
  for (size_t i = 0; i < 65536; ++i) memory.span()[1024 + i] = static_cast<uint8_t>(i * 7 + i / 251);
  Execution e = must(Execution::create(*instance_->get_func("write"), {}));
  std::vector<uint8_t> got;
  auto drain = [&](size_t most) {
    std::vector<uint8_t> piece(most);
    ssize_t n = read(out_[0], piece.data(), most);
    if (n > 0) got.insert(got.end(), piece.begin(), piece.begin() + n);
  };
  for (int n = 0; n < 3; ++n) {
    store_->set_timeout(5ms);
    if (must(e.run()) == State::kReturned) break;
    drain(1000);
  }
  for (int n = 0; e.state() != State::kReturned && n < 1000; ++n) {
    store_->set_timeout(5ms);
    must(e.run());
    drain(1 << 16);
  }
  ASSERT_EQ(e.state(), State::kReturned);
  for (int n = 0; n < 20; ++n) drain(1 << 16);
  ASSERT_EQ(got.size(), static_cast<size_t>(written()));
  EXPECT_TRUE(std::equal(got.begin(), got.end(), memory.span().begin() + 1024));
}

TEST_F(WasiLimits, OpenFiles) {
  make([](WasiConfig& config) { config.max_open_files(8); });
  for (int n = 0; n < 3; ++n) EXPECT_EQ(call("open"), 0);
  EXPECT_EQ(call("open"), 33);  // mfile
  EXPECT_EQ(call("close", {Val(6)}), 0);
  EXPECT_EQ(call("open"), 0);
  EXPECT_TRUE(wasi_->refusals().too_many_files);
}

TEST_F(WasiLimits, Output) {
  make([](WasiConfig& config) { config.max_written_bytes(3000); });
  auto r = instance_->get_func("write")->call({});
  ASSERT_TRUE(r);
  EXPECT_EQ(written(), 3000);
  r = instance_->get_func("write")->call({});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind(), ErrorKind::kLimit);
  EXPECT_EQ(r.error().limit(), Limit::kWrittenBytes);
  EXPECT_NE(r.error().to_string().find("WasiConfig::max_written_bytes"), std::string::npos) << r.error().message();
}

}  // namespace
}  // namespace ermine
