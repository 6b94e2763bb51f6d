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
#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {

// The kernel's record (linux_dirent64), which no user header declares.
struct DirStream::Record {
  uint64_t ino;
  int64_t off;
  uint16_t length;
  uint8_t type;
  char name[];
};

namespace {

FileType type_of(int fd, uint8_t type, const char* name) {
  switch (type) {
    case DT_REG: return FileType::kRegularFile;
    case DT_DIR: return FileType::kDirectory;
    case DT_LNK: return FileType::kSymbolicLink;
    case DT_CHR: return FileType::kCharacterDevice;
    case DT_BLK: return FileType::kBlockDevice;
    case DT_SOCK: return FileType::kStreamSocket;
    case DT_FIFO: return FileType::kFifo;
    case DT_UNKNOWN: break;  // the file system does not tell; ask
    default: return FileType::kUnknown;
  }
  struct stat st;
  Outcome<int> opened = open_beneath(fd, name, O_PATH | O_NOFOLLOW);
  if (!opened) return FileType::kUnknown;
  UniqueFd owned(*opened);
  if (file_status(owned.get(), st) != 0) return FileType::kUnknown;
  return file_type(st.st_mode);
}

}  // namespace

HostError DirStream::go_to(int fd, size_t index) {
  if (lseek(fd, static_cast<off_t>(positions_[index]), SEEK_SET) < 0) return last_error();
  index_ = first_ = index;
  offset_ = filled_ = 0;
  started_ = true;
  return HostError::kNone;
}

Outcome<bool> DirStream::seek(FileRef directory, uint64_t cookie) {
  if (directory.virtual_file != nullptr) [[unlikely]] {
    const HostError e = directory.virtual_file->seek_entry(cookie);
    return e == HostError::kNone ? Outcome<bool>(true) : Outcome<bool>(e);
  }
  const int fd = directory.fd;
  if (cookie == 0 || !started_) {
    positions_.assign(1, 0);
    if (const HostError e = go_to(fd, 0); e != HostError::kNone) return e;
  }
  if (cookie == index_) return true;
  if (cookie >= first_ && cookie < index_) {
    // A guest that could not use the last entries requests them again: they are still in the buffer.
    for (offset_ = 0, index_ = first_; index_ < cookie; ++index_)
      offset_ += reinterpret_cast<const Record*>(buffer_ + offset_)->length;
    return true;
  }
  const size_t known = positions_.size() - 1;
  if (cookie <= known || index_ < known) {
    if (const HostError e = go_to(fd, cookie <= known ? cookie : known); e != HostError::kNone) return e;
  }
  for (unsigned n = 0; n < kMostRead && index_ < cookie; ++n) {
    const Outcome<const Record*> record = read(fd);
    if (!record) return record.error;
    if (*record == nullptr) return true;
  }
  return index_ == cookie;
}

Outcome<const DirStream::Record*> DirStream::read(int fd) {
  if (offset_ == filled_) {
    long n = syscall(SYS_getdents64, fd, buffer_, kBuffer);
    // A directory removed while it is open has no more entries.
    if (n < 0 && errno != ENOENT) return last_error();
    if (n <= 0) return static_cast<const Record*>(nullptr);
    filled_ = static_cast<size_t>(n);
    offset_ = 0;
    first_ = index_;
  }
  const auto* r = reinterpret_cast<const Record*>(buffer_ + offset_);
  offset_ += r->length;
  ++index_;
  if (index_ == positions_.size()) positions_.push_back(r->off);
  return r;
}

Outcome<bool> DirStream::next(FileRef directory, DirEntry& entry) {
  if (directory.virtual_file != nullptr) [[unlikely]]
    return directory.virtual_file->next_entry(entry);
  const int fd = directory.fd;
  const Outcome<const Record*> record = read(fd);
  if (!record) return record.error;
  if (*record == nullptr) return false;
  const Record& r = **record;
  entry.next = index_;
  entry.name = r.name;
  entry.ino = r.ino;
  // A directory's parent may lie outside of what was granted. Like a root directory's parent, it is then the directory
  // itself: C libraries ask for the file behind a number of 0.
  if (struct stat st; entry.name == ".." && file_status(fd, st) == 0) entry.ino = st.st_ino;
  entry.type = type_of(fd, r.type, r.name);
  return true;
}

}  // namespace ermine::wasi::host
