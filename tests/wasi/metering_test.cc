// Bytes that WASI functions move cost fuel, the same in every tier; calls that move much are suspended in the middle
// and continue without a difference; and whatever makes files larger counts as output.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine {
namespace {

using test::must;
using test::wat;
using State = Execution::State;

// Exports that call one function each, immediately after a host function that may request an interrupt. 8: a list of
// one buffer; 32: results of sizes. Files: 4, opened at "file"; 3 is the directory.
constexpr std::string_view kCalls = R"((module
  (import "host" "interrupt" (func $interrupt))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $allocate (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $set_size (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 128) "file") (data (i32.const 160) "a name of thirty-two characters.")
  (func $list (param $n i32) (call $interrupt)
    (i32.store (i32.const 8) (i32.const 65536)) (i32.store (i32.const 12) (local.get $n)))
  (func (export "grow") (drop (memory.grow (i32.const 1))))
  (func (export "reserve") (param i32) (drop (memory.grow (local.get 0))))
  (func (export "read") (param i32 i64 i32) (result i32)
    (call $list (local.get 2)) (call $read (local.get 0) (i32.const 8) (i32.const 1) (i32.const 32)))
  (func (export "pread") (param i32 i64 i32) (result i32)
    (call $list (local.get 2)) (call $pread (local.get 0) (i32.const 8) (i32.const 1) (local.get 1) (i32.const 32)))
  (func (export "write") (param i32 i64 i32) (result i32)
    (call $list (local.get 2)) (call $write (local.get 0) (i32.const 8) (i32.const 1) (i32.const 32)))
  (func (export "pwrite") (param i32 i64 i32) (result i32)
    (call $list (local.get 2)) (call $pwrite (local.get 0) (i32.const 8) (i32.const 1) (local.get 1) (i32.const 32)))
  (func (export "send") (param i32 i64 i32) (result i32)
    (call $list (local.get 2)) (call $send (local.get 0) (i32.const 8) (i32.const 1) (i32.const 0) (i32.const 32)))
  (func (export "recv") (param i32 i64 i32) (result i32) (call $list (local.get 2))
    (call $recv (local.get 0) (i32.const 8) (i32.const 1) (i32.const 2) (i32.const 32) (i32.const 40)))
  (func (export "seek") (param i32 i64 i32) (result i32)
    (call $seek (local.get 0) (local.get 1) (i32.const 0) (i32.const 40)))
  (func (export "allocate") (param i32 i64 i32) (result i32)
    (call $interrupt) (call $allocate (local.get 0) (local.get 1) (i64.extend_i32_u (local.get 2))))
  (func (export "set_size") (param i32 i64 i32) (result i32) (call $set_size (local.get 0) (local.get 1)))
  (func (export "readdir") (param i32 i64 i32) (result i32) (call $interrupt)
    (call $readdir (local.get 0) (i32.const 65536) (local.get 2) (local.get 1) (i32.const 32)))
  (func (export "close") (param i32 i64 i32) (result i32) (call $close (local.get 0)))
  (func (export "dir_name") (param i32 i64 i32) (result i32)
    (call $dir_name (local.get 0) (i32.const 1024) (i32.const 100)))
  (func (export "random") (param i32 i64 i32) (result i32) (call $interrupt)
    (call $random (i32.const 65536) (local.get 2)))
  (func (export "environ") (param i32 i64 i32) (result i32) (call $interrupt)
    (call $environ (i32.const 1024) (i32.const 65536)))
  (func (export "poll") (param i32 i64 i32) (result i32)
    (call $poll (i32.const 4096) (i32.const 65536) (local.get 2) (i32.const 32)))
  (func (export "clock") (param i32 i64 i32) (result i32)
    (call $clock (i32.const 1) (i64.const 1) (i32.const 48)))
  (func (export "open") (param $flags i32) (param i64) (param $fdflags i32) (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 4) (local.get $flags) (i64.const 0x7fffffff)
      (i64.const 0) (local.get $fdflags) (i32.const 32)))
  (func (export "open_name") (param i32 i64 i32) (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 160) (local.get 2) (i32.const 0) (i64.const 2) (i64.const 0)
      (i32.const 0) (i32.const 32)))
  (func (export "symlink") (param i32 i64 i32) (result i32)
    (call $symlink (i32.const 160) (i32.const 32) (i32.const 3) (i32.const 160) (i32.const 16)))
  (func (export "readlink") (param i32 i64 i32) (result i32)
    (call $readlink (i32.const 3) (i32.const 160) (i32.const 16) (i32.const 1024) (i32.const 1024) (i32.const 32)))))";

constexpr uint32_t kPage = 65536;

class Program {
 public:
  Program(Tier tier, bool fuel, bool traced = false, bool moving = false,
          std::optional<uint64_t> most_written = std::nullopt) {
    directory_ = (std::filesystem::temp_directory_path() / "ermine-meter-XXXXXX").string();
    if (mkdtemp(directory_.data()) == nullptr) std::abort();
    std::filesystem::create_directory(directory_ + "/d");
    Config config;
    config.tier = tier;
    config.consume_fuel = fuel;
    config.tier_up_calls = config.tier_up_rounds = 2;
    if (moving) config.memory_reservation = 0;
    engine_.emplace(config);
    linker_.emplace(*engine_);
    store_.emplace(*engine_);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_) != 0) std::abort();
    WasiConfig wasi;
    wasi.stdio(sockets_[0], sockets_[0], sockets_[0]).preopen_dir(directory_ + "/d", "/some/name/of/it");
    for (int i = 0; i < 3; ++i) wasi.env("NAME" + std::to_string(i), std::string(size_t{900} << 10, 'x'));
    if (traced) wasi.trace([](std::string_view) {});
    if (most_written) wasi.max_written_bytes(*most_written);
    wasi_.emplace(must(Wasi::create(std::move(wasi))));
    must(wasi_->add_to_linker(*linker_));
    must(linker_->func_wrap("host", "interrupt", [this] {
      if (interrupts) store_->interrupt_handle().interrupt();
    }));
    if (fuel) must(store_->set_fuel(kMuch));
    instance_.emplace(must(linker_->instantiate(*store_, wat(*engine_, kCalls))));
    must(func("reserve").call({Val(100)}));
  }
  ~Program() {
    instance_.reset();
    store_.reset();
    for (int fd : sockets_) ::close(fd);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  static std::vector<Val> args(int32_t fd, int64_t at, int32_t n) { return {Val(fd), Val(at), Val(n)}; }
  Func func(std::string_view name) { return *instance_->get_func(name); }
  int32_t call(std::string_view name, int32_t fd = 0, int64_t at = 0, int32_t n = 0) {
    return must(func(name).call(args(fd, at, n)))[0].i32();
  }
  Error refused(std::string_view name, int32_t fd = 0, int64_t at = 0, int32_t n = 0) {
    auto r = func(name).call(args(fd, at, n));
    return r ? Error(ErrorKind::kUsage, "not refused: " + std::to_string((*r)[0].i32())) : std::move(r).error();
  }
  uint64_t cost(std::string_view name, int32_t fd = 0, int64_t at = 0, int32_t n = 0) {
    must(store_->set_fuel(kMuch));
    (void)func(name).call(args(fd, at, n));
    return kMuch - *store_->fuel();
  }
  // Runs it, suspending wherever possible; returns the number of suspensions.
  int stops(std::string_view name, int32_t fd, int64_t at, int32_t n, int32_t expected = 0) {
    interrupts = true;
    Execution e = must(Execution::create(func(name), args(fd, at, n)));
    int stops = 0;
    while (must(e.run()) == State::kInterrupted) {
      ++stops;
      interrupts = false;
      must(func("grow").call({}));
      store_->interrupt_handle().interrupt();
    }
    interrupts = false;
    if (store_->interrupt_requested()) EXPECT_FALSE(func("grow").call({}));
    EXPECT_EQ(e.results()[0].i32(), expected) << name;
    return stops;
  }
  int32_t open_file(int32_t flags = 1, int32_t fdflags = 0) {
    EXPECT_EQ(call("open", flags, 0, fdflags), 0);
    return size();
  }
  std::span<uint8_t> memory() { return instance_->get_memory("memory")->span(); }
  int32_t size() { return instance_->get_memory("memory")->load<int32_t>(32).value_or(-1); }
  void make_pattern(size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) memory()[kPage + i] = static_cast<uint8_t>(i * 7 + i / 251);
  }
  std::string file() {
    std::ifstream in(directory_ + "/d/file", std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  const std::string& directory() const { return directory_; }
  StoreRef store() { return *store_; }
  int socket() const { return sockets_[1]; }

  static constexpr uint64_t kMuch = uint64_t{1} << 60;
  bool interrupts = false;

 private:
  std::string directory_;
  int sockets_[2];
  std::optional<Engine> engine_;
  std::optional<Linker> linker_;
  std::optional<Store> store_;
  std::optional<Wasi> wasi_;
  std::optional<Instance> instance_;
};

constexpr int32_t kBig = (5 << 20) + 123;  // some pieces, and a part of one

template <class F>
void in_all_ways(F&& f) {
  for (const auto& [name, tier] : Config::tiers()) {
    for (const bool moving : {false, true}) {
      SCOPED_TRACE(std::string(name) + (moving ? ", memories move" : ""));
      Program p(tier, false, false, moving);
      f(p);
    }
  }
}

TEST(WasiMetering, SuspendedTransfersContinue) {
  in_all_ways([](Program& p) {
    p.make_pattern(kBig);
    const std::string contents(reinterpret_cast<const char*>(p.memory().data()) + kPage, kBig);
    const int32_t fd = p.open_file();
    EXPECT_GE(p.stops("write", fd, 0, kBig), 5);
    EXPECT_EQ(p.size(), kBig);
    EXPECT_TRUE(p.file() == contents);
    EXPECT_GE(p.stops("pwrite", fd, 100, kBig), 5);
    EXPECT_EQ(p.size(), kBig);
    EXPECT_TRUE(p.file() == contents.substr(0, 100) + contents);
    const auto same = [&](const std::string& expected) {
      EXPECT_EQ(static_cast<size_t>(p.size()), expected.size());
      return std::equal(expected.begin(), expected.end(), reinterpret_cast<const char*>(p.memory().data()) + kPage);
    };
    std::ranges::fill(p.memory().subspan(kPage), 0);
    EXPECT_GE(p.stops("pread", fd, 100, kBig), 5);
    EXPECT_TRUE(same(contents));
    std::ranges::fill(p.memory().subspan(kPage), 0);
    EXPECT_EQ(p.call("seek", fd, 100), 0);
    EXPECT_GE(p.stops("read", fd, 0, kBig + 1000), 5);  // more than the file has
    EXPECT_TRUE(same(contents));
    EXPECT_EQ(p.call("read", fd, 0, kBig), 0);
    EXPECT_EQ(p.size(), 0);
    // A program that must not continue is ended in the middle.
    p.interrupts = true;
    EXPECT_EQ(p.refused("pwrite", fd, 0, kBig).trap_code(), TrapCode::kInterrupted);
    EXPECT_EQ(p.refused("random", 0, 0, kBig).trap_code(), TrapCode::kInterrupted);
    p.interrupts = false;
    EXPECT_EQ(p.call("close", fd), 0);
  });
}

// If the descriptor is closed in the meantime, the result is a short count.
TEST(WasiMetering, DescriptorsClosedWhileSuspended) {
  Program p(Tier::kAuto, false);
  const int32_t fd = p.open_file();
  p.interrupts = true;
  Execution e = must(Execution::create(p.func("write"), Program::args(fd, 0, kBig)));
  ASSERT_EQ(must(e.run()), State::kInterrupted);
  EXPECT_EQ(p.call("close", fd), 0);
  ASSERT_EQ(must(e.run()), State::kReturned);
  EXPECT_EQ(e.results()[0].i32(), 0);
  EXPECT_EQ(static_cast<size_t>(p.size()), p.file().size());
  EXPECT_GT(p.size(), 0);
  EXPECT_LT(p.size(), kBig);
}

TEST(WasiMetering, OtherLongCallsAreSuspended) {
  in_all_ways([](Program& p) {
    std::ranges::fill(p.memory().subspan(kPage), 0);
    EXPECT_GE(p.stops("random", 0, 0, kBig), 5);
    for (int32_t at = 0; at + 64 <= kBig; at += 4096)
      ASSERT_TRUE(std::ranges::any_of(p.memory().subspan(kPage + static_cast<size_t>(at), 64),
                                      [](uint8_t b) { return b != 0; }));
    EXPECT_EQ(p.memory()[kPage + kBig], 0);
    EXPECT_GE(p.stops("environ", 0, 0, 0), 1);
    const uint32_t last = *reinterpret_cast<uint32_t*>(p.memory().data() + 1024 + 8);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(p.memory().data()) + last, 6), "NAME2=");
    const int32_t fd = p.open_file();
    constexpr int32_t kSpace = 200 << 20;
    const int errno_unsupported = 58;
    if (p.call("allocate", fd, 0, 1) != errno_unsupported) {
      EXPECT_GE(p.stops("allocate", fd, 0, kSpace), 3);
      EXPECT_EQ(std::filesystem::file_size(p.directory() + "/d/file"), static_cast<uint64_t>(kSpace));
    }
    EXPECT_NE(p.call("allocate", fd, INT64_MAX - 5, kSpace), 0);
    EXPECT_EQ(p.call("close", fd), 0);
  });
}

TEST(WasiMetering, SuspendedListingsContinue) {
  Program p(Tier::kAuto, false);
  constexpr int kFiles = 4500;
  const std::string name(240, 'n');
  for (int n = 0; n < kFiles; ++n) {
    const int made = ::open((p.directory() + "/d/" + name + std::to_string(n)).c_str(), O_CREAT | O_WRONLY, 0600);
    ASSERT_GE(made, 0);
    ::close(made);
  }
  const auto names = [&] {
    std::vector<std::string> out;
    const uint8_t* at = p.memory().data() + kPage;
    for (const uint8_t* const end = at + p.size(); at < end;) {
      uint32_t length;
      std::memcpy(&length, at + 16, 4);
      out.emplace_back(reinterpret_cast<const char*>(at) + 24, length);
      at += 24 + length;
    }
    return out;
  };
  ASSERT_EQ(p.call("readdir", 3, 0, 4 << 20), 0);
  const std::vector<std::string> whole = names();
  EXPECT_EQ(whole.size(), kFiles + 2u);
  EXPECT_GE(p.stops("readdir", 3, 0, 4 << 20), 1);
  EXPECT_TRUE(names() == whole);
  // A buffer that is full in the middle of an entry.
  ASSERT_EQ(p.call("readdir", 3, 0, (1 << 20) + 33), 0);
  EXPECT_EQ(p.size(), (1 << 20) + 33);
}

TEST(WasiMetering, FuelPaysForWhatIsMoved) {
  std::vector<uint64_t> first;
  for (const auto& [name, tier] : Config::tiers()) {
    for (const bool traced : {false, true}) {
      SCOPED_TRACE(std::string(name) + (traced ? ", traced" : ""));
      Program p(tier, true, traced);
      const int32_t fd = p.open_file();
      std::vector<uint64_t> costs;
      const auto check = [&](uint64_t bytes, std::string_view call, int32_t to, int64_t at, int32_t n) {
        const uint64_t all = p.cost(call, to, at, n);
        costs.push_back(all);
        return all - bytes / 16;
      };
      const uint64_t base = p.cost("write", 99, 0, 160);
      const uint64_t simple = p.cost("close", 99);
      for (int round = 0; round < 5; ++round) {  // through every tier
        for (const int32_t n : {0, 15, 16, 160, 100'000, kBig}) {
          const auto bytes = static_cast<uint64_t>(n);
          EXPECT_EQ(check(bytes, "write", fd, 0, n), base) << n;
          EXPECT_EQ(check(bytes, "pwrite", fd, 0, n), base + 1) << n;
          EXPECT_EQ(check(bytes, "pread", fd, 0, n), base + 1) << n;
          EXPECT_EQ(p.call("seek", fd, 0), 0);
          EXPECT_EQ(check(bytes, "read", fd, 0, n), base) << n;
        }
        EXPECT_EQ(p.call("set_size", fd, 100), 0);
        EXPECT_EQ(check(100, "pread", fd, 0, kBig), base + 1);  // the bytes that exist, not the requested ones
        for (const int32_t n : {0, 160, kBig}) costs.push_back(p.cost("random", 0, 0, n));
        EXPECT_EQ(p.cost("random", 0, 0, kBig) - p.cost("random", 0, 0, 0), static_cast<uint64_t>(kBig) / 16);
        EXPECT_GE(p.cost("environ"), 3u * (900 << 10) / 16);
        costs.push_back(p.cost("environ"));
        costs.push_back(p.cost("clock"));
        EXPECT_EQ(p.cost("dir_name", 3) - p.cost("dir_name", 99), 1u);
        EXPECT_EQ(p.cost("open_name", 0, 0, 32) - p.cost("open_name", 0, 0, 1), 2u);
        EXPECT_EQ(p.cost("set_size", fd, 0), simple + 1);
        const uint64_t listed = p.cost("readdir", 3, 0, 4096);
        EXPECT_EQ(listed - p.cost("readdir", 99, 0, 4096), static_cast<uint64_t>(p.size()) / 16);
        costs.push_back(listed);
        if (p.cost("allocate", fd, 0, 1 << 20) != p.cost("allocate", 99, 0, 0))
          EXPECT_EQ(p.cost("allocate", fd, 0, 1 << 20) - p.cost("allocate", 99, 0, 0), (1u << 20) / 16);
        costs.push_back(p.cost("poll", 0, 0, 100));  // clocks whose time has passed
        EXPECT_EQ(p.cost("poll", 0, 0, 100) - p.cost("poll", 0, 0, 0), 100u * (48 + 32) / 16);
      }
      EXPECT_EQ(p.cost("symlink"), 7u + (16 + 32) / 16);
      EXPECT_EQ(p.cost("readlink"), 8u + (16 + 32) / 16);
      if (first.empty()) first = costs;
      EXPECT_TRUE(costs == first);
    }
  }
}

// Out of fuel in the middle: an execution continues, with the same final result; other calls end soon.
TEST(WasiMetering, OutOfFuelInTheMiddle) {
  for (const auto& [name, tier] : Config::tiers()) {
    SCOPED_TRACE(std::string(name));
    Program p(tier, true);
    p.make_pattern(kBig);
    const std::string contents(reinterpret_cast<const char*>(p.memory().data()) + kPage, kBig);
    const int32_t fd = p.open_file();
    const uint64_t cost = p.cost("pwrite", fd, 0, kBig);
    must(p.store().set_fuel(0));
    Execution e = must(Execution::create(p.func("pwrite"), Program::args(fd, 0, kBig)));
    uint64_t given = 0;
    int stops = 0;
    for (; must(e.run()) == State::kOutOfFuel; ++stops) {
      given += 10'000;
      must(p.store().set_fuel(10'000));
    }
    EXPECT_EQ(stops, (cost + 9'999) / 10'000);
    EXPECT_EQ(given - *p.store().fuel(), cost);
    EXPECT_EQ(e.results()[0].i32(), 0);
    EXPECT_EQ(p.size(), kBig);
    EXPECT_TRUE(p.file() == contents);
    for (const char* call : {"pwrite", "random"}) {
      EXPECT_EQ(p.call("set_size", fd, 0), 0);
      must(p.store().set_fuel(1000));
      EXPECT_EQ(p.refused(call, fd, 0, kBig).trap_code(), TrapCode::kOutOfFuel);
      must(p.store().set_fuel(Program::kMuch));
      EXPECT_LE(std::filesystem::file_size(p.directory() + "/d/file"), 1u << 20) << call;
    }
    // A small one is completed, and then the call ends.
    must(p.store().set_fuel(p.cost("write", 99, 0, 0) + 5));
    EXPECT_EQ(p.refused("write", fd, 0, 160).trap_code(), TrapCode::kOutOfFuel);
    must(p.store().set_fuel(Program::kMuch));
    EXPECT_EQ(p.call("close", fd), 0);
  }
}

// Sockets in pieces: everything arrives, in order, while the other side reads and writes at any time.
TEST(WasiMetering, Sockets) {
  Program p(Tier::kAuto, false);
  p.make_pattern(kBig);
  const std::string contents(reinterpret_cast<const char*>(p.memory().data()) + kPage, kBig);
  std::string got;
  std::thread reader([&] {
    std::vector<char> piece(100'000);
    while (got.size() < kBig) {
      const ssize_t n = ::read(p.socket(), piece.data(), piece.size());
      if (n <= 0) break;
      got.append(piece.data(), static_cast<size_t>(n));
    }
  });
  EXPECT_EQ(p.call("send", 1, 0, kBig), 0);
  EXPECT_EQ(p.size(), kBig);
  reader.join();
  EXPECT_TRUE(got == contents);
  std::thread writer([&] {
    for (size_t at = 0; at < kBig;) {
      const ssize_t n = ::write(p.socket(), contents.data() + at, std::min<size_t>(77'777, kBig - at));
      if (n <= 0) break;
      at += static_cast<size_t>(n);
    }
  });
  std::ranges::fill(p.memory().subspan(kPage), 0);
  EXPECT_EQ(p.call("recv", 0, 0, kBig), 0);  // all of it
  EXPECT_EQ(p.size(), kBig);
  writer.join();
  EXPECT_TRUE(std::equal(contents.begin(), contents.end(), reinterpret_cast<const char*>(p.memory().data()) + kPage));
}

// --- Limited output

std::string message(const Error& e) { return e.kind() == ErrorKind::kLimit ? e.to_string() : "another error"; }

TEST(WasiMetering, EveryGrowthOfAFileIsOutput) {
  const auto limited = [](uint64_t most) { return Program(Tier::kAuto, false, false, false, most); };
  constexpr const char* kNamed = "WasiConfig::max_written_bytes";
  {  // space that is reserved
    Program p = limited(1000);
    const int32_t fd = p.open_file();
    EXPECT_NE(message(p.refused("allocate", fd, 0, 2'000'000'000)).find(kNamed), std::string::npos);
    EXPECT_NE(message(p.refused("allocate", fd, 900, 101)).find(kNamed), std::string::npos);
    EXPECT_EQ(p.file().size(), 0u);
    const int32_t unsupported = 58;
    if (p.call("allocate", fd, 500, 500) != unsupported) {
      EXPECT_EQ(p.file().size(), 1000u);
      EXPECT_NE(message(p.refused("write", fd, 0, 1)).find("output limit of 1000 bytes reached"), std::string::npos);
    }
  }
  {  // sizes
    Program p = limited(1000);
    const int32_t fd = p.open_file();
    EXPECT_EQ(p.call("set_size", fd, 600), 0);
    EXPECT_EQ(p.call("set_size", fd, 100), 0);
    EXPECT_EQ(p.call("set_size", fd, 400), 0);
    EXPECT_EQ(p.call("set_size", fd, 400), 0);
    EXPECT_NE(message(p.refused("set_size", fd, 501))
                  .find("limit of 1000 bytes exceeded: the program tried to write 101 bytes, or to make a file larger "
                        "by them, and 100 are left"),
              std::string::npos);
    EXPECT_EQ(p.call("set_size", fd, 500), 0);
    EXPECT_EQ(p.call("set_size", fd, 10), 0);
    EXPECT_NE(message(p.refused("set_size", fd, 11)).find(kNamed), std::string::npos);
  }
  {  // gaps
    Program p = limited(1000);
    const int32_t fd = p.open_file();
    EXPECT_NE(message(p.refused("pwrite", fd, 1000, 1)).find(kNamed), std::string::npos);
    EXPECT_NE(message(p.refused("pwrite", fd, int64_t{1} << 40, 1)).find(kNamed), std::string::npos);
    EXPECT_EQ(p.file().size(), 0u);
    EXPECT_EQ(p.call("pwrite", fd, int64_t{1} << 40, 0), 0);  // makes nothing larger
    EXPECT_EQ(p.call("pwrite", fd, 300, 100), 0);
    EXPECT_EQ(p.call("seek", fd, 700), 0);
    EXPECT_EQ(p.call("write", fd, 0, 500), 0);  // 300 of a gap, 300 left
    EXPECT_EQ(p.size(), 300);
    EXPECT_EQ(p.file().size(), 1000u);
    EXPECT_NE(message(p.refused("pwrite", fd, 0, 1)).find(kNamed), std::string::npos);
  }
  {  // appending has no gaps, wherever the position is
    Program p = limited(1000);
    const int32_t fd = p.open_file(1, 1);
    EXPECT_EQ(p.call("write", fd, 0, 10), 0);
    EXPECT_EQ(p.call("seek", fd, 5000), 0);
    EXPECT_EQ(p.call("write", fd, 0, 900), 0);
    EXPECT_EQ(p.size(), 900);
    EXPECT_EQ(p.call("write", fd, 0, 900), 0);
    EXPECT_EQ(p.size(), 90);
    EXPECT_EQ(p.file().size(), 1000u);
  }
  {  // in pieces, to the byte; then sockets
    constexpr int32_t kMost = (2 << 20) + 77;
    Program p = limited(kMost);
    const int32_t fd = p.open_file();
    EXPECT_EQ(p.call("write", fd, 0, kBig), 0);
    EXPECT_EQ(p.size(), kMost);
    EXPECT_EQ(p.file().size(), static_cast<size_t>(kMost));
    EXPECT_NE(message(p.refused("send", 1, 0, 1)).find(kNamed), std::string::npos);
  }
}

}  // namespace
}  // namespace ermine
