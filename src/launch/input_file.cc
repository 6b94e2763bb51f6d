#include "launch/input_file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ermine/printable.h"
#include "launch/file_kind.h"

namespace ermine::launch {
namespace {

// Number of bytes that are read before it is clear whether the file can be a module.
constexpr size_t kBeginning = 64 << 10;

Error io_error(const char* what, const std::string& path) {
  return Error(ErrorKind::kIo, std::string(what) + " '" + printable(path) + "': " + std::strerror(errno));
}

Error too_large(const std::string& path, uint64_t limit) {
  return Error(ErrorKind::kUnsupported, "'" + printable(path) + "' is larger than the " + std::to_string(limit) +
                                            " bytes that a module may have")
      .with_limit(Limit::kModuleBytes);
}

int open_to_read(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 || errno != EMFILE) return fd;
  // All files are opened before any of them is read. The usual limit exists for programs that use select().
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return errno = EMFILE, -1;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? open(path, O_RDONLY | O_CLOEXEC) : (errno = EMFILE, -1);
}

ssize_t read_fully(int fd, uint8_t* to, size_t size) {
  ssize_t n;
  do n = read(fd, to, size);
  while (n < 0 && errno == EINTR);
  return n;
}

}  // namespace

Result<InputFile> InputFile::open(std::string path) {
  const int fd = path == "-" ? STDIN_FILENO : open_to_read(path.c_str());
  if (fd < 0) return io_error("cannot open", path);
  struct stat st;
  if (fstat(fd, &st) != 0) st.st_mode = 0;
  const bool regular = S_ISREG(st.st_mode);
  InputFile file(std::move(path), fd, regular, regular && st.st_size > 0 ? static_cast<uint64_t>(st.st_size) : 0);
  if (S_ISDIR(st.st_mode)) {
    errno = EISDIR;
    return io_error("cannot read", file.path_);
  }
  return file;
}

InputFile::InputFile(InputFile&& o) noexcept
    : path_(std::move(o.path_)), fd_(std::exchange(o.fd_, -1)), regular_(o.regular_), size_(o.size_) {}

InputFile::~InputFile() {
  if (fd_ > STDIN_FILENO) close(fd_);
}

bool InputFile::peek(std::span<uint8_t> head) const {
  // The position of standard input may not be the beginning.
  return regular_ && fd_ != STDIN_FILENO &&
         pread(fd_, head.data(), head.size(), 0) == static_cast<ssize_t>(head.size());
}

Result<std::vector<uint8_t>> InputFile::read_module(uint64_t limit, Accepted accepted) {
  if (size_ > limit) return too_large(path_, limit);
  // One byte more than its size, so that the end is detected without growing.
  const size_t whole = size_ > 0 ? static_cast<size_t>(size_) + 1 : kBeginning;
  std::vector<uint8_t> bytes(std::min(whole, kBeginning));
  size_t filled = 0;
  bool known = false;  // that it may be a module
  while (true) {
    const size_t wanted = bytes.size() - filled;
    const ssize_t n = read_fully(fd_, bytes.data() + filled, wanted);
    if (n < 0) return io_error("cannot read", path_);
    filled += static_cast<size_t>(n);
    // A regular file returns all requested bytes, or the rest of the file. (Those of /proc, which have no size, do
    // not.)
    if (n == 0 || (size_ > 0 && filled >= size_ && static_cast<size_t>(n) < wanted)) break;
    if (!known && filled >= 4) {
      const std::span<const uint8_t> beginning(bytes.data(), filled);
      if (!is_binary(beginning) && !may_be_text(beginning, path_)) return *not_accepted(beginning, path_, accepted);
      known = is_binary(beginning) || looks_like_text(beginning, path_);
    }
    if (filled > limit) return too_large(path_, limit);
    if (filled == bytes.size()) {
      const uint64_t most = limit < UINT64_MAX ? limit + 1 : limit;  // to detect that there is more
      bytes.resize(static_cast<size_t>(std::min<uint64_t>(std::max(whole, filled * 2), most)));
    }
  }
  if (filled > limit) return too_large(path_, limit);
  bytes.resize(filled);
  if (std::optional<Error> error = not_accepted(bytes, path_, accepted)) return *std::move(error);
  return bytes;
}

}  // namespace ermine::launch
