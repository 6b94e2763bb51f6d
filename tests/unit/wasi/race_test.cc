// All operations on paths while a thread exchanges directories and files on the way for links that lead out, and moves
// directories out from under a "..". Nothing outside may be read, made, changed or removed. Half a second each, or
// ERMINE_RACE_SECONDS; .ci/run race takes five minutes.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "temp_dir.h"
#include "wasi/host/files.h"

namespace ermine::wasi::host {
namespace {

namespace fs = std::filesystem;

std::chrono::milliseconds duration() {
  const char* text = std::getenv("ERMINE_RACE_SECONDS");
  return std::chrono::milliseconds(text != nullptr ? std::atoi(text) * 1000 : 500);
}

GuestPath path_of(const char* text) {
  GuestPath p;
  EXPECT_EQ(p.assign(text), HostError::kNone) << text;
  return p;
}

// The state of everything outside, in every detail that an operation could change.
std::string describe(const std::string& root) {
  std::string text;
  std::set<std::string> names;
  for (const auto& e : fs::recursive_directory_iterator(root)) names.insert(e.path());
  for (const std::string& name : names) {
    struct stat st;
    if (lstat(name.c_str(), &st) != 0) continue;
    text += name + " " + std::to_string(st.st_mode) + " " + std::to_string(st.st_size) + " " +
            std::to_string(st.st_nlink) + " " + std::to_string(st.st_mtim.tv_sec) + "." +
            std::to_string(st.st_mtim.tv_nsec) + "\n";
  }
  return text;
}

class Race : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    force_path_walker(GetParam());
    out_ = outside_.path() + "/treasure";
    fs::create_directories(out_ + "/empty");
    fs::create_directories(out_ + "/dir");
    for (const char* name : {"/file", "/dir/file", "/victim"}) std::ofstream(out_ + name) << "secret, and longer";
    fs::create_symlink("elsewhere", out_ + "/link");
    in_.mkdir("real");
    in_.mkdir("real/dir");
    in_.write("real/file", "inside");
    in_.write("real/dir/file", "inside");
    in_.write("plain", "inside");
    in_.symlink(out_, "evil");
    in_.symlink(out_ + "/file", "evil_file");
    in_.mkdir("a");
    in_.mkdir("a/b");
    in_.write("a/file", "inside");
    before_ = describe(out_);
  }
  void TearDown() override { force_path_walker(false); }

  void expect_inside(Outcome<int> fd, const char* what) {
    if (!fd) {
      ++refused_;
      return;
    }
    char c = 0;
    EXPECT_EQ(pread(*fd, &c, 1, 0), 1) << what;
    EXPECT_EQ(c, 'i') << what;
    close(*fd);
    ++inside_;
  }
  void count(HostError e) { ++(e == HostError::kNone ? inside_ : refused_); }

  // One round of all operations, through names that are being exchanged.
  void attack() {
    const int d = in_.fd();
    for (const char* p : {"real/file", "real/dir/../file", "plain", "real/dir/file"})
      expect_inside(open_beneath(d, p, O_RDONLY), p);
    for (const char* p : {"real/file", "plain"}) {
      Outcome<FileStat> st = stat_path(d, path_of(p), true);
      if (st && st->type == FileType::kRegularFile) EXPECT_EQ(st->size, 6u) << p;
      count(st.error);
    }
    count(set_times_path(d, path_of("real/file"), true, {}, {TimeChange::To::kTime, 1}));
    count(set_times_path(d, path_of("plain"), true, {}, {TimeChange::To::kTime, 1}));
    if (Outcome<int> fd = open_beneath(d, "real/made", O_WRONLY | O_CREAT, 0600); fd) close(*fd), ++inside_;
    if (Outcome<int> fd = open_beneath(d, "plain", O_WRONLY); fd) {
      EXPECT_EQ(pwrite(*fd, "inside", 6, 0), 6);
      close(*fd);
    }
    count(create_directory(d, path_of("real/new")));
    count(remove_directory(d, path_of("real/new")));
    count(remove_directory(d, path_of("real/empty")));
    count(unlink_file(d, path_of("real/victim")));
    count(unlink_file(d, path_of("real/made")));
    count(rename_path(d, path_of("real/victim"), d, path_of("stolen")));
    count(rename_path(d, path_of("a/file"), d, path_of("real/given")));
    count(rename_path(d, path_of("real/given"), d, path_of("a/file")));
    count(link_path(d, path_of("real/victim"), d, path_of("linked")));
    count(link_path(d, path_of("a/file"), d, path_of("real/linked")));
    count(unlink_file(d, path_of("real/linked")));
    count(symlink_path(path_of("x"), d, path_of("real/symbolic")));
    count(unlink_file(d, path_of("real/symbolic")));
    char target[64];
    EXPECT_FALSE(readlink_path(d, path_of("real/link"), target, sizeof target));
  }

  // Runs `exchange` in a thread while `work` runs, for the time of a test.
  template <class Exchange, class Work>
  void race(Exchange&& exchange, Work&& work) {
    std::atomic<bool> stop{false};
    std::thread racer([&] {
      while (!stop.load(std::memory_order_relaxed)) exchange();
    });
    const auto end = std::chrono::steady_clock::now() + duration();
    const auto latest = end + std::chrono::seconds(30);
    // On a busy machine both results may take long.
    auto goes_on = [&] {
      const auto now = std::chrono::steady_clock::now();
      return now < end || (now < latest && (inside_ == 0 || refused_ == 0));
    };
    do {
      for (int n = 0; n < 20; ++n) work();
      EXPECT_EQ(describe(out_), before_);
    } while (goes_on() && !HasFailure());
    stop = true;
    racer.join();
    RecordProperty("inside", std::to_string(inside_));
    RecordProperty("refused", std::to_string(refused_));
    EXPECT_GT(inside_, 0u);
    EXPECT_GT(refused_, 0u);
  }
  void exchange(const char* a, const char* b) {
    syscall(SYS_renameat2, in_.fd(), a, in_.fd(), b, 2 /* RENAME_EXCHANGE */);
  }

  TempDir outside_, in_;
  std::string out_, before_;
  uint64_t inside_ = 0, refused_ = 0;
};

TEST_P(Race, LinksExchangedForWhatTheyReplace) {
  race(
      [&] {
        exchange("real", "evil");
        exchange("plain", "evil_file");
      },
      [&] { attack(); });
}

// "a/b/..": while the path is resolved, b moves to a place outside whose parent contains a secret of the same name.
TEST_P(Race, DirectoriesMovedOutFromUnderDots) {
  const std::string moved = outside_.path() + "/b";
  std::ofstream(outside_.path() + "/file") << "secret";
  race(
      [&] {
        renameat(in_.fd(), "a/b", AT_FDCWD, moved.c_str());
        renameat(AT_FDCWD, moved.c_str(), in_.fd(), "a/b");
      },
      [&] {
        expect_inside(open_beneath(in_.fd(), "a/b/../file", O_RDONLY), "a/b/../file");
        Outcome<FileStat> st = stat_path(in_.fd(), path_of("a/b/../../plain"), true);
        if (st) EXPECT_EQ(st->size, 6u);
        EXPECT_FALSE(open_beneath(in_.fd(), "a/b/../../../file", O_RDONLY));
      });
}

INSTANTIATE_TEST_SUITE_P(, Race, testing::Bool(),
                         [](const auto& p) { return p.param ? std::string("Walker") : std::string("Kernel"); });

}  // namespace
}  // namespace ermine::wasi::host
