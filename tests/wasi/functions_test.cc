// Results of WASI functions, as the guest sees them: error numbers, and the contents of its memory.
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "tests/wasi/guest_directory.h"

namespace ermine {
namespace {

using test::Guest;
using test::GuestDirectory;
using test::must;
using test::TempDir;

// The specification's numbers.
enum : uint32_t { kSuccess = 0, kBadf = 8, kInval = 28, kNametoolong = 37, kNotsup = 58, kPerm = 63, kNotcapable = 76 };
constexpr uint64_t kAllRights = (1u << 30) - 1;

WasiConfig in(const TempDir& directory) {
  WasiConfig config;
  config.preopen_dir(directory.path(), "/");
  return config;
}

uint32_t open_file(Guest& guest, std::string_view name, uint32_t oflags = 0) {
  guest.put_text(1024, name);
  EXPECT_EQ(guest.call("path_open", {3, 0, 1024, name.size(), oflags, kAllRights, kAllRights, 0, 64}), kSuccess)
      << name;
  return guest.at<uint32_t>(64);
}

TEST(WasiFunctions, ClockResolution) {
  Guest guest{WasiConfig()};
  for (const clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID}) {
    timespec expected;
    ASSERT_EQ(clock_getres(clock, &expected), 0);
    guest.put<uint64_t>(64, 0);
    EXPECT_EQ(guest.call("clock_res_get", {static_cast<uint64_t>(clock), 64}), kSuccess);
    EXPECT_EQ(guest.at<uint64_t>(64), static_cast<uint64_t>(expected.tv_sec * 1'000'000'000 + expected.tv_nsec));
  }
  for (const uint64_t none : {uint64_t{4}, uint64_t{UINT32_MAX}})
    EXPECT_EQ(guest.call("clock_res_get", {none, 64}), kInval);
  EXPECT_EQ(guest.call("clock_res_get", {0, 65536 - 7}), 21u);
}

// With a directory of the host, and with one in memory.
class WasiFileFunctions : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(, WasiFileFunctions, testing::Bool(), GuestDirectory::name);

TEST_P(WasiFileFunctions, Allocate) {
  const GuestDirectory directory(GetParam());
  Guest guest(directory.config());
  const uint32_t fd = open_file(guest, "file", 1);
  const uint32_t answer = guest.call("fd_allocate", {fd, 100, 900});
  if (answer == kNotsup) GTEST_SKIP() << "the file system of the temporary directory reserves no space";
  EXPECT_EQ(answer, kSuccess);
  EXPECT_EQ(directory.size("file"), 1000u);
  // Existing contents are preserved, and no file becomes smaller.
  guest.put_text(2048, "text");
  guest.buffer(32, 2048, 4);
  EXPECT_EQ(guest.call("fd_write", {fd, 32, 1, 64}), kSuccess);
  EXPECT_EQ(guest.call("fd_allocate", {fd, 0, 10}), kSuccess);
  EXPECT_EQ(directory.size("file"), 1000u);
  EXPECT_EQ(directory.contents("file").substr(0, 4), "text");
  EXPECT_EQ(guest.call("fd_allocate", {fd, 0, 0}), kInval);
  EXPECT_EQ(guest.call("fd_allocate", {fd, ~uint64_t{0}, 1}), kInval);
  EXPECT_EQ(guest.call("fd_allocate", {99, 0, 1}), kBadf);
}

TEST_P(WasiFileFunctions, Advise) {
  const GuestDirectory directory(GetParam());
  Guest guest(directory.config());
  const uint32_t fd = open_file(guest, "file", 1);
  for (uint32_t advice = 0; advice < 6; ++advice)
    EXPECT_EQ(guest.call("fd_advise", {fd, 0, 10, advice}), kSuccess) << advice;
  EXPECT_EQ(guest.call("fd_advise", {fd, 0, 10, 6}), kInval);
  EXPECT_EQ(guest.call("fd_advise", {fd, ~uint64_t{0}, 10, 0}), kInval);
  EXPECT_EQ(guest.call("fd_advise", {fd, 0, ~uint64_t{0}, 0}), kInval);
  EXPECT_EQ(guest.call("fd_advise", {3, 0, 10, 0}), kBadf);
  EXPECT_EQ(guest.call("fd_advise", {99, 0, 10, 0}), kBadf);
}

struct Entry {
  uint64_t next;
  std::string name;
  uint8_t type;
};
// The entries that a buffer contains completely.
std::vector<Entry> entries(Guest& guest, uint32_t at, uint32_t size) {
  std::vector<Entry> found;
  const uint32_t end = at + size;
  while (end - at >= 24) {
    const uint32_t length = guest.at<uint32_t>(at + 16);
    if (end - at - 24 < length) break;
    found.push_back({guest.at<uint64_t>(at), guest.text(at + 24, length), guest.at<uint8_t>(at + 20)});
    at += 24 + length;
  }
  return found;
}

TEST_P(WasiFileFunctions, ReadDirectory) {
  const GuestDirectory directory(GetParam());
  std::map<std::string, uint8_t> expected = {{".", 3}, {"..", 3}, {"sub", 3}, {"link", 7}};
  directory.mkdir("sub");
  directory.link("file0", "link");
  for (int i = 0; i < 40; ++i) {
    const std::string name = "file" + std::to_string(i);
    directory.write(name, std::to_string(i));
    expected[name] = 4;
  }
  Guest guest(directory.config());
  // All at once; then a few at a time, continuing after the last complete one.
  for (const uint32_t size : {32768u, 100u}) {
    std::map<std::string, uint8_t> found;
    uint64_t cookie = 0;
    for (int calls = 0; calls < 100; ++calls) {
      ASSERT_EQ(guest.call("fd_readdir", {3, 4096, size, cookie, 64}), kSuccess);
      const auto used = guest.at<uint32_t>(64);
      ASSERT_LE(used, size);
      for (const Entry& entry : entries(guest, 4096, used)) {
        EXPECT_TRUE(found.emplace(entry.name, entry.type).second) << entry.name << " twice";
        EXPECT_NE(entry.next, cookie);
        cookie = entry.next;
      }
      if (used < size) break;
    }
    EXPECT_EQ(found, expected) << "with buffers of " << size;
  }
  // An earlier cookie is still valid.
  ASSERT_EQ(guest.call("fd_readdir", {3, 4096, 32768, 0, 64}), kSuccess);
  const std::vector<Entry> all = entries(guest, 4096, guest.at<uint32_t>(64));
  ASSERT_EQ(guest.call("fd_readdir", {3, 4096, 32768, all[4].next, 64}), kSuccess);
  const std::vector<Entry> rest = entries(guest, 4096, guest.at<uint32_t>(64));
  ASSERT_EQ(rest.size(), all.size() - 5);
  EXPECT_EQ(rest[0].name, all[5].name);
  // At the end there are no more entries.
  ASSERT_EQ(guest.call("fd_readdir", {3, 4096, 32768, all.back().next, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(64), 0u);
  EXPECT_EQ(guest.call("fd_readdir", {3, 4096, 0, 0, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint32_t>(64), 0u);
  const uint32_t file = open_file(guest, "file1");
  EXPECT_NE(guest.call("fd_readdir", {file, 4096, 1000, 0, 64}), kSuccess);
}

// C libraries look at the file of an entry whose number is 0, and a guest must not look at the file of "..".
TEST_P(WasiFileFunctions, ParentsInListings) {
  const GuestDirectory directory(GetParam());
  directory.mkdir("sub");
  Guest guest(directory.config());
  guest.put_text(1024, "sub");
  constexpr uint64_t kReaddir = 1 << 14, kPathFilestatGet = 1 << 18, kFilestatGet = 1 << 21;
  ASSERT_EQ(guest.call("path_open", {3, 0, 1024, 3, 2, kReaddir | kPathFilestatGet | kFilestatGet, 0, 0, 64}),
            kSuccess);
  for (const uint32_t fd : {3u, guest.at<uint32_t>(64)}) {
    ASSERT_EQ(guest.call("fd_readdir", {fd, 4096, 32768, 0, 64}), kSuccess);
    ASSERT_EQ(guest.call("fd_filestat_get", {fd, 256}), kSuccess);
    const uint32_t size = guest.at<uint32_t>(64);
    unsigned found = 0;
    for (uint32_t at = 4096; at < 4096 + size; at += 24 + guest.at<uint32_t>(at + 16)) {
      const std::string name = guest.text(at + 24, guest.at<uint32_t>(at + 16));
      if (name != "." && name != "..") continue;
      ++found;
      EXPECT_EQ(guest.at<uint64_t>(at + 8), guest.at<uint64_t>(256 + 8)) << name << " of " << fd;
    }
    EXPECT_EQ(found, 2u);
    guest.put_text(1024, "..");
    EXPECT_EQ(guest.call("path_filestat_get", {fd, 0, 1024, 2, 256}), kPerm);
  }
}

// A guest's times are unsigned nanoseconds since 1970.
TEST(WasiFunctions, FilesOlderThan1970) {
  TempDir directory;
  std::ofstream(directory.path() + "/old") << "x";
  const timespec times[] = {{-315'619'200, 5}, {1, 7}};
  ASSERT_EQ(utimensat(AT_FDCWD, (directory.path() + "/old").c_str(), times, 0), 0);
  Guest guest(in(directory));
  guest.put_text(1024, "old");
  ASSERT_EQ(guest.call("path_filestat_get", {3, 0, 1024, 3, 256}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(256 + 40), 0u) << "1960";
  EXPECT_EQ(guest.at<uint64_t>(256 + 48), 1'000'000'007u);
  const timespec last[] = {{0, 1}, {-1, 999'999'999}};  // one nanosecond after, and one before
  ASSERT_EQ(utimensat(AT_FDCWD, (directory.path() + "/old").c_str(), last, 0), 0);
  const uint32_t fd = open_file(guest, "old");
  ASSERT_EQ(guest.call("fd_filestat_get", {fd, 256}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(256 + 40), 1u);
  EXPECT_EQ(guest.at<uint64_t>(256 + 48), 0u);
  std::filesystem::create_symlink("nowhere", directory.path() + "/link");
  ASSERT_EQ(utimensat(AT_FDCWD, (directory.path() + "/link").c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  guest.put_text(1024, "link");
  ASSERT_EQ(guest.call("path_filestat_get", {3, 0, 1024, 4, 256}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(256 + 40), 0u);
}

// The flags with which Go's os.Root opens a directory and files in it.
TEST_P(WasiFileFunctions, TruncatingNeedsNoRightOfTheDirectory) {
  const GuestDirectory directory(GetParam());
  directory.mkdir("sub");
  directory.write("sub/target", "old text");
  Guest guest(directory.config());
  guest.put_text(1024, "sub");
  ASSERT_EQ(guest.call("path_open", {3, 1, 1024, 3, 2, 0x7b7fe1c, 0xfffffff, 0, 64}), kSuccess);
  const uint32_t sub = guest.at<uint32_t>(64);
  guest.put_text(1024, "target");
  EXPECT_EQ(guest.call("path_open", {sub, 0, 1024, 6, 1 | 8, 0xfffffff, 0xfffffff, 0, 64}), kSuccess);
  EXPECT_EQ(directory.size("sub/target"), 0u);
  // Nor does creating with truncation, and truncating through a directory beneath.
  guest.put_text(1024, "fresh");
  EXPECT_EQ(guest.call("path_open", {sub, 0, 1024, 5, 1 | 8, 0xfffffff, 0xfffffff, 0, 64}), kSuccess);
  directory.mkdir("sub/deep");
  directory.write("sub/deep/file", "old text");
  guest.put_text(1024, "deep/file");
  EXPECT_EQ(guest.call("path_open", {sub, 0, 1024, 9, 8, 0xfffffff, 0xfffffff, 0, 64}), kSuccess);
  EXPECT_EQ(directory.size("sub/deep/file"), 0u);
  // A read-only grant is not a right that a program can give up.
  directory.write("sub/target", "new text");
  WasiConfig config;
  directory.grant(config, "/", WasiDirAccess::kReadOnly);
  Guest reader(std::move(config));
  reader.put_text(1024, "sub/target");
  EXPECT_EQ(reader.call("path_open", {3, 0, 1024, 10, 8, 0xfffffff, 0xfffffff, 0, 64}), 69u) << "rofs";
  EXPECT_EQ(directory.size("sub/target"), 8u);
}

// Giving the right up is different from not asking for it, and holds for directories that are opened afterwards.
TEST_P(WasiFileFunctions, TruncatingAfterItsRightWasGivenUp) {
  const GuestDirectory directory(GetParam());
  directory.mkdir("sub");
  directory.mkdir("sub/deep");
  directory.write("sub/target", "old text");
  directory.write("sub/deep/target", "old text");
  Guest guest(directory.config());
  constexpr uint64_t kAll = 0xfffffff, kSetSize = uint64_t{1} << 19;
  constexpr uint64_t kOfDirectory = kAll & ~(uint64_t{1} << 6 | uint64_t{1} << 8 | uint64_t{1} << 22);
  constexpr uint32_t kTrunc = 8;
  const auto open = [&](uint32_t in, std::string_view name, uint32_t flags) {
    guest.put_text(1024, name);
    const uint64_t base = name == "sub" || name == "deep" ? kOfDirectory : kAll;
    return guest.call("path_open", {in, 0, 1024, static_cast<uint32_t>(name.size()), flags, base, kAll, 0, 64});
  };
  ASSERT_EQ(open(3, "sub", 2), kSuccess);
  const uint32_t sub = guest.at<uint32_t>(64);
  ASSERT_EQ(guest.call("fd_fdstat_get", {sub, 256}), kSuccess);
  const uint64_t base = guest.at<uint64_t>(256 + 8), inheriting = guest.at<uint64_t>(256 + 16);
  ASSERT_NE(base & kSetSize, 0u);
  // Other rights are given up without that.
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {sub, base & ~uint64_t{1 << 26}, inheriting}), kSuccess);
  ASSERT_EQ(open(sub, "target", kTrunc), kSuccess);
  EXPECT_EQ(directory.size("sub/target"), 0u);
  directory.write("sub/target", "old text");
  ASSERT_EQ(guest.call("fd_fdstat_set_rights", {sub, base & ~uint64_t{1 << 26} & ~kSetSize, inheriting}), kSuccess);
  EXPECT_EQ(open(sub, "target", kTrunc), kNotcapable);
  EXPECT_EQ(open(sub, "new", kTrunc | 1), kNotcapable);
  EXPECT_EQ(open(sub, "target", 0), kSuccess);
  EXPECT_EQ(open(sub, "deep", 0), kSuccess);
  EXPECT_EQ(open(guest.at<uint32_t>(64), "target", kTrunc), kNotcapable);
  EXPECT_EQ(open(sub, "deep", 2), kSuccess);
  EXPECT_EQ(open(guest.at<uint32_t>(64), "target", kTrunc), kNotcapable);
  EXPECT_EQ(open(3, "sub", 2), kSuccess);  // the other directory has it
  EXPECT_EQ(open(guest.at<uint32_t>(64), "deep/target", kTrunc), kSuccess);
  EXPECT_FALSE(directory.exists("sub/new"));
  EXPECT_EQ(directory.size("sub/target"), 8u);
  EXPECT_EQ(directory.size("sub/deep/target"), 0u);
}

TEST_P(WasiFileFunctions, KindsOfFiles) {
  const GuestDirectory directory(GetParam());
  directory.write("file", "12345");
  directory.mkdir("sub");
  directory.link("file", "link");
  if (!directory.in_memory()) ASSERT_EQ(mkfifo((directory.host() + "/fifo").c_str(), 0600), 0);
  Guest guest(directory.config());
  auto type = [&](std::string_view name, uint32_t lookup) {
    guest.put_text(1024, name);
    EXPECT_EQ(guest.call("path_filestat_get", {3, lookup, 1024, name.size(), 64}), kSuccess) << name;
    return guest.at<uint8_t>(64 + 16);
  };
  EXPECT_EQ(type("file", 0), 4);
  EXPECT_EQ(guest.at<uint64_t>(64 + 32), 5u);  // its size
  EXPECT_EQ(type("sub", 0), 3);
  EXPECT_EQ(type("link", 0), 7);
  EXPECT_EQ(type("link", 1), 4);  // followed
  if (!directory.in_memory()) EXPECT_EQ(type("fifo", 0), 0);  // WASI has no name for it
  EXPECT_EQ(guest.call("fd_filestat_get", {0, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint8_t>(64 + 16), 2);  // /dev/null
}

TEST_P(WasiFileFunctions, Renumber) {
  const GuestDirectory directory(GetParam());
  directory.write("a", "first");
  directory.write("b", "second");
  Guest guest(directory.config());
  const uint32_t a = open_file(guest, "a"), b = open_file(guest, "b");
  guest.buffer(32, 4096, 100);
  EXPECT_EQ(guest.call("fd_renumber", {a, b}), kSuccess);
  EXPECT_EQ(guest.call("fd_read", {b, 32, 1, 64}), kSuccess);
  EXPECT_EQ(guest.text(4096, guest.at<uint32_t>(64)), "first");
  EXPECT_EQ(guest.call("fd_read", {a, 32, 1, 64}), kBadf);
  EXPECT_EQ(guest.call("fd_renumber", {a, b}), kBadf);
  EXPECT_EQ(guest.call("fd_renumber", {b, a}), kBadf);  // it must be open: this does not create a number
  EXPECT_EQ(guest.call("fd_renumber", {b, b}), kSuccess);
  EXPECT_EQ(guest.call("fd_tell", {b, 64}), kSuccess);
  EXPECT_EQ(guest.at<uint64_t>(64), 5u);
  EXPECT_EQ(open_file(guest, "a"), a);  // the number is free again
}

TEST(WasiFunctions, Random) {
  Guest guest{WasiConfig()};
  std::set<std::string> seen;
  for (int i = 0; i < 10; ++i) {
    guest.put_text(4096, std::string(66, 'x'));
    EXPECT_EQ(guest.call("random_get", {4097, 64}), kSuccess);
    EXPECT_TRUE(seen.insert(guest.text(4097, 64)).second);
    EXPECT_EQ(guest.at<char>(4096), 'x');
    EXPECT_EQ(guest.at<char>(4097 + 64), 'x');
  }
  // All of it is random: at no position is the same byte returned ten times.
  for (size_t at = 0; at < 64; ++at)
    EXPECT_GT((std::set<char>{(*std::next(seen.begin(), 0))[at], (*std::next(seen.begin(), 3))[at],
                              (*std::next(seen.begin(), 5))[at], (*std::next(seen.begin(), 7))[at],
                              (*std::next(seen.begin(), 8))[at], (*std::next(seen.begin(), 9))[at]})
                  .size(),
              1u)
        << at;
  EXPECT_EQ(guest.call("random_get", {0, 0}), kSuccess);
  EXPECT_EQ(guest.call("random_get", {65530, 7}), 21u);
}

TEST(WasiFunctions, RaisedSignals) {
  Guest guest{WasiConfig()};
  // In the order of WASI's numbers. 0: nothing happens; -1: not supported.
  constexpr int kEnds[] = {0,       SIGHUP,    SIGINT,  SIGQUIT, SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
                           SIGFPE,  SIGKILL,   SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                           0,       0,         -1,      -1,      -1,      -1,      0,       SIGXCPU,
                           SIGXFSZ, SIGVTALRM, SIGPROF, 0,       SIGPOLL, SIGPWR,  SIGSYS};
  for (uint32_t signal = 0; signal < std::size(kEnds); ++signal) {
    const Result<uint32_t> answer = guest.try_call("proc_raise", {signal});
    if (kEnds[signal] <= 0) {
      ASSERT_TRUE(answer) << signal << ": " << answer.error().to_string();
      EXPECT_EQ(*answer, kEnds[signal] == 0 ? kSuccess : kNotsup) << signal;
    } else {
      ASSERT_FALSE(answer) << signal;
      EXPECT_EQ(answer.error().kind(), ErrorKind::kExit) << signal;
      EXPECT_EQ(answer.error().exit_code(), 128 + kEnds[signal]) << signal;
    }
  }
  EXPECT_EQ(guest.call("proc_raise", {std::size(kEnds)}), kInval);
  EXPECT_EQ(guest.call("proc_raise", {256}), kInval);
}

std::vector<std::string> environment(Guest& guest) {
  EXPECT_EQ(guest.call("environ_sizes_get", {64, 68}), kSuccess);
  const auto count = guest.at<uint32_t>(64), size = guest.at<uint32_t>(68);
  EXPECT_EQ(guest.call("environ_get", {4096, 8192}), kSuccess);
  std::vector<std::string> found;
  uint32_t all = 0;
  for (uint32_t i = 0; i < count; ++i) {
    found.emplace_back(reinterpret_cast<const char*>(guest.bytes()) + guest.at<uint32_t>(4096 + 4 * i));
    all += static_cast<uint32_t>(found.back().size()) + 1;
  }
  EXPECT_EQ(all, size);
  return found;
}

// A later entry of the same name replaces the earlier one. What has no name, or is not UTF-8, cannot be passed on.
TEST(WasiFunctions, TheHostsEnvironment) {
  std::string entries[] = {"A=1", "plain", "=x", "B=\xFF", "C=x=y", "D=", "A=2"};
  std::vector<char*> host;
  for (std::string& entry : entries) host.push_back(entry.data());
  host.push_back(nullptr);
  char** const before = std::exchange(environ, host.data());
  WasiConfig config;
  config.inherit_env();
  environ = nullptr;
  WasiConfig none;
  none.inherit_env();
  environ = before;
  Guest guest(std::move(config));
  EXPECT_EQ(environment(guest), (std::vector<std::string>{"C=x=y", "D=", "A=2"}));
  Guest empty(std::move(none));
  EXPECT_EQ(environment(empty), std::vector<std::string>());
}

TEST(WasiFunctions, ListenersAreNamedInTheEnvironment) {
  using Strings = std::vector<std::string>;
  WasiConfig none;
  none.env("A", "1");
  Guest without(std::move(none));
  EXPECT_EQ(environment(without), Strings{"A=1"});
  WasiConfig two;
  two.env("A", "1").listen("127.0.0.1:0").listen("127.0.0.1:0");
  Guest with(std::move(two));
  EXPECT_EQ(environment(with), (Strings{"A=1", "LISTEN_FDS=2"}));
  EXPECT_EQ(with.call("fd_fdstat_get", {3, 64}), kSuccess);
  EXPECT_EQ(with.at<uint8_t>(64), 6u);  // a stream socket
  EXPECT_EQ(with.call("fd_fdstat_get", {4, 64}), kSuccess);
  EXPECT_EQ(with.call("fd_fdstat_get", {5, 64}), kBadf);
  // Variables from the host's own service manager are not for the guest.
  WasiConfig inherited;
  inherited.env("LISTEN_FDS", "7").env("B", "2").listen("127.0.0.1:0");
  Guest again(std::move(inherited));
  EXPECT_EQ(environment(again), (Strings{"B=2", "LISTEN_FDS=1"}));
}

// One Linker for programs of many stores, each with its own files and arguments.
TEST(WasiFunctions, OneLinkerForManyStores) {
  Engine engine;
  Linker linker(engine);
  must(Wasi::add_to_linker(linker, [](Caller& caller) { return static_cast<Wasi*>(caller.data()); }));
  const Module module = test::wat(engine, test::wat_of_all("wasi_snapshot_preview1"));
  auto argument = [&](Instance& instance) -> Result<std::string> {
    std::vector<Val> at = {Val(int32_t{64}), Val(int32_t{128})};
    ERMINE_ASSIGN(std::vector<Val> answer, instance.get_func("args_get")->call(at));
    EXPECT_EQ(answer[0].i32(), 0);
    return std::string(reinterpret_cast<const char*>(instance.get_memory("memory")->data()) + 128);
  };
  std::vector<std::optional<Wasi>> programs(3);
  std::vector<std::unique_ptr<Store>> stores;
  std::vector<Instance> instances;
  for (size_t i = 0; i < programs.size(); ++i) {
    WasiConfig config;
    config.args({"program " + std::to_string(i)});
    programs[i].emplace(must(Wasi::create(std::move(config))));
    stores.push_back(std::make_unique<Store>(engine));
    stores.back()->set_data(&*programs[i]);
    instances.push_back(must(linker.instantiate(*stores.back(), module)));
  }
  for (int round = 0; round < 2; ++round)
    for (size_t i = 0; i < programs.size(); ++i)
      EXPECT_EQ(must(argument(instances[i])), "program " + std::to_string(i));
  // One closes its streams, also by a fast path; the others still have theirs.
  for (const uint32_t expected : {kSuccess, kBadf}) {
    std::vector<Val> fd = {Val(int32_t{1})};
    EXPECT_EQ(must(instances[0].get_func("fd_close")->call(fd))[0].i32(), static_cast<int32_t>(expected));
  }
  std::vector<Val> stat = {Val(int32_t{1}), Val(int32_t{64})};
  EXPECT_EQ(must(instances[0].get_func("fd_fdstat_get")->call(stat))[0].i32(), static_cast<int32_t>(kBadf));
  EXPECT_EQ(must(instances[1].get_func("fd_fdstat_get")->call(stat))[0].i32(), 0);
  // A store without one gets an error.
  Store bare(engine);
  Instance lost = must(linker.instantiate(bare, module));
  const Result<std::string> refused = argument(lost);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("args_get: the calling store has no WASI state"), std::string::npos)
      << refused.error().message();
  // The form with a plain function and a context.
  const auto used = std::make_shared<int>(0);
  Linker plain(engine);
  must(Wasi::add_to_linker(
      plain,
      [](void* context, Caller& caller) {
        ++*static_cast<int*>(context);
        return static_cast<Wasi*>(caller.data());
      },
      used));
  Instance found = must(plain.instantiate(*stores[2], module));
  EXPECT_EQ(must(argument(found)), "program 2");
  EXPECT_EQ(*used, 1);
}

}  // namespace
}  // namespace ermine
