// A directory for one test, removed with everything in it afterwards.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "wasi/host/path.h"

namespace ermine::wasi::host {

class TempDir {
 public:
  TempDir() {
    const char* base = getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/tmp") + "/ermine-wasi-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) std::abort();
    fd_ = open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  ~TempDir() {
    close(fd_);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_; }
  void write(const std::string& name, std::string_view contents = "") const {
    int f = openat(fd_, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ASSERT_GE(f, 0) << name;
    ASSERT_EQ(::write(f, contents.data(), contents.size()), static_cast<ssize_t>(contents.size()));
    close(f);
  }
  void mkdir(const std::string& name) const { ASSERT_EQ(mkdirat(fd_, name.c_str(), 0755), 0) << name; }
  void symlink(const std::string& target, const std::string& name) const {
    ASSERT_EQ(symlinkat(target.c_str(), fd_, name.c_str()), 0) << name;
  }
  bool exists(const std::string& name) const {
    struct stat st;
    return fstatat(fd_, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0;
  }

 private:
  std::string path_;
  int fd_ = -1;
};

struct P : GuestPath {
  explicit P(std::string_view text) { EXPECT_EQ(assign(text), HostError::kNone) << text; }
};

// Closes itself.
struct OwnDescriptor : Descriptor {
  OwnDescriptor() = default;
  OwnDescriptor(const OwnDescriptor&) = delete;
  OwnDescriptor& operator=(const OwnDescriptor&) = delete;
  ~OwnDescriptor() {
    if (host_fd >= 0 && !borrowed) close(host_fd);
  }
};

inline void PrintTo(HostError e, std::ostream* out) { *out << "HostError " << static_cast<int>(e); }

}  // namespace ermine::wasi::host
