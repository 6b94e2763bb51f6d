// Guest paths and their resolution beneath a directory.
//
// A guest names files relative to a directory that it holds. The kernel ensures that the file lies beneath that
// directory (openat2 with RESOLVE_BENEATH), in the same step as opening it, so no symbolic link that is changed during
// the call can lead out. Where openat2 is missing or forbidden, the engine opens one component at a time without
// following links and interprets the links itself; for every ".." it keeps the directory that it came from, so it
// cannot be led out either.
//
// A path that would leave its directory gives HostError::kOutside.
#pragma once

#include <sys/types.h>

#include <climits>
#include <string_view>

#include "wasi/host/descriptor.h"

namespace ermine::wasi::host {

// A path for the kernel, copied out of guest memory once, so that a guest thread that rewrites it in the meantime has
// no effect. 4 KiB, meant for the stack.
class GuestPath {
 public:
  // kNotUtf8: not UTF-8. kInvalid: contains NUL. kNameTooLong. kNoEntry: empty. kOutside: absolute.
  HostError assign(std::string_view bytes);
  // The same without the rule on absolute and empty paths, for the contents of a symbolic link.
  HostError assign_link_target(std::string_view bytes);

  const char* c_str() const { return text_; }
  std::string_view view() const { return {text_, size_}; }
  // One component, without slashes, neither "." nor "..": it can be given to an *at() call that does not follow links,
  // which then cannot lead elsewhere.
  bool is_plain_name() const;

 private:
  HostError copy(std::string_view bytes);
  size_t size_ = 0;
  char text_[PATH_MAX];
};

// True if `bytes` is well-formed UTF-8 (no surrogates, no overlong forms, up to U+10FFFF).
bool is_utf8(std::string_view bytes);

// Opens `path` beneath `dir`. `flags` are open(2)'s; O_CLOEXEC and O_NOCTTY are added. With O_NOFOLLOW a
// final symbolic link is not followed (kLoop; with O_PATH it is itself opened).
Outcome<int> open_beneath(int dir, const char* path, int flags, mode_t mode = 0);

// The contents of the symbolic link `name` of a directory, or of the link `dir` itself if the name is empty: bytes, or
// -1 with errno; EINVAL if it is not a link.
ssize_t read_link(int dir, const char* name, char* buffer, size_t size);

// Whether the kernel has openat2 and allows it.
bool openat2_works();

// The directory that holds the last component of a path, and that component with any trailing slashes
// (which the kernel interprets). For calls that create or remove a name.
class Parent {
 public:
  // `dots` is the result for a last component "." or "..", after it was found to lie inside.
  HostError resolve(int dir, const GuestPath& path, HostError for_dot, HostError for_dotdot);
  int fd() const { return opened_ ? opened_.get() : borrowed_; }
  const char* name() const { return name_; }

 private:
  UniqueFd opened_;
  int borrowed_ = -1;
  const char* name_ = nullptr;
};

// For tests: resolve in the engine even if openat2 works.
void force_path_walker(bool on);

}  // namespace ermine::wasi::host
