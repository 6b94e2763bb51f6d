#include "platform/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "base/format.h"

namespace ermine::platform {

namespace {

Error io_error(const std::string& path, int error) {
  return Error(ErrorKind::kIo, base::format("cannot read {}: {}", path, std::strerror(error)));
}

Error too_large(const std::string& path, uint64_t limit) {
  return Error(ErrorKind::kUnsupported, base::format("{} is larger than the {} bytes a module may have", path, limit));
}

struct View {
  void* base;
  size_t size;
  ~View() { munmap(base, size); }
};

struct Descriptor {
  int fd;
  ~Descriptor() { close(fd); }
};

// Grows with the bytes that are really read, so that a false size costs nothing. `size`: the size of a regular file,
// which is read from its beginning; one byte more is requested, to detect the end. 0: any other file, read from its
// position.
Result<FileBytes> read_all(int fd, const std::string& path, uint64_t limit, size_t size) {
  auto data = std::make_shared<std::vector<uint8_t>>();
  size_t used = 0;
  for (;;) {
    if (used == data->size()) {
      if (used > limit) return too_large(path, limit);
      data->resize(used != 0 ? used * 2 : size != 0 ? size + 1 : 64 << 10);
    }
    const size_t room = data->size() - used;
    ssize_t n = size != 0 ? pread(fd, data->data() + used, room, static_cast<off_t>(used))
                          : read(fd, data->data() + used, room);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path, errno);
    if (n == 0) break;
    used += static_cast<size_t>(n);
  }
  if (used > limit) return too_large(path, limit);
  data->resize(used);
  std::span<const uint8_t> bytes(*data);
  return FileBytes{std::move(data), bytes};
}

}  // namespace

Result<FileBytes> map_file(const std::string& path, uint64_t limit) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, errno);
  Descriptor close_it{fd};
  return map_descriptor(fd, path, limit);
}

Result<FileBytes> map_descriptor(int fd, const std::string& path, uint64_t limit) {
  struct stat st;
  // As a call of its own: the C library's uses the call for the status of a path, which is refused in the sandbox.
  if (syscall(SYS_fstat, fd, &st) != 0) return io_error(path, errno);
  if (S_ISDIR(st.st_mode)) return io_error(path, EISDIR);
  if (!S_ISREG(st.st_mode)) return read_all(fd, path, limit, 0);
  const auto size = static_cast<uint64_t>(st.st_size);
  if (size > limit) return too_large(path, limit);
  // Small files are copied: that is faster than a mapping and immune to changes of the file.
  if (size < (64 << 10)) return read_all(fd, path, limit, size);
  void* p = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) return read_all(fd, path, limit, size);
  auto view = std::make_shared<View>(p, size);
  return FileBytes{view, {static_cast<const uint8_t*>(p), size}};
}

}  // namespace ermine::platform
