// Paths: resolution beneath a directory, by the kernel and by the walker, which must agree.

#include "wasi/host/path.h"

#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "temp_dir.h"

namespace ermine::wasi {
namespace {

TEST(GuestPath, RefusesWhatNoPathIs) {
  GuestPath p;
  EXPECT_EQ(p.assign(""), Errno::kNoent);
  EXPECT_EQ(p.assign("/etc"), Errno::kNotcapable);
  EXPECT_EQ(p.assign(std::string_view("a\0b", 3)), Errno::kInval);
  EXPECT_EQ(p.assign("a\xff"), Errno::kIlseq);
  EXPECT_EQ(p.assign(std::string(4096, 'a')), Errno::kNametoolong);
  EXPECT_EQ(p.assign(std::string(4095, 'a')), Errno::kSuccess);
  EXPECT_EQ(p.assign("ä/…"), Errno::kSuccess);
}

TEST(Utf8, KnowsTheEdges) {
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));    // U+10FFFF
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));   // beyond
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));       // surrogate
  EXPECT_FALSE(is_utf8("\xc0\x80"));           // overlong NUL
  EXPECT_FALSE(is_utf8("\xe0\x80\x80"));       // overlong
  EXPECT_FALSE(is_utf8("\xe2\x82"));           // cut short
  EXPECT_FALSE(is_utf8("\x80"));               // no lead
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xee\x80\x80"));
}

// Every case runs with openat2 and with the walker.
class OpenBeneath : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    force_path_walker(GetParam());
    outside_.write("secret", "secret");
    in_.mkdir("dir");
    in_.mkdir("dir/nested");
    in_.write("dir/nested/file", "inside");
    in_.write("file", "inside");
  }
  void TearDown() override { force_path_walker(false); }

  Errno open(const std::string& path, int flags = O_RDONLY) {
    Outcome<int> fd = open_beneath(in_.fd(), path.c_str(), flags, 0644);
    if (fd) close(*fd);
    return fd.error;
  }
  TempDir in_, outside_;
};
INSTANTIATE_TEST_SUITE_P(, OpenBeneath, testing::Bool(), [](const auto& p) { return p.param ? "Walker" : "Kernel"; });

TEST_P(OpenBeneath, PlainPaths) {
  EXPECT_EQ(open("file"), Errno::kSuccess);
  EXPECT_EQ(open("dir/nested/file"), Errno::kSuccess);
  EXPECT_EQ(open("."), Errno::kSuccess);
  EXPECT_EQ(open("./"), Errno::kSuccess);
  EXPECT_EQ(open("dir//.//nested/../nested///./file"), Errno::kSuccess);
  EXPECT_EQ(open("dir/.."), Errno::kSuccess);
  EXPECT_EQ(open("dir/nested///", O_DIRECTORY), Errno::kSuccess);
  EXPECT_EQ(open("missing"), Errno::kNoent);
  EXPECT_EQ(open("missing/.."), Errno::kNoent);
  EXPECT_EQ(open("file/"), Errno::kNotdir);
  EXPECT_EQ(open("file/x"), Errno::kNotdir);
  EXPECT_EQ(open("file/.."), Errno::kNotdir);
  EXPECT_EQ(open("file", O_DIRECTORY), Errno::kNotdir);
  EXPECT_EQ(open("dir", O_WRONLY), Errno::kIsdir);
  EXPECT_EQ(open("file", O_CREAT | O_EXCL | O_RDWR), Errno::kExist);
  EXPECT_EQ(open("new/", O_CREAT | O_RDWR), Errno::kIsdir);
  EXPECT_EQ(open("new", O_CREAT | O_RDWR), Errno::kSuccess);
  EXPECT_EQ(open(std::string(300, 'x')), Errno::kNametoolong);
}

TEST_P(OpenBeneath, NothingLeadsOut) {
  EXPECT_EQ(open(".."), Errno::kNotcapable);
  EXPECT_EQ(open("../" + in_.path().substr(in_.path().rfind('/') + 1) + "/file"), Errno::kNotcapable);
  EXPECT_EQ(open("dir/../.."), Errno::kNotcapable);
  EXPECT_EQ(open("dir/nested/../../../x", O_CREAT | O_RDWR), Errno::kNotcapable);
  in_.symlink(outside_.path(), "abs");
  in_.symlink("../", "up");
  in_.symlink("..", "dir/up");
  in_.symlink("../..", "dir/upup");
  in_.symlink(outside_.path() + "/secret", "abs_file");
  in_.symlink("/proc/self/cwd", "proc");
  EXPECT_EQ(open("abs"), Errno::kNotcapable);
  EXPECT_EQ(open("abs/secret"), Errno::kNotcapable);
  EXPECT_EQ(open("abs_file"), Errno::kNotcapable);
  EXPECT_EQ(open("abs_file", O_CREAT | O_WRONLY), Errno::kNotcapable);
  EXPECT_EQ(open("up"), Errno::kNotcapable);
  EXPECT_EQ(open("up/x"), Errno::kNotcapable);
  EXPECT_EQ(open("dir/up/file"), Errno::kSuccess);
  EXPECT_EQ(open("dir/upup/x"), Errno::kNotcapable);
  EXPECT_EQ(open("dir/nested/../up/../x"), Errno::kNotcapable);
  EXPECT_EQ(open("proc/x"), Errno::kNotcapable);
}

TEST_P(OpenBeneath, SymbolicLinks) {
  in_.symlink("file", "link");
  in_.symlink("dir", "dirlink");
  in_.symlink("target", "dangling");
  in_.symlink("loop", "loop");
  in_.symlink("dir/", "slash");
  in_.symlink("dirlink/nested/../nested/file", "chain");
  EXPECT_EQ(open("link"), Errno::kSuccess);
  EXPECT_EQ(open("chain"), Errno::kSuccess);
  EXPECT_EQ(open("slash/nested"), Errno::kSuccess);
  EXPECT_EQ(open("link", O_NOFOLLOW), Errno::kLoop);
  EXPECT_EQ(open("link", O_NOFOLLOW | O_PATH), Errno::kSuccess);
  EXPECT_EQ(open("dirlink/nested", O_NOFOLLOW), Errno::kSuccess);
  EXPECT_EQ(open("dirlink/", O_NOFOLLOW | O_DIRECTORY), Errno::kSuccess);
  EXPECT_EQ(open("dirlink", O_NOFOLLOW | O_DIRECTORY), Errno::kNotdir);
  EXPECT_EQ(open("link/"), Errno::kNotdir);
  EXPECT_EQ(open("loop"), Errno::kLoop);
  EXPECT_EQ(open("loop/x"), Errno::kLoop);
  EXPECT_EQ(open("dangling"), Errno::kNoent);
  EXPECT_EQ(open("dangling", O_CREAT | O_EXCL | O_RDWR), Errno::kExist);
  EXPECT_EQ(open("dangling", O_CREAT | O_RDWR), Errno::kSuccess);
  EXPECT_TRUE(in_.exists("target"));
}

TEST_P(OpenBeneath, DeepAndLongPaths) {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "dir/../";
  EXPECT_EQ(open(deep + "file"), Errno::kSuccess);
  std::string dots;
  for (int i = 0; i < 2000; ++i) dots += "./";
  EXPECT_EQ(open(dots + "file"), Errno::kSuccess);
  // 40 links are followed, as the kernel does; 41 are not.
  in_.symlink("file", "l0");
  for (int i = 1; i <= 41; ++i) in_.symlink("l" + std::to_string(i - 1), "l" + std::to_string(i));
  EXPECT_EQ(open("l39"), Errno::kSuccess);
  EXPECT_EQ(open("l40"), Errno::kLoop);
}

// A thread keeps exchanging a directory for a link that leads out while paths through it are opened.
TEST_P(OpenBeneath, NoRaceLeadsOut) {
  outside_.write("file", "secret");
  in_.mkdir("real");
  in_.write("real/file", "inside");
  in_.symlink(outside_.path(), "evil");
  std::atomic<bool> stop{false};
  std::thread racer([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      syscall(SYS_renameat2, in_.fd(), "real", in_.fd(), "evil", 2 /* RENAME_EXCHANGE */);
    }
  });
  int inside = 0, refused = 0;
  const char* paths[] = {"real/file", "real/../real/file", "real/./file"};
  // On a busy machine both answers may be long in coming.
  for (int i = 0; i < 20000 || (i < 5'000'000 && (inside == 0 || refused == 0)); ++i) {
    Outcome<int> fd = open_beneath(in_.fd(), paths[i % 3], O_RDONLY);
    if (!fd) {
      ++refused;
      continue;
    }
    char c = 0;
    EXPECT_EQ(read(*fd, &c, 1), 1);
    close(*fd);
    if (c != 'i') {
      ADD_FAILURE() << "read from outside";
      break;
    }
    ++inside;
  }
  stop = true;
  racer.join();
  EXPECT_GT(inside, 0);
  EXPECT_GT(refused, 0);
}

TEST_P(OpenBeneath, ParentsOfNames) {
  in_.symlink(outside_.path(), "abs");
  in_.symlink("dir", "dirlink");
  auto resolve = [&](const char* path) {
    Parent parent;
    return parent.resolve(in_.fd(), P(path), Errno::kInval, Errno::kNotempty);
  };
  EXPECT_EQ(resolve("x"), Errno::kSuccess);
  EXPECT_EQ(resolve("dir/x"), Errno::kSuccess);
  EXPECT_EQ(resolve("dirlink/x/"), Errno::kSuccess);
  EXPECT_EQ(resolve("."), Errno::kInval);
  EXPECT_EQ(resolve("dir/."), Errno::kInval);
  EXPECT_EQ(resolve("dir/.."), Errno::kNotempty);
  EXPECT_EQ(resolve("dir/../"), Errno::kNotempty);
  EXPECT_EQ(resolve(".."), Errno::kNotcapable);
  EXPECT_EQ(resolve("../x"), Errno::kNotcapable);
  EXPECT_EQ(resolve("abs/x"), Errno::kNotcapable);
  EXPECT_EQ(resolve("missing/x"), Errno::kNoent);
  EXPECT_EQ(resolve("file/x"), Errno::kNotdir);
}

}  // namespace
}  // namespace ermine::wasi
