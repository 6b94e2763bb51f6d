#include "wasi/host/directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "wasi/host/path.h"
#include "wasi/host/system_call.h"

namespace ermine::wasi::host {
namespace {

// The kernel's record (linux_dirent64), which no user header declares.
struct Record {
  uint64_t ino;
  int64_t off;
  uint16_t length;
  uint8_t type;
  char name[];
};

FileType type_of(int fd, const Record& r) {
  switch (r.type) {
    case DT_REG: return FileType::kRegularFile;
    case DT_DIR: return FileType::kDirectory;
    case DT_LNK: return FileType::kSymbolicLink;
    case DT_CHR: return FileType::kCharacterDevice;
    case DT_BLK: return FileType::kBlockDevice;
    case DT_SOCK: return FileType::kStreamSocket;
    case DT_UNKNOWN: break;  // a file system that does not say; ask
    default: return FileType::kUnknown;
  }
  struct stat st;
  Outcome<int> opened = open_beneath(fd, r.name, O_PATH | O_NOFOLLOW);
  if (!opened) return FileType::kUnknown;
  UniqueFd owned(*opened);
  if (file_status(owned.get(), st) != 0) return FileType::kUnknown;
  return file_type(st.st_mode);
}

}  // namespace

HostError DirStream::seek(int fd, uint64_t cookie) {
  if (cookie != 0 && started_) {
    if (cookie == position_) return HostError::kNone;
    // A guest that could not use the last entries asks for them again: they are still in the buffer.
    for (size_t at = 0; at < filled_;) {
      const auto* r = reinterpret_cast<const Record*>(buffer_ + at);
      at += r->length;
      if (static_cast<uint64_t>(r->off) == cookie) {
        position_ = cookie;
        offset_ = at;
        return HostError::kNone;
      }
    }
  }
  if (cookie > static_cast<uint64_t>(INT64_MAX)) return HostError::kInvalid;
  if (lseek(fd, static_cast<off_t>(cookie), SEEK_SET) < 0) return last_error();
  position_ = cookie;
  offset_ = filled_ = 0;
  started_ = true;
  return HostError::kNone;
}

Outcome<bool> DirStream::next(int fd, DirEntry& entry) {
  if (offset_ == filled_) {
    long n = syscall(SYS_getdents64, fd, buffer_, kBuffer);
    // A directory removed while it is open has no more entries.
    if (n < 0 && errno != ENOENT) return last_error();
    if (n <= 0) return false;
    filled_ = static_cast<size_t>(n);
    offset_ = 0;
  }
  const auto* r = reinterpret_cast<const Record*>(buffer_ + offset_);
  offset_ += r->length;
  position_ = static_cast<uint64_t>(r->off);
  entry.next = position_;
  entry.name = r->name;
  // The number of a directory's parent may be that of a directory outside; a guest is not told it.
  entry.ino = entry.name == ".." ? 0 : r->ino;
  entry.type = type_of(fd, *r);
  return true;
}

}  // namespace ermine::wasi::host
