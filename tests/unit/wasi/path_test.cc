// Paths: resolution beneath a directory, by the kernel and by the engine, which must agree.

#include "wasi/host/path.h"

#include <sys/syscall.h>

#include <atomic>
#include <thread>

#include "temp_dir.h"

namespace ermine::wasi::host {
namespace {

TEST(GuestPath, RefusesInvalidPaths) {
  GuestPath p;
  EXPECT_EQ(p.assign(""), HostError::kNoEntry);
  EXPECT_EQ(p.assign("/etc"), HostError::kOutside);
  EXPECT_EQ(p.assign(std::string_view("a\0b", 3)), HostError::kInvalid);
  EXPECT_EQ(p.assign("a\xff"), HostError::kNotUtf8);
  EXPECT_EQ(p.assign(std::string(4096, 'a')), HostError::kNameTooLong);
  EXPECT_EQ(p.assign(std::string(4095, 'a')), HostError::kNone);
  EXPECT_EQ(p.assign("ä/…"), HostError::kNone);
}

TEST(Utf8, Boundaries) {
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));    // U+10FFFF
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));   // beyond
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));       // surrogate
  EXPECT_FALSE(is_utf8("\xc0\x80"));           // overlong NUL
  EXPECT_FALSE(is_utf8("\xe0\x80\x80"));       // overlong
  EXPECT_FALSE(is_utf8("\xe2\x82"));           // cut short
  EXPECT_FALSE(is_utf8("\x80"));               // no lead
  EXPECT_TRUE(is_utf8("\xed\x9f\xbf\xee\x80\x80"));
}

// Every case runs with openat2, without it, and in a directory in memory.
class OpenBeneath : public testing::TestWithParam<Resolves> {
 protected:
  void SetUp() override {
    outside_.write("secret", "secret");
    in_.mkdir("dir");
    in_.mkdir("dir/nested");
    in_.write("dir/nested/file", "inside");
    in_.write("file", "inside");
  }

  HostError open(const std::string& path, int flags = O_RDONLY) {
    if (in_.is_virtual()) return open_virtual(P(path), flags);
    Outcome<int> fd = open_beneath(in_.host().fd(), path.c_str(), flags, 0644);
    if (fd) close(*fd);
    return fd.error;
  }
  HostError open_virtual(const GuestPath& path, int flags) {
    const bool follow = (flags & O_NOFOLLOW) == 0;
    if ((flags & O_PATH) != 0) return stat_path(in_.ref(), path, follow).error;
    const int access = flags & O_ACCMODE;
    const OpenRequest request{.follow = follow,
                              .read = access != O_WRONLY,
                              .write = access != O_RDONLY,
                              .create = (flags & O_CREAT) != 0,
                              .exclusive = (flags & O_EXCL) != 0,
                              .directory = (flags & O_DIRECTORY) != 0};
    OwnDescriptor d;
    return open_file(in_.ref(), path, request, -1, d);
  }
  Place in_{GetParam()};
  TempDir outside_;
};
INSTANTIATE_TEST_SUITE_P(, OpenBeneath, testing::Values(Resolves::kKernel, Resolves::kWalker, Resolves::kVirtual),
                         name_of);
// For those of an embedder there are others in tree_test.cc.
class OpenBeneathTheHosts : public OpenBeneath {};
INSTANTIATE_TEST_SUITE_P(, OpenBeneathTheHosts, testing::Values(Resolves::kKernel, Resolves::kWalker), name_of);

TEST_P(OpenBeneath, PlainPaths) {
  EXPECT_EQ(open("file"), HostError::kNone);
  EXPECT_EQ(open("dir/nested/file"), HostError::kNone);
  EXPECT_EQ(open("."), HostError::kNone);
  EXPECT_EQ(open("./"), HostError::kNone);
  EXPECT_EQ(open("dir//.//nested/../nested///./file"), HostError::kNone);
  EXPECT_EQ(open("dir/.."), HostError::kNone);
  EXPECT_EQ(open("dir/nested///", O_DIRECTORY), HostError::kNone);
  EXPECT_EQ(open("missing"), HostError::kNoEntry);
  EXPECT_EQ(open("missing/.."), HostError::kNoEntry);
  EXPECT_EQ(open("file/"), HostError::kNotDirectory);
  EXPECT_EQ(open("file/x"), HostError::kNotDirectory);
  EXPECT_EQ(open("file/.."), HostError::kNotDirectory);
  EXPECT_EQ(open("file", O_DIRECTORY), HostError::kNotDirectory);
  EXPECT_EQ(open("dir", O_WRONLY), HostError::kIsDirectory);
  EXPECT_EQ(open("file", O_CREAT | O_EXCL | O_RDWR), HostError::kExists);
  EXPECT_EQ(open("new/", O_CREAT | O_RDWR), HostError::kIsDirectory);
  EXPECT_EQ(open("new", O_CREAT | O_RDWR), HostError::kNone);
  EXPECT_EQ(open(std::string(300, 'x')), HostError::kNameTooLong);
}

TEST_P(OpenBeneath, NothingLeadsOut) {
  EXPECT_EQ(open(".."), HostError::kOutside);
  EXPECT_EQ(open("../" + in_.path().substr(in_.path().rfind('/') + 1) + "/file"), HostError::kOutside);
  EXPECT_EQ(open("dir/../.."), HostError::kOutside);
  EXPECT_EQ(open("dir/nested/../../../x", O_CREAT | O_RDWR), HostError::kOutside);
  in_.symlink(outside_.path(), "abs");
  in_.symlink("../", "up");
  in_.symlink("..", "dir/up");
  in_.symlink("../..", "dir/upup");
  in_.symlink(outside_.path() + "/secret", "abs_file");
  in_.symlink("/proc/self/cwd", "proc");
  EXPECT_EQ(open("abs"), HostError::kOutside);
  EXPECT_EQ(open("abs/secret"), HostError::kOutside);
  EXPECT_EQ(open("abs_file"), HostError::kOutside);
  EXPECT_EQ(open("abs_file", O_CREAT | O_WRONLY), HostError::kOutside);
  EXPECT_EQ(open("up"), HostError::kOutside);
  EXPECT_EQ(open("up/x"), HostError::kOutside);
  EXPECT_EQ(open("dir/up/file"), HostError::kNone);
  EXPECT_EQ(open("dir/upup/x"), HostError::kOutside);
  EXPECT_EQ(open("dir/nested/../up/../x"), HostError::kOutside);
  EXPECT_EQ(open("proc/x"), HostError::kOutside);
}

TEST_P(OpenBeneath, SymbolicLinks) {
  in_.symlink("file", "link");
  in_.symlink("dir", "dirlink");
  in_.symlink("target", "dangling");
  in_.symlink("loop", "loop");
  in_.symlink("dir/", "slash");
  in_.symlink("dirlink/nested/../nested/file", "chain");
  EXPECT_EQ(open("link"), HostError::kNone);
  EXPECT_EQ(open("chain"), HostError::kNone);
  EXPECT_EQ(open("slash/nested"), HostError::kNone);
  EXPECT_EQ(open("link", O_NOFOLLOW), HostError::kLoop);
  EXPECT_EQ(open("link", O_NOFOLLOW | O_PATH), HostError::kNone);
  EXPECT_EQ(open("dirlink/nested", O_NOFOLLOW), HostError::kNone);
  EXPECT_EQ(open("dirlink/", O_NOFOLLOW | O_DIRECTORY), HostError::kNone);
  EXPECT_EQ(open("dirlink", O_NOFOLLOW | O_DIRECTORY), HostError::kNotDirectory);
  EXPECT_EQ(open("link/"), HostError::kNotDirectory);
  EXPECT_EQ(open("loop"), HostError::kLoop);
  EXPECT_EQ(open("loop/x"), HostError::kLoop);
  EXPECT_EQ(open("dangling"), HostError::kNoEntry);
  EXPECT_EQ(open("dangling", O_CREAT | O_EXCL | O_RDWR), HostError::kExists);
  EXPECT_EQ(open("dangling", O_CREAT | O_RDWR), HostError::kNone);
  EXPECT_TRUE(in_.exists("target"));
}

TEST_P(OpenBeneath, DeepAndLongPaths) {
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "dir/../";
  EXPECT_EQ(open(deep + "file"), HostError::kNone);
  std::string dots;
  for (int i = 0; i < 2000; ++i) dots += "./";
  EXPECT_EQ(open(dots + "file"), HostError::kNone);
  // 40 links are followed, as in the kernel; 41 are not.
  in_.symlink("file", "l0");
  for (int i = 1; i <= 41; ++i) in_.symlink("l" + std::to_string(i - 1), "l" + std::to_string(i));
  EXPECT_EQ(open("l39"), HostError::kNone);
  EXPECT_EQ(open("l40"), HostError::kLoop);
}

// A thread keeps exchanging a directory for a link that leads out while paths through it are opened.
TEST_P(OpenBeneathTheHosts, NoRaceLeadsOut) {
  outside_.write("file", "secret");
  in_.mkdir("real");
  in_.write("real/file", "inside");
  in_.symlink(outside_.path(), "evil");
  std::atomic<bool> stop{false};
  std::thread racer([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      syscall(SYS_renameat2, in_.host().fd(), "real", in_.host().fd(), "evil", 2 /* RENAME_EXCHANGE */);
    }
  });
  int inside = 0, refused = 0;
  const char* paths[] = {"real/file", "real/../real/file", "real/./file"};
  // On a busy machine both results may take long.
  for (int i = 0; i < 20000 || (i < 5'000'000 && (inside == 0 || refused == 0)); ++i) {
    Outcome<int> fd = open_beneath(in_.host().fd(), paths[i % 3], O_RDONLY);
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

TEST_P(OpenBeneathTheHosts, ParentsOfNames) {
  in_.symlink(outside_.path(), "abs");
  in_.symlink("dir", "dirlink");
  auto resolve = [&](const char* path) {
    Parent parent;
    return parent.resolve(in_.host().fd(), P(path), HostError::kInvalid, HostError::kNotEmpty);
  };
  EXPECT_EQ(resolve("x"), HostError::kNone);
  EXPECT_EQ(resolve("dir/x"), HostError::kNone);
  EXPECT_EQ(resolve("dirlink/x/"), HostError::kNone);
  EXPECT_EQ(resolve("."), HostError::kInvalid);
  EXPECT_EQ(resolve("dir/."), HostError::kInvalid);
  EXPECT_EQ(resolve("dir/.."), HostError::kNotEmpty);
  EXPECT_EQ(resolve("dir/../"), HostError::kNotEmpty);
  EXPECT_EQ(resolve(".."), HostError::kOutside);
  EXPECT_EQ(resolve("../x"), HostError::kOutside);
  EXPECT_EQ(resolve("abs/x"), HostError::kOutside);
  EXPECT_EQ(resolve("missing/x"), HostError::kNoEntry);
  EXPECT_EQ(resolve("file/x"), HostError::kNotDirectory);
}

}  // namespace
}  // namespace ermine::wasi::host
