// Files by path and by descriptor.

#include "wasi/host/files.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "temp_dir.h"
#include "wasi/host/directory.h"
#include "wasi/host/io.h"

namespace ermine::wasi::host {
namespace {

class Files : public testing::TestWithParam<Resolves> {
 protected:
  // With all properties known.
  HostError open(const std::string& path, OpenRequest r, OwnDescriptor& d) {
    HostError e = open_file(in_.ref(), P(path), r, -1, d);
    return e == HostError::kNone && !d.inspected ? inspect(d) : e;
  }
  static OpenRequest reading() {
    OpenRequest r;
    r.read = true;
    return r;
  }
  static OpenRequest creating() {
    OpenRequest r = reading();
    r.write = r.create = true;
    return r;
  }
  Place in_{GetParam()};
  TempDir outside_;
};
INSTANTIATE_TEST_SUITE_P(, Files, testing::Values(Resolves::kKernel, Resolves::kWalker, Resolves::kVirtual), name_of);
// What only the host's directories have.
class FilesOfTheHost : public Files {};
INSTANTIATE_TEST_SUITE_P(, FilesOfTheHost, testing::Values(Resolves::kKernel, Resolves::kWalker), name_of);

TEST_P(Files, OpenDeterminesTheFileType) {
  in_.mkdir("dir");
  in_.write("file", "12345");
  OwnDescriptor d;
  ASSERT_EQ(open_file(in_.ref(), P("file"), reading(), -1, d), HostError::kNone);
  const Waiting never = in_.is_virtual() ? Waiting::kVirtual : Waiting::kNever;
  EXPECT_EQ(d.inspected, in_.is_virtual());  // otherwise not until a property is needed
  EXPECT_EQ(d.waiting, never);
  if (!d.inspected) ASSERT_EQ(inspect(d), HostError::kNone);
  EXPECT_TRUE(d.inspected);
  EXPECT_EQ(d.type, FileType::kRegularFile);
  EXPECT_EQ(d.waiting, never);
  EXPECT_TRUE(d.has_position());
  EXPECT_TRUE(d.readable);
  EXPECT_FALSE(d.writable);
  OwnDescriptor dir;
  ASSERT_EQ(open("dir", reading(), dir), HostError::kNone);
  EXPECT_EQ(dir.type, FileType::kDirectory);
  OwnDescriptor fresh;
  ASSERT_EQ(open("new", creating(), fresh), HostError::kNone);
  EXPECT_TRUE(fresh.writable);
  OwnDescriptor none;
  OpenRequest both = creating();
  both.directory = true;
  EXPECT_EQ(open("both", both, none), HostError::kInvalid);
  EXPECT_FALSE(in_.exists("both"));
  OpenRequest only_directory = reading();
  only_directory.directory = true;
  EXPECT_EQ(open("file", only_directory, none), HostError::kNotDirectory);
  OpenRequest exclusive = creating();
  exclusive.exclusive = true;
  EXPECT_EQ(open("file", exclusive, none), HostError::kExists);
  OwnDescriptor emptied;
  OpenRequest truncate = creating();
  truncate.truncate = true;
  ASSERT_EQ(open("file", truncate, emptied), HostError::kNone);
  EXPECT_EQ(stat_file(emptied)->size, 0u);
}

TEST_P(Files, NamesAreMadeAndRemovedInside) {
  outside_.write("victim");
  in_.symlink(outside_.path(), "abs");
  in_.symlink("..", "up");
  EXPECT_EQ(create_directory(in_.ref(), P("d")), HostError::kNone);
  EXPECT_EQ(create_directory(in_.ref(), P("d")), HostError::kExists);
  EXPECT_EQ(create_directory(in_.ref(), P("d/e/")), HostError::kNone);
  EXPECT_EQ(create_directory(in_.ref(), P("abs/x")), HostError::kOutside);
  EXPECT_EQ(create_directory(in_.ref(), P("up/x")), HostError::kOutside);
  EXPECT_EQ(unlink_file(in_.ref(), P("abs/victim")), HostError::kOutside);
  EXPECT_TRUE(outside_.exists("victim"));
  EXPECT_EQ(rename_path(in_.ref(), P("abs/victim"), in_.ref(), P("stolen")), HostError::kOutside);
  EXPECT_EQ(rename_path(in_.ref(), P("d"), in_.ref(), P("abs/d")), HostError::kOutside);
  EXPECT_EQ(link_path(in_.ref(), P("abs/victim"), in_.ref(), P("stolen")), HostError::kOutside);
  EXPECT_EQ(symlink_path(P("x"), in_.ref(), P("abs/l")), HostError::kOutside);
  EXPECT_FALSE(outside_.exists("l"));
  GuestPath absolute;
  ASSERT_EQ(absolute.assign_link_target("/etc/passwd"), HostError::kNone);
  EXPECT_EQ(symlink_path(absolute, in_.ref(), P("l")), HostError::kOutside);
  // Removing the link itself is possible, and removes nothing else.
  EXPECT_EQ(unlink_file(in_.ref(), P("abs")), HostError::kNone);
  EXPECT_TRUE(outside_.exists("victim"));
  EXPECT_EQ(remove_directory(in_.ref(), P("d")), HostError::kNotEmpty);
  EXPECT_EQ(remove_directory(in_.ref(), P("d/e/.")), HostError::kInvalid);
  EXPECT_EQ(remove_directory(in_.ref(), P("d/e/..")), HostError::kNotEmpty);
  EXPECT_EQ(remove_directory(in_.ref(), P("..")), HostError::kOutside);
  EXPECT_EQ(remove_directory(in_.ref(), P("d/e/")), HostError::kNone);
  EXPECT_EQ(unlink_file(in_.ref(), P("d")), HostError::kIsDirectory);
  EXPECT_EQ(unlink_file(in_.ref(), P("d/")), HostError::kIsDirectory);
  in_.write("f");
  EXPECT_EQ(unlink_file(in_.ref(), P("f/")), HostError::kNotDirectory);
  EXPECT_EQ(remove_directory(in_.ref(), P("f")), HostError::kNotDirectory);
  EXPECT_EQ(symlink_path(P("t"), in_.ref(), P("n/")), HostError::kNoEntry);
  EXPECT_EQ(link_path(in_.ref(), P("f"), in_.ref(), P("n/")), HostError::kNoEntry);
  EXPECT_EQ(link_path(in_.ref(), P("d"), in_.ref(), P("n")), HostError::kNotPermitted);
  EXPECT_EQ(rename_path(in_.ref(), P("d/"), in_.ref(), P("moved/")), HostError::kNone);
  EXPECT_EQ(rename_path(in_.ref(), P("moved/."), in_.ref(), P("x")), HostError::kBusy);
}

TEST_P(Files, StatsAndTimesStayInside) {
  outside_.write("victim", "abc");
  in_.write("file", "abc");
  in_.symlink("file", "link");
  in_.symlink(outside_.path() + "/victim", "abs");
  EXPECT_EQ(stat_path(in_.ref(), P("link"), false)->type, FileType::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.ref(), P("link"), true)->type, FileType::kRegularFile);
  EXPECT_EQ(stat_path(in_.ref(), P("./link"), false)->type, FileType::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.ref(), P("link"), true)->size, 3u);
  EXPECT_EQ(stat_path(in_.ref(), P("."), true)->type, FileType::kDirectory);
  EXPECT_EQ(stat_path(in_.ref(), P(".."), true).error, HostError::kOutside);
  EXPECT_EQ(stat_path(in_.ref(), P(".."), false).error, HostError::kOutside);
  EXPECT_EQ(stat_path(in_.ref(), P("abs"), true).error, HostError::kOutside);
  EXPECT_EQ(stat_path(in_.ref(), P("abs"), false)->type, FileType::kSymbolicLink);
  EXPECT_EQ(stat_path(in_.ref(), P("link/"), false).error, HostError::kNotDirectory);

  const uint64_t time = 1'000'000'007'000'000'123;
  const TimeChange keep, set{TimeChange::To::kTime, time}, now{TimeChange::To::kNow};
  EXPECT_EQ(set_times_path(in_.ref(), P("abs"), true, keep, set), HostError::kOutside);
  EXPECT_EQ(set_times_path(in_.ref(), P(".."), false, keep, set), HostError::kOutside);
  uint64_t before = stat_path(in_.ref(), P("file"), false)->modified;
  EXPECT_EQ(set_times_path(in_.ref(), P("link"), false, keep, set), HostError::kNone);
  EXPECT_EQ(stat_path(in_.ref(), P("link"), false)->modified, time);
  EXPECT_EQ(stat_path(in_.ref(), P("file"), false)->modified, before);
  EXPECT_EQ(set_times_path(in_.ref(), P("link"), true, keep, set), HostError::kNone);
  EXPECT_EQ(stat_path(in_.ref(), P("file"), false)->modified, time);
  EXPECT_EQ(set_times_path(in_.ref(), P("file"), true, set, keep), HostError::kNone);
  EXPECT_EQ(stat_path(in_.ref(), P("file"), false)->accessed, time);
  EXPECT_EQ(stat_path(in_.ref(), P("file"), false)->modified, time);
  EXPECT_EQ(set_times_path(in_.ref(), P("file"), true, keep, now), HostError::kNone);
  EXPECT_GE(stat_path(in_.ref(), P("file"), false)->modified, before);
  EXPECT_EQ(stat_path(in_.ref(), P("file"), false)->accessed, time);
}

TEST_P(Files, Readlink) {
  in_.symlink("some/target", "link");
  in_.mkdir("d");
  in_.symlink("x", "d/link");
  in_.write("file");
  char buffer[32];
  EXPECT_EQ(*readlink_path(in_.ref(), P("link"), buffer, sizeof buffer), 11u);
  EXPECT_EQ(std::string(buffer, 11), "some/target");
  EXPECT_EQ(*readlink_path(in_.ref(), P("link"), buffer, 4), 4u);
  EXPECT_EQ(*readlink_path(in_.ref(), P("link"), buffer, 0), 0u);
  EXPECT_EQ(*readlink_path(in_.ref(), P("d/link"), buffer, 4), 1u);
  EXPECT_EQ(readlink_path(in_.ref(), P("file"), buffer, 4).error, HostError::kInvalid);
  EXPECT_EQ(readlink_path(in_.ref(), P("d/../file"), buffer, 4).error, HostError::kInvalid);
  EXPECT_EQ(readlink_path(in_.ref(), P("none"), buffer, 4).error, HostError::kNoEntry);
}

TEST_P(Files, SizesAndPositions) {
  OwnDescriptor d;
  ASSERT_EQ(open("f", creating(), d), HostError::kNone);
  EXPECT_EQ(set_size(d, 100), HostError::kNone);
  EXPECT_EQ(allocate(d, 50, 100), HostError::kNone);
  EXPECT_EQ(stat_file(d)->size, 150u);
  EXPECT_EQ(allocate(d, ~0ull, 1), HostError::kInvalid);
  EXPECT_EQ(allocate(d, 0, 0), HostError::kInvalid);
  EXPECT_EQ(set_size(d, ~0ull), HostError::kInvalid);
  EXPECT_EQ(*seek(d, -50, Whence::kEnd), 100u);
  EXPECT_EQ(seek(d, -101, Whence::kCurrent).error, HostError::kInvalid);
  EXPECT_EQ(advise(d, 0, 10, Advice::kWillNeed), HostError::kNone);
  EXPECT_EQ(advise(d, 0, ~0ull, Advice::kNormal), HostError::kInvalid);
  char byte = 'x';
  iovec v{&byte, 1};
  EXPECT_EQ(write_at(d, &v, 1, ~0ull).error, HostError::kInvalid);
  EXPECT_EQ(*write_at(d, &v, 1, 7), 1u);
  byte = 0;
  EXPECT_EQ(*read_at(d, &v, 1, 7), 1u);
  EXPECT_EQ(byte, 'x');
}

TEST_P(FilesOfTheHost, FifosAndDevices) {
  ASSERT_EQ(mkfifoat(in_.host().fd(), "fifo", 0644), 0);
  // With the guest's non-blocking flag, as in POSIX.
  OpenRequest write = creating();
  write.read = false;
  write.create = false;
  write.status = status::kNonblocking;
  OwnDescriptor none;
  EXPECT_EQ(open("fifo", write, none), HostError::kNoDeviceOrReader);
  // Otherwise the two sides meet.
  std::thread writer([&] {
    write.status = 0;
    OwnDescriptor w;
    ASSERT_EQ(open("fifo", write, w), HostError::kNone);
    EXPECT_EQ(w.type, FileType::kFifo);
    EXPECT_EQ(w.waiting, Waiting::kPipe);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    char text[] = "through";
    iovec v{text, 7};
    EXPECT_EQ(*write_some(w, &v, 1, -1), 7u);
  });
  OwnDescriptor r;
  ASSERT_EQ(open("fifo", reading(), r), HostError::kNone);
  char got[16];
  iovec v{got, sizeof got};
  EXPECT_EQ(*read_some(r, &v, 1, -1), 7u);
  writer.join();
  EXPECT_EQ(*read_some(r, &v, 1, -1), 0u);
  // A unix socket in the directory cannot be opened.
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/sock", in_.path().c_str());
  ASSERT_EQ(bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  OwnDescriptor d;
  EXPECT_EQ(open("sock", reading(), d), HostError::kNoDeviceOrReader);
  close(s);
  if (geteuid() == 0 && mknodat(in_.host().fd(), "null", S_IFCHR | 0666, makedev(1, 3)) == 0) {
    OwnDescriptor device;
    HostError e = open("null", creating(), device);
    if (e != static_cast<HostError>(EACCES)) {  // a file system mounted nodev
      ASSERT_EQ(e, HostError::kNone);
      EXPECT_EQ(device.type, FileType::kCharacterDevice);
      EXPECT_EQ(device.waiting, Waiting::kNever);
    }
  }
}

TEST_P(FilesOfTheHost, WaitingForAFifoCanBeInterrupted) {
  ASSERT_EQ(mkfifoat(in_.host().fd(), "fifo", 0644), 0);
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  std::thread interrupter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ASSERT_EQ(write(pipe_fds[1], "x", 1), 1);
  });
  {
    OwnDescriptor d;
    EXPECT_EQ(open_file(in_.ref(), P("fifo"), reading(), pipe_fds[0], d), HostError::kInterrupted);
  }
  interrupter.join();
  OpenRequest w = creating();
  w.read = false;
  w.create = false;
  OwnDescriptor d2;
  EXPECT_EQ(open_file(in_.ref(), P("fifo"), w, pipe_fds[0], d2), HostError::kInterrupted);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

class Directory : public testing::TestWithParam<Resolves> {};
INSTANTIATE_TEST_SUITE_P(, Directory, testing::Values(Resolves::kKernel, Resolves::kVirtual), name_of);

TEST_P(Directory, ManyEntriesWithStableCookies) {
  const Place in{GetParam()};
  constexpr int kEntries = 3000;
  for (int i = 0; i < kEntries; ++i) in.write("entry-" + std::to_string(i));
  DirStream stream;
  ASSERT_TRUE(*stream.seek(in.ref(), 0));
  std::vector<std::pair<std::string, uint64_t>> seen;  // name, cookie after it
  DirEntry e;
  while (*stream.next(in.ref(), e)) seen.emplace_back(e.name, e.next);
  ASSERT_EQ(seen.size(), kEntries + 2u);
  // From any cookie the rest follows again, in the same order.
  for (size_t from : {size_t{0}, size_t{1}, size_t{700}, size_t{1500}, size_t{2999}}) {
    ASSERT_TRUE(*stream.seek(in.ref(), seen[from].second));
    ASSERT_TRUE(*stream.next(in.ref(), e));
    EXPECT_EQ(e.name, seen[from + 1].first);
  }
  ASSERT_TRUE(*stream.seek(in.ref(), seen.back().second));
  EXPECT_FALSE(*stream.next(in.ref(), e));
  // A 32-bit guest keeps cookies in a long.
  for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].second, i + 1);
  // A seek beyond the end finds nothing, and loses nothing.
  ASSERT_TRUE(*stream.seek(in.ref(), ~0ull));
  EXPECT_FALSE(*stream.next(in.ref(), e));
  // Another stream finds them as well, and so does the same one after a new beginning; a long distance takes several
  // calls.
  DirStream other;
  while (!*other.seek(in.ref(), seen[2000].second)) {}
  ASSERT_TRUE(*other.next(in.ref(), e));
  EXPECT_EQ(e.name, seen[2001].first);
  // Later entries keep their cookies when earlier ones are removed.
  ASSERT_TRUE(*stream.seek(in.ref(), 0));
  while (*stream.next(in.ref(), e)) {}
  for (size_t i = 100; i < 1200; ++i) in.remove(seen[i].first);
  for (size_t from : {size_t{1300}, size_t{2500}}) {
    ASSERT_TRUE(*stream.seek(in.ref(), seen[from].second));
    ASSERT_TRUE(*stream.next(in.ref(), e));
    EXPECT_EQ(e.name, seen[from + 1].first);
  }
  // A new file appears in a fresh listing.
  in.write("another");
  ASSERT_TRUE(*stream.seek(in.ref(), 0));
  const uint64_t itself = stat_file(in.ref())->inode;
  size_t count = 0;
  while (*stream.next(in.ref(), e)) {
    ++count;
    if (e.name == "." || e.name == "..") EXPECT_EQ(e.ino, itself) << "as in a root directory";
  }
  EXPECT_EQ(count, kEntries + 3u - 1100u);
}

}  // namespace
}  // namespace ermine::wasi::host
