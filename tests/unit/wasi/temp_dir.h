// A directory for one test, removed with everything in it afterwards.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "wasi/host/files.h"
#include "wasi/host/io.h"
#include "wasi/host/path.h"
#include "wasi/virtual/tree_files.h"

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
    close_virtual(*this);
  }
};

// How a path is resolved: by the system, by the engine, or in a directory in memory.
enum class Resolves { kKernel, kWalker, kVirtual };
inline std::string name_of(const testing::TestParamInfo<Resolves>& info) {
  constexpr const char* kNames[] = {"Kernel", "Walker", "Virtual"};
  return kNames[static_cast<int>(info.param)];
}

// A directory of one of these kinds for one test.
class Place {
 public:
  explicit Place(Resolves how) : tree_(how == Resolves::kVirtual ? std::make_shared<Tree>(64 << 20) : nullptr) {
    force_path_walker(how == Resolves::kWalker);
    if (tree_) root_ = TreeDirectory::root_of(tree_);
    ref_.fd = tree_ ? -1 : dir_.fd();
    ref_.virtual_file = root_.get();
  }
  ~Place() { force_path_walker(false); }
  bool is_virtual() const { return tree_ != nullptr; }
  FileRef ref() const { return ref_; }
  const TempDir& host() const { return dir_; }  // unless it is virtual
  const std::string& path() const { return dir_.path(); }

  void write(const std::string& name, std::string_view contents = "") const {
    if (!tree_) return dir_.write(name, contents);
    OwnDescriptor d;
    ASSERT_EQ(open_file(ref_, P(name), {.write = true, .create = true, .truncate = true}, -1, d), HostError::kNone);
    iovec v{const_cast<char*>(contents.data()), contents.size()};
    ASSERT_EQ(*write_some(d, &v, 1, -1), contents.size());
  }
  void mkdir(const std::string& name) const {
    if (!tree_) return dir_.mkdir(name);
    ASSERT_EQ(create_directory(ref_, P(name)), HostError::kNone) << name;
  }
  // The target may be absolute.
  void symlink(const std::string& target, const std::string& name) const {
    if (!tree_) return dir_.symlink(target, name);
    GuestPath contents;
    ASSERT_EQ(contents.assign_link_target(target), HostError::kNone);
    ASSERT_EQ(root_->symlink(contents, P(name)), HostError::kNone) << name;
  }
  bool exists(const std::string& name) const { return static_cast<bool>(stat_path(ref_, P(name), false)); }
  void remove(const std::string& name) const { ASSERT_EQ(unlink_file(ref_, P(name)), HostError::kNone); }

 private:
  TempDir dir_;
  const std::shared_ptr<Tree> tree_;
  std::unique_ptr<TreeDirectory> root_;
  FileRef ref_{-1};
};

inline void PrintTo(HostError e, std::ostream* out) { *out << "HostError " << static_cast<int>(e); }

}  // namespace ermine::wasi::host
