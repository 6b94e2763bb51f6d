// Descriptors of guests of preview 1: numbers, rights, error codes.

#include "wasi/preview1/fd_table.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "temp_dir.h"
#include "wasi/host/files.h"

namespace ermine::wasi::preview1 {
namespace {

using host::HostError;
using host::TempDir;

std::unique_ptr<Descriptor> descriptor(int fd, bool borrowed = false) {
  auto d = std::make_unique<Descriptor>();
  d->host_fd = fd;
  d->borrowed = borrowed;
  EXPECT_EQ(host::inspect(*d), HostError::kNone);
  d->grant(rights::kAll, 0);
  return d;
}

TEST(FdTable, LowestNumberFirst) {
  TempDir in;
  in.write("f");
  FdTable t;
  auto opened = [&] { return descriptor(openat(in.fd(), "f", O_RDWR)); };
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(*t.insert(opened()), i);
  EXPECT_EQ(t.close(1), Errno::kSuccess);
  EXPECT_EQ(t.close(3), Errno::kSuccess);
  EXPECT_EQ(t.close(3), Errno::kBadf);
  EXPECT_FALSE(t.get(1));
  EXPECT_FALSE(t.get(99));
  EXPECT_FALSE(t.get(~0u));
  EXPECT_EQ(*t.insert(opened()), 1u);
  EXPECT_EQ(*t.insert(opened()), 3u);
  EXPECT_EQ(*t.insert(opened()), 5u);
  EXPECT_EQ(*t.insert_from(10, opened()), 10u);
  EXPECT_EQ(*t.insert(opened()), 6u);
  EXPECT_EQ(t.renumber(0, 7), Errno::kBadf);
  EXPECT_EQ(t.renumber(0, 2), Errno::kSuccess);
  EXPECT_FALSE(t.get(0));
  EXPECT_TRUE(t.get(2));
  EXPECT_EQ(t.renumber(2, 2), Errno::kSuccess);
  EXPECT_EQ(*t.insert(opened()), 0u);
  t.set_limit(8);
  EXPECT_TRUE(t.at_limit());
  EXPECT_EQ(t.insert(opened()).error, Errno::kMfile);
}

TEST(FdTable, ClosesOnlyOwnedDescriptors) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  FdTable t;
  EXPECT_EQ(t.close(*t.insert(descriptor(fds[1], true))), Errno::kSuccess);
  EXPECT_EQ(write(fds[1], "x", 1), 1);
  EXPECT_EQ(t.close(*t.insert(descriptor(fds[0]))), Errno::kSuccess);
  EXPECT_EQ(fcntl(fds[0], F_GETFD), -1);
  close(fds[1]);
}

// What open_file() does not inspect is inspected at first use.
TEST(FdTable, RightsAreThoseThatAKindOfFileCanUse) {
  TempDir in;
  in.mkdir("dir");
  in.write("file", "12345");
  FdTable t;
  auto open = [&](const char* name, bool write) {
    host::OpenRequest request;
    request.read = true;
    request.write = request.create = write;
    host::GuestPath path;
    EXPECT_EQ(path.assign(name), HostError::kNone);
    auto d = std::make_unique<Descriptor>();
    EXPECT_EQ(host::open_file(in.fd(), path, request, -1, *d), HostError::kNone);
    d->grant(rights::kAll, rights::kAll);
    return t.get(*t.insert(std::move(d)));
  };
  const Descriptor* file = open("file", false);
  EXPECT_EQ(file->type, FileType::kRegularFile);
  EXPECT_EQ(file->base, rights::kRegularFile & ~(rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize));
  EXPECT_EQ(file->inheriting, 0u);
  EXPECT_EQ(file->check(rights::kFdRead), Errno::kSuccess);
  EXPECT_EQ(file->check(rights::kFdWrite), Errno::kBadf);
  EXPECT_EQ(file->check(rights::kFdFilestatSetSize), Errno::kInval);
  EXPECT_EQ(file->check(rights::kFdReaddir), Errno::kNotdir);
  EXPECT_EQ(file->check(rights::kSockShutdown), Errno::kNotsock);
  EXPECT_EQ(file->check_directory(0, false), Errno::kNotdir);
  Descriptor* dir = open("dir", false);
  EXPECT_EQ(dir->base, rights::kDirectory);
  EXPECT_EQ(dir->inheriting, rights::kAll);
  EXPECT_EQ(dir->check(rights::kFdRead), Errno::kIsdir);
  EXPECT_EQ(dir->check(rights::kFdSeek), Errno::kIsdir);
  EXPECT_EQ(dir->check_directory(rights::kPathOpen, true), Errno::kSuccess);
  dir->read_only = true;
  EXPECT_EQ(dir->check_directory(rights::kPathOpen, true), Errno::kRofs);
  EXPECT_EQ(dir->check_directory(rights::kPathOpen, false), Errno::kSuccess);
  const Descriptor* made = open("new", true);
  EXPECT_EQ(made->check(rights::kFdWrite | rights::kFdAllocate), Errno::kSuccess);
  // A right that was given up, which its kind could use.
  dir->base &= ~rights::kPathOpen;
  EXPECT_EQ(dir->check_directory(rights::kPathOpen, false), Errno::kNotcapable);
  EXPECT_EQ(dir->check(rights::kPathOpen), Errno::kNotcapable);
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  EXPECT_EQ(t.get(*t.insert(descriptor(fds[0])))->check(rights::kFdSeek), Errno::kSpipe);
  EXPECT_EQ(t.get(*t.insert(descriptor(fds[1])))->base, rights::kStream);
}

TEST(Errno, MapsAndNames) {
  EXPECT_EQ(errno_of(HostError::kNone), Errno::kSuccess);
  EXPECT_EQ(errno_of(HostError::kNoEntry), Errno::kNoent);
  EXPECT_EQ(errno_of(HostError::kNotSupported), Errno::kNotsup);
  EXPECT_EQ(errno_of(HostError::kInterrupted), Errno::kIntr);
  EXPECT_EQ(errno_of(HostError::kOutside), Errno::kPerm);
  EXPECT_EQ(errno_of(static_cast<HostError>(EXDEV)), Errno::kXdev);
  EXPECT_EQ(errno_of(static_cast<HostError>(99999)), Errno::kIo);
  EXPECT_EQ(errno_of(static_cast<HostError>(-76)), Errno::kIo);
  EXPECT_EQ(errno_name(Errno::kNotcapable), "notcapable");
  EXPECT_EQ(static_cast<int>(Errno::kNotcapable), 76);
}

}  // namespace
}  // namespace ermine::wasi::preview1
