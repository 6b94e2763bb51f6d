// Files by path and by descriptor.

#include "wasi/host/files.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <chrono>
#include <thread>

#include "temp_dir.h"
#include "wasi/host/directory.h"
#include "wasi/host/io.h"

namespace ermine::wasi {
namespace {

class Files : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { force_path_walker(GetParam()); }
  void TearDown() override { force_path_walker(false); }
  // As the table of descriptors hands it out.
  Errno open(const std::string& path, OpenRequest r, Descriptor& d) {
    Errno e = open_file(in_.fd(), P(path), r, -1, d);
    if (e == Errno::kSuccess && !d.classified) classify_now(d);
    return e;
  }
  static OpenRequest reading() {
    OpenRequest r;
    r.read = true;
    r.base = rights::kAll;
    return r;
  }
  static OpenRequest creating() {
    OpenRequest r = reading();
    r.write = true;
    r.oflags = oflags::kCreat;
    return r;
  }
  TempDir in_, outside_;
};
INSTANTIATE_TEST_SUITE_P(, Files, testing::Bool(), [](const auto& p) { return p.param ? "Walker" : "Kernel"; });

TEST_P(Files, OpenClassifies) {
  in_.mkdir("dir");
  in_.write("file", "12345");
  Descriptor d;
  ASSERT_EQ(open("file", reading(), d), Errno::kSuccess);
  EXPECT_EQ(d.type, Filetype::kRegularFile);
  EXPECT_EQ(d.waiting, Waiting::kNever);
  EXPECT_NE(d.base & rights::kFdRead, 0u);
  EXPECT_EQ(d.base & rights::kFdWrite, 0u);
  EXPECT_EQ(d.check(rights::kFdWrite), Errno::kBadf);
  Descriptor dir;
  ASSERT_EQ(open("dir", reading(), dir), Errno::kSuccess);
  EXPECT_EQ(dir.type, Filetype::kDirectory);
  EXPECT_EQ(dir.base & rights::kFdSeek, 0u);
  EXPECT_EQ(dir.check(rights::kFdRead), Errno::kIsdir);
  EXPECT_EQ(dir.check(rights::kFdSeek), Errno::kIsdir);
  Descriptor fresh;
  ASSERT_EQ(open("new", creating(), fresh), Errno::kSuccess);
  EXPECT_EQ(fresh.check(rights::kFdWrite | rights::kFdAllocate), Errno::kSuccess);
  Descriptor none;
  OpenRequest both = creating();
  both.oflags |= oflags::kDirectory;
  EXPECT_EQ(open("both", both, none), Errno::kInval);
  EXPECT_FALSE(in_.exists("both"));
}

TEST_P(Files, NamesAreMadeAndRemovedInside) {
  outside_.write("victim");
  in_.symlink(outside_.path(), "abs");
  in_.symlink("..", "up");
  EXPECT_EQ(create_directory(in_.fd(), P("d")), Errno::kSuccess);
  EXPECT_EQ(create_directory(in_.fd(), P("d")), Errno::kExist);
  EXPECT_EQ(create_directory(in_.fd(), P("d/e/")), Errno::kSuccess);
  EXPECT_EQ(create_directory(in_.fd(), P("abs/x")), Errno::kNotcapable);
  EXPECT_EQ(create_directory(in_.fd(), P("up/x")), Errno::kNotcapable);
  EXPECT_EQ(unlink_file(in_.fd(), P("abs/victim")), Errno::kNotcapable);
  EXPECT_TRUE(outside_.exists("victim"));
  EXPECT_EQ(rename_path(in_.fd(), P("abs/victim"), in_.fd(), P("stolen")), Errno::kNotcapable);
  EXPECT_EQ(rename_path(in_.fd(), P("d"), in_.fd(), P("abs/d")), Errno::kNotcapable);
  EXPECT_EQ(link_path(in_.fd(), P("abs/victim"), in_.fd(), P("stolen")), Errno::kNotcapable);
  EXPECT_EQ(symlink_path(P("x"), in_.fd(), P("abs/l")), Errno::kNotcapable);
  EXPECT_FALSE(outside_.exists("l"));
  GuestPath absolute;
  ASSERT_EQ(absolute.assign_link_target("/etc/passwd"), Errno::kSuccess);
  EXPECT_EQ(symlink_path(absolute, in_.fd(), P("l")), Errno::kNotcapable);
  // Removing the link itself is fine, and removes nothing else.
  EXPECT_EQ(unlink_file(in_.fd(), P("abs")), Errno::kSuccess);
  EXPECT_TRUE(outside_.exists("victim"));
  EXPECT_EQ(remove_directory(in_.fd(), P("d")), Errno::kNotempty);
  EXPECT_EQ(remove_directory(in_.fd(), P("d/e/.")), Errno::kInval);
  EXPECT_EQ(remove_directory(in_.fd(), P("d/e/..")), Errno::kNotempty);
  EXPECT_EQ(remove_directory(in_.fd(), P("..")), Errno::kNotcapable);
  EXPECT_EQ(remove_directory(in_.fd(), P("d/e/")), Errno::kSuccess);
  EXPECT_EQ(unlink_file(in_.fd(), P("d")), Errno::kIsdir);
  EXPECT_EQ(unlink_file(in_.fd(), P("d/")), Errno::kIsdir);
  in_.write("f");
  EXPECT_EQ(unlink_file(in_.fd(), P("f/")), Errno::kNotdir);
  EXPECT_EQ(remove_directory(in_.fd(), P("f")), Errno::kNotdir);
  EXPECT_EQ(symlink_path(P("t"), in_.fd(), P("n/")), Errno::kNoent);
  EXPECT_EQ(link_path(in_.fd(), P("f"), in_.fd(), P("n/")), Errno::kNoent);
  EXPECT_EQ(link_path(in_.fd(), P("d"), in_.fd(), P("n")), Errno::kPerm);
  EXPECT_EQ(rename_path(in_.fd(), P("d/"), in_.fd(), P("moved/")), Errno::kSuccess);
  EXPECT_EQ(rename_path(in_.fd(), P("moved/."), in_.fd(), P("x")), Errno::kBusy);
}

TEST_P(Files, StatsAndTimesStayInside) {
  outside_.write("victim", "abc");
  in_.write("file", "abc");
  in_.symlink("file", "link");
  in_.symlink(outside_.path() + "/victim", "abs");
  EXPECT_EQ(stat_path(in_.fd(), P("link"), false)->type, Filetype::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.fd(), P("link"), true)->type, Filetype::kRegularFile);
  EXPECT_EQ(stat_path(in_.fd(), P("./link"), false)->type, Filetype::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.fd(), P("link"), true)->size, 3u);
  EXPECT_EQ(stat_path(in_.fd(), P("."), true)->type, Filetype::kDirectory);
  EXPECT_EQ(stat_path(in_.fd(), P(".."), true).error, Errno::kNotcapable);
  EXPECT_EQ(stat_path(in_.fd(), P(".."), false).error, Errno::kNotcapable);
  EXPECT_EQ(stat_path(in_.fd(), P("abs"), true).error, Errno::kNotcapable);
  EXPECT_EQ(stat_path(in_.fd(), P("abs"), false)->type, Filetype::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.fd(), P("link/"), false).error, Errno::kNotdir);

  uint64_t t = 1'000'000'007'000'000'123;
  EXPECT_EQ(set_times_path(in_.fd(), P("abs"), true, 0, t, fstflags::kMtim), Errno::kNotcapable);
  EXPECT_EQ(set_times_path(in_.fd(), P(".."), false, 0, t, fstflags::kMtim), Errno::kNotcapable);
  uint64_t before = stat_path(in_.fd(), P("file"), false)->mtim;
  EXPECT_EQ(set_times_path(in_.fd(), P("link"), false, 0, t, fstflags::kMtim), Errno::kSuccess);
  EXPECT_EQ(stat_path(in_.fd(), P("link"), false)->mtim, t);
  EXPECT_EQ(stat_path(in_.fd(), P("file"), false)->mtim, before);
  EXPECT_EQ(set_times_path(in_.fd(), P("link"), true, 0, t, fstflags::kMtim), Errno::kSuccess);
  EXPECT_EQ(stat_path(in_.fd(), P("file"), false)->mtim, t);
  EXPECT_EQ(set_times_path(in_.fd(), P("file"), true, 0, 0, fstflags::kMtim | fstflags::kMtimNow), Errno::kInval);
  EXPECT_EQ(set_times_path(in_.fd(), P("file"), true, 0, 0, fstflags::kAtim | fstflags::kAtimNow), Errno::kInval);
}

TEST_P(Files, Readlink) {
  in_.symlink("some/target", "link");
  in_.mkdir("d");
  in_.symlink("x", "d/link");
  in_.write("file");
  char buffer[32];
  EXPECT_EQ(*readlink_path(in_.fd(), P("link"), buffer, sizeof buffer), 11u);
  EXPECT_EQ(std::string(buffer, 11), "some/target");
  EXPECT_EQ(*readlink_path(in_.fd(), P("link"), buffer, 4), 4u);
  EXPECT_EQ(*readlink_path(in_.fd(), P("link"), buffer, 0), 0u);
  EXPECT_EQ(*readlink_path(in_.fd(), P("d/link"), buffer, 4), 1u);
  EXPECT_EQ(readlink_path(in_.fd(), P("file"), buffer, 4).error, Errno::kInval);
  EXPECT_EQ(readlink_path(in_.fd(), P("d/../file"), buffer, 4).error, Errno::kInval);
  EXPECT_EQ(readlink_path(in_.fd(), P("none"), buffer, 4).error, Errno::kNoent);
}

TEST_P(Files, SizesAndPositions) {
  Descriptor d;
  ASSERT_EQ(open("f", creating(), d), Errno::kSuccess);
  EXPECT_EQ(set_size(d.host_fd, 100), Errno::kSuccess);
  EXPECT_EQ(allocate(d.host_fd, 50, 100), Errno::kSuccess);
  EXPECT_EQ(stat_file(d.host_fd)->size, 150u);
  EXPECT_EQ(allocate(d.host_fd, ~0ull, 1), Errno::kInval);
  EXPECT_EQ(allocate(d.host_fd, 0, 0), Errno::kInval);
  EXPECT_EQ(set_size(d.host_fd, ~0ull), Errno::kInval);
  EXPECT_EQ(*seek(d.host_fd, -50, Whence::kEnd), 100u);
  EXPECT_EQ(seek(d.host_fd, -101, Whence::kCur).error, Errno::kInval);
  EXPECT_EQ(advise(d.host_fd, 0, 10, 3), Errno::kSuccess);
  EXPECT_EQ(advise(d.host_fd, 0, 10, 6), Errno::kInval);
  char byte = 'x';
  iovec v{&byte, 1};
  EXPECT_EQ(write_at(d, &v, 1, ~0ull).error, Errno::kInval);
  EXPECT_EQ(*write_at(d, &v, 1, 7), 1u);
  byte = 0;
  EXPECT_EQ(*read_at(d, &v, 1, 7), 1u);
  EXPECT_EQ(byte, 'x');
}

TEST_P(Files, FifosAndDevices) {
  ASSERT_EQ(mkfifoat(in_.fd(), "fifo", 0644), 0);
  // With the guest's non-blocking wish, as POSIX has it.
  OpenRequest write = creating();
  write.read = false;
  write.oflags = 0;
  write.fdflags = fdflags::kNonblock;
  Descriptor none;
  EXPECT_EQ(open("fifo", write, none), Errno::kNxio);
  // Otherwise the two sides find each other.
  std::thread writer([&] {
    write.fdflags = 0;
    Descriptor w;
    ASSERT_EQ(open("fifo", write, w), Errno::kSuccess);
    EXPECT_EQ(w.type, Filetype::kUnknown);
    EXPECT_EQ(w.waiting, Waiting::kPipe);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    char text[] = "through";
    iovec v{text, 7};
    EXPECT_EQ(*write_some(w, &v, 1, -1), 7u);
  });
  Descriptor r;
  ASSERT_EQ(open("fifo", reading(), r), Errno::kSuccess);
  char got[16];
  iovec v{got, sizeof got};
  EXPECT_EQ(*read_some(r, &v, 1, -1), 7u);
  writer.join();
  EXPECT_EQ(*read_some(r, &v, 1, -1), 0u);
  // A unix socket in the directory is nothing one can open.
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/sock", in_.path().c_str());
  ASSERT_EQ(bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Descriptor d;
  EXPECT_EQ(open("sock", reading(), d), Errno::kNxio);
  close(s);
  if (geteuid() == 0 && mknodat(in_.fd(), "null", S_IFCHR | 0666, makedev(1, 3)) == 0) {
    Descriptor device;
    Errno e = open("null", creating(), device);
    if (e != Errno::kAcces) {  // a file system mounted nodev
      ASSERT_EQ(e, Errno::kSuccess);
      EXPECT_EQ(device.type, Filetype::kCharacterDevice);
      EXPECT_EQ(device.waiting, Waiting::kNever);
    }
  }
}

TEST_P(Files, WaitingForAFifoCanBeInterrupted) {
  ASSERT_EQ(mkfifoat(in_.fd(), "fifo", 0644), 0);
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ASSERT_EQ(write(pipe_fds[1], "x", 1), 1);
  });
  {
    Descriptor d;
    EXPECT_EQ(open_file(in_.fd(), P("fifo"), reading(), pipe_fds[0], d), Errno::kIntr);
  }
  interrupter.join();
  OpenRequest w = creating();
  w.read = false;
  w.oflags = 0;
  Descriptor d2;
  EXPECT_EQ(open_file(in_.fd(), P("fifo"), w, pipe_fds[0], d2), Errno::kIntr);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST(Directory, ManyEntriesWithStableCookies) {
  TempDir in;
  constexpr int kEntries = 3000;
  for (int i = 0; i < kEntries; ++i) in.write("entry-" + std::to_string(i));
  DirStream stream;
  ASSERT_EQ(stream.seek(in.fd(), 0), Errno::kSuccess);
  std::vector<std::pair<std::string, uint64_t>> seen;  // name, cookie behind it
  DirEntry e;
  while (*stream.next(in.fd(), e)) seen.emplace_back(e.name, e.next);
  ASSERT_EQ(seen.size(), kEntries + 2u);
  // From any cookie the rest comes again, in the same order.
  for (size_t from : {size_t{0}, size_t{1}, size_t{700}, size_t{1500}, size_t{2999}}) {
    ASSERT_EQ(stream.seek(in.fd(), seen[from].second), Errno::kSuccess);
    ASSERT_TRUE(*stream.next(in.fd(), e));
    EXPECT_EQ(e.name, seen[from + 1].first);
  }
  ASSERT_EQ(stream.seek(in.fd(), seen.back().second), Errno::kSuccess);
  EXPECT_FALSE(*stream.next(in.fd(), e));
  EXPECT_EQ(stream.seek(in.fd(), ~0ull), Errno::kInval);
  // A new file shows in a fresh listing.
  in.write("another");
  ASSERT_EQ(stream.seek(in.fd(), 0), Errno::kSuccess);
  size_t count = 0;
  while (*stream.next(in.fd(), e)) {
    ++count;
    if (e.name == "..") EXPECT_EQ(e.ino, 0u);
  }
  EXPECT_EQ(count, kEntries + 3u);
}

}  // namespace
}  // namespace ermine::wasi
