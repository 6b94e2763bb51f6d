// Shared libraries that a confined process opens: these and nothing else, and the dynamic linker works with that.
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>

#include "confined.h"
#include "platform/library_needs.h"

namespace ermine::sandbox {
namespace {

constexpr const char* kOutside = "/etc/passwd";

Policy policy(bool landlock = true) {
  Policy p;
  p.mode = Mode::kBestEffort;
  p.landlock = landlock;
  p.runs_guests = p.machine_code = true;
  p.libraries = {SANDBOX_TEST_LIBRARY};
  return p;
}

class SandboxLibraries : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_landlock(policy())) GTEST_SKIP() << "this kernel has no Landlock";
  }
};

#define FAILS(policy, problem, expression) \
  EXPECT_EQ(confined(policy, [&] { return long(expression); }), problem) << #expression

// As the C library makes it.
long status(int fd, const char* path, int flags) {
  struct stat st;
  return syscall(SYS_newfstatat, fd, path, &st, flags);
}
long open_file(const char* path, int flags) { return syscall(SYS_openat, AT_FDCWD, path, flags, 0600); }

TEST_F(SandboxLibraries, OnlyTheseFilesAreReadAndNoneIsChanged) {
  FAILS(policy(), kSucceeded, open_file(SANDBOX_TEST_LIBRARY, O_RDONLY | O_CLOEXEC));
  FAILS(policy(), EACCES, open_file(kOutside, O_RDONLY | O_CLOEXEC));
  FAILS(policy(), EACCES, open_file("/", O_RDONLY | O_DIRECTORY));
  for (int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC, O_PATH})
    FAILS(policy(), EPERM, open_file(SANDBOX_TEST_LIBRARY, flags)) << flags;
}

TEST_F(SandboxLibraries, TheStatusOfADescriptorAndNoOther) {
  FAILS(policy(), kSucceeded, status(0, "", AT_EMPTY_PATH));
  FAILS(policy(), EBADF, status(1000, "", AT_EMPTY_PATH));
  FAILS(policy(), EPERM, status(0, kOutside, AT_EMPTY_PATH));
  FAILS(policy(), EPERM, status(AT_FDCWD, "", AT_EMPTY_PATH));
  FAILS(policy(), EPERM, status(AT_FDCWD, kOutside, 0));
  FAILS(policy(), EPERM, status(0, kOutside, 0));
}

// A program that has directories has its other ways to open files as well.
TEST_F(SandboxLibraries, WithDirectories) {
  const int root = open("/tmp", O_PATH | O_DIRECTORY | O_CLOEXEC);
  const std::string name = "ermine-libraries-" + std::to_string(getpid());
  for (const bool writable : {false, true}) {
    Policy p = policy();
    p.directories = {{"/tmp", writable}};
    FAILS(p, kSucceeded, open_file(SANDBOX_TEST_LIBRARY, O_RDONLY));
    FAILS(p, EACCES, open_file(kOutside, O_RDONLY));
    FAILS(p, writable ? kSucceeded : EPERM, syscall(SYS_openat, root, name.c_str(), O_RDWR | O_CREAT, 0600));
    FAILS(p, EPERM, open_file(("/tmp/" + name).c_str(), O_RDWR | O_CREAT));
  }
  unlink(("/tmp/" + name).c_str());
  close(root);
}

// The filter alone could not tell which files are opened.
TEST_F(SandboxLibraries, NoneWithoutLandlock) {
  FAILS(policy(false), EPERM, open_file(SANDBOX_TEST_LIBRARY, O_RDONLY));
  FAILS(policy(false), EPERM, status(0, "", AT_EMPTY_PATH));
  Policy reads = policy();
  reads.runs_guests = false;
  FAILS(reads, EPERM, open_file(SANDBOX_TEST_LIBRARY, O_RDONLY));
}

TEST_F(SandboxLibraries, ALibraryAndWhatItNeedsAreOpened) {
  const auto places = platform::places_of_library(SANDBOX_TEST_LIBRARY);
  ASSERT_TRUE(places);
  EXPECT_NE(std::ranges::find(*places, SANDBOX_TEST_LIBRARY), places->end());
  Policy p = policy();
  const auto open_it = [] {
    void* const library = dlopen(SANDBOX_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return errno = ENOEXEC, -1;
    const auto answer = reinterpret_cast<int (*)()>(dlsym(library, "sandbox_test_answer"));
    return answer != nullptr && answer() == 42 ? 0 : (errno = ENOSYS, -1);
  };
  p.libraries = {SANDBOX_TEST_LIBRARY};
  EXPECT_EQ(confined(p, open_it), ENOEXEC);  // one of its libraries is missing
  p.libraries = *places;
  EXPECT_EQ(confined(p, open_it), kSucceeded);
  FAILS(p, EACCES, open_file(kOutside, O_RDONLY));
}

TEST_F(SandboxLibraries, FilesThatAreNotLibraries) {
  for (const char* path : {"/etc/passwd", "/", "/nowhere", SANDBOX_TEST_BROKEN_LIBRARY})
    EXPECT_FALSE(platform::places_of_library(path)) << path;
  EXPECT_EQ(platform::find_library("libnowhere.so"), "");
  EXPECT_NE(platform::find_library("libc.so.6"), "");
}

}  // namespace
}  // namespace ermine::sandbox
