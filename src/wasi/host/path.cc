#include "wasi/host/path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "wasi/host/path_arguments.h"
#include "wasi/host/system_call.h"

namespace ermine::wasi::host {
namespace {

// The kernel's own bound on symbolic links followed in one resolution (MAXSYMLINKS).
constexpr int kMaxLinks = 40;
// openat2 fails with EAGAIN if a rename anywhere on the machine crosses a ".." step. After this many tries the engine
// resolves the path itself, which always succeeds.
constexpr int kMaxRetries = 32;

enum class Openat2 : uint8_t { kUntried, kWorks, kMissing };
std::atomic<Openat2> g_openat2{Openat2::kUntried};
std::atomic<bool> g_force_walker{false};

int openat2(int dir, const char* path, const open_how& how) {
  return static_cast<int>(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

// The request for openat2; in `own` unless the requests are fixed. Null: they are fixed, and this is not one of them.
const open_how* how_to_open(int flags, mode_t mode, open_how& own) {
  if (path_arguments_are_fixed()) return fixed_how(flags, mode);
  own.flags = static_cast<uint64_t>(static_cast<uint32_t>(flags));
  own.mode = (flags & O_CREAT) != 0 ? mode : 0;
  own.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return &own;
}

// openat() of one component. A confined process uses openat2 to open without reading.
int open_component(int dir, const char* name, int flags, mode_t mode = 0) {
  const open_how* how = (flags & O_PATH) != 0 ? fixed_how(flags, mode) : nullptr;
  return how != nullptr ? openat2(dir, name, *how) : openat(dir, name, flags, mode);
}

// One resolution without openat2. `stack_` holds an O_PATH descriptor for every directory entered since the base.
class Walker {
 public:
  explicit Walker(int base) : base_(base) {}
  ~Walker() {
    for (int fd : stack_) close(fd);
  }

  Outcome<int> open(const char* path, int flags, mode_t mode) {
    rest_ = path;
    if (rest_.empty()) return HostError::kNoEntry;
    while (true) {
      if (rest_[0] == '/') return HostError::kOutside;
      // Split off one component and the slashes after it.
      size_t end = rest_.find('/');
      std::string name = rest_.substr(0, end);
      size_t next = end == std::string::npos ? rest_.size() : rest_.find_first_not_of('/', end);
      bool slashes = end != std::string::npos;
      bool last = next == std::string::npos || next == rest_.size();
      rest_ = last ? std::string() : rest_.substr(next);

      if (name == "." || name == "..") {
        if (name == "..") {
          if (stack_.empty()) return HostError::kOutside;
          close(stack_.back());
          stack_.pop_back();
        }
        if (last) return reopen_here(flags);
        continue;
      }
      if (last) {
        Outcome<int> result = open_last(name, slashes, flags, mode);
        if (!continue_) return result;
        continue_ = false;
        continue;
      }
      if (HostError e = enter(name); e != HostError::kNone) return e;
    }
  }

 private:
  int here() const { return stack_.empty() ? base_ : stack_.back(); }

  // "." and "..": a directory that is already on the stack, opened again with the requested flags.
  Outcome<int> reopen_here(int flags) {
    if ((flags & O_CREAT) != 0) return (flags & O_EXCL) != 0 ? HostError::kExists : HostError::kIsDirectory;
    int fd = open_component(here(), ".", flags);
    return fd >= 0 ? Outcome<int>(fd) : Outcome<int>(last_error());
  }

  // Enters a directory, or prepends the contents of a symbolic link to the rest.
  HostError enter(const std::string& name) {
    int fd = open_component(here(), name.c_str(), O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
      stack_.push_back(fd);
      return HostError::kNone;
    }
    if (errno != ENOTDIR && errno != ELOOP) return last_error();
    return expand(name, "", HostError::kNotDirectory);
  }

  // Replaces a link by its target, followed by `suffix`. `otherwise`: the result if it is not a link.
  HostError expand(const std::string& name, const char* suffix, HostError otherwise) {
    char target[PATH_MAX];
    ssize_t n = read_link(here(), name.c_str(), target, sizeof target);
    if (n < 0) return errno == EINVAL ? otherwise : last_error();
    if (n == sizeof target) return HostError::kNameTooLong;
    if (++links_ > kMaxLinks) return HostError::kLoop;
    if (n == 0) return HostError::kNoEntry;
    if (target[0] == '/') return HostError::kOutside;
    std::string expanded(target, static_cast<size_t>(n));
    expanded += suffix;
    if (!rest_.empty()) {
      expanded += '/';
      expanded += rest_;
    }
    if (expanded.size() >= PATH_MAX) return HostError::kNameTooLong;
    rest_ = std::move(expanded);
    return HostError::kNone;
  }

  Outcome<int> open_last(const std::string& name, bool slashes, int flags, mode_t mode) {
    // A trailing slash requires a directory and, as in the kernel, follows a link.
    bool follow = (flags & O_NOFOLLOW) == 0 || slashes;
    if (slashes && (flags & O_CREAT) != 0) return HostError::kIsDirectory;
    int want = flags | O_NOFOLLOW | (slashes ? O_DIRECTORY : 0);
    // With O_CREAT|O_EXCL a link is never followed, dangling or not.
    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) follow = false;
    int fd = open_component(here(), name.c_str(), want, mode);
    if (fd >= 0) {
      if (!follow || (flags & O_PATH) == 0) return fd;
      struct stat st;
      if (file_status(fd, st) != 0 || !S_ISLNK(st.st_mode)) return fd;
      close(fd);
    } else {
      int error = errno;
      bool maybe_link = error == ELOOP || (error == ENOTDIR && (want & O_DIRECTORY) != 0);
      if (!follow || !maybe_link) return static_cast<HostError>(error);
    }
    HostError e = expand(name, slashes ? "/" : "",
                         static_cast<HostError>(fd >= 0          ? EAGAIN
                                                : errno == ELOOP ? ELOOP
                                                                 : ENOTDIR));
    if (e != HostError::kNone) return e;
    continue_ = true;
    return -1;
  }

  int base_;
  std::vector<int> stack_;
  std::string rest_;
  int links_ = 0;
  bool continue_ = false;
};

}  // namespace

bool openat2_works() {
  Openat2 state = g_openat2.load(std::memory_order_relaxed);
  if (state == Openat2::kUntried) {
    // Old kernels return ENOSYS, container filters EPERM; neither can be a genuine result for ".".
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    int fd = openat2(AT_FDCWD, ".", how);
    bool works = fd >= 0 || (errno != ENOSYS && errno != EPERM);
    if (fd >= 0) close(fd);
    state = works ? Openat2::kWorks : Openat2::kMissing;
    g_openat2.store(state, std::memory_order_relaxed);
  }
  return state == Openat2::kWorks;
}

ssize_t read_link(int dir, const char* name, char* buffer, size_t size) {
  UniqueFd opened;
  if (*name != '\0') {
    opened.reset(open_component(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!opened) return -1;
    dir = opened.get();
  }
  ssize_t n = readlinkat(dir, empty_path(), buffer, size);
  if (n < 0 && errno == ENOENT) errno = EINVAL;  // as the kernel does for a descriptor that is not a link
  return n;
}

bool is_utf8(std::string_view bytes) {
  const auto* p = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t* end = p + bytes.size();
  while (p != end) {
    // Mostly ASCII.
    uint64_t eight;
    while (end - p >= 8 && (std::memcpy(&eight, p, 8), (eight & 0x8080'8080'8080'8080) == 0)) p += 8;
    if (p == end) break;
    uint8_t c = *p++;
    if (c < 0x80) continue;
    int more;
    uint32_t code, least;
    if ((c & 0xe0) == 0xc0) more = 1, code = c & 0x1f, least = 0x80;
    else if ((c & 0xf0) == 0xe0) more = 2, code = c & 0x0f, least = 0x800;
    else if ((c & 0xf8) == 0xf0) more = 3, code = c & 0x07, least = 0x10000;
    else return false;
    if (end - p < more) return false;
    for (; more > 0; --more) {
      uint8_t d = *p++;
      if ((d & 0xc0) != 0x80) return false;
      code = code << 6 | (d & 0x3f);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  }
  return true;
}

HostError GuestPath::copy(std::string_view bytes) {
  if (bytes.size() >= sizeof text_) return HostError::kNameTooLong;
  std::memcpy(text_, bytes.data(), bytes.size());
  text_[bytes.size()] = '\0';
  size_ = bytes.size();
  if (std::memchr(text_, '\0', size_) != nullptr) return HostError::kInvalid;
  return is_utf8(view()) ? HostError::kNone : HostError::kNotUtf8;
}

HostError GuestPath::assign_link_target(std::string_view bytes) { return copy(bytes); }

HostError GuestPath::assign(std::string_view bytes) {
  if (HostError e = copy(bytes); e != HostError::kNone) return e;
  if (size_ == 0) return HostError::kNoEntry;
  return text_[0] == '/' ? HostError::kOutside : HostError::kNone;
}

bool GuestPath::is_plain_name() const {
  return std::memchr(text_, '/', size_) == nullptr && view() != "." && view() != "..";
}

namespace {
bool is_name(const char* path) {
  if (path[0] == '\0' || std::strchr(path, '/') != nullptr) return false;
  return path[0] != '.' || (path[1] != '\0' && (path[1] != '.' || path[2] != '\0'));
}
}  // namespace

Outcome<int> open_beneath(int dir, const char* path, int flags, mode_t mode) {
  flags |= O_CLOEXEC | O_NOCTTY;
  // The kernel refuses O_PATH with any other flags.
  if ((flags & O_PATH) != 0) flags &= O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;
  const bool walks = g_force_walker.load(std::memory_order_relaxed);
  // A single name in the directory itself that is not a link leads nowhere else, whatever happens to it: no resolution
  // is needed, which is a quarter of the cost of opening. Links are followed below.
  if ((flags & O_PATH) == 0 && !walks && is_name(path)) {
    int fd = openat(dir, path, flags | O_NOFOLLOW, mode);
    if (fd >= 0) return fd;
    const bool maybe_link = errno == ELOOP || errno == ENOTDIR;
    if (!maybe_link || (flags & O_NOFOLLOW) != 0) return last_error();
  }
  open_how own{};
  const open_how* how = walks || !openat2_works() ? nullptr : how_to_open(flags, mode, own);
  if (how != nullptr) [[likely]] {
    for (int i = 0; i < kMaxRetries; ++i) {
      int fd = openat2(dir, path, *how);
      if (fd >= 0) return fd;
      if (errno == EXDEV) return HostError::kOutside;
      if (errno != EAGAIN) return last_error();
    }
  }
  return Walker(dir).open(path, flags, mode);
}

HostError Parent::resolve(int dir, const GuestPath& path, HostError for_dot, HostError for_dotdot) {
  std::string_view text = path.view();
  size_t end = text.find_last_not_of('/');  // the path is neither empty nor absolute
  size_t slash = text.find_last_of('/', end);
  std::string_view last = text.substr(slash == text.npos ? 0 : slash + 1);
  last = last.substr(0, last.find('/'));
  if (last == "." || last == "..") {
    Outcome<int> there = open_beneath(dir, path.c_str(), O_PATH | O_DIRECTORY);
    if (!there) return there.error;
    close(*there);
    return last == "." ? for_dot : for_dotdot;
  }
  if (slash == text.npos) {
    borrowed_ = dir;
    name_ = path.c_str();
    return HostError::kNone;
  }
  char prefix[PATH_MAX];
  std::memcpy(prefix, text.data(), slash);
  prefix[slash] = '\0';
  Outcome<int> fd = open_beneath(dir, prefix, O_PATH | O_DIRECTORY);
  if (!fd) return fd.error;
  opened_.reset(*fd);
  name_ = path.c_str() + slash + 1;
  return HostError::kNone;
}

void force_path_walker(bool on) { g_force_walker.store(on, std::memory_order_relaxed); }

}  // namespace ermine::wasi::host
