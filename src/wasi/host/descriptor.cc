#include "wasi/host/descriptor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "wasi/host/system_call.h"
#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

void close_virtual(Descriptor& d) {
  delete d.virtual_file;
  d.virtual_file = nullptr;
}

FileType file_type(unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return FileType::kRegularFile;
    case S_IFDIR: return FileType::kDirectory;
    case S_IFCHR: return FileType::kCharacterDevice;
    case S_IFBLK: return FileType::kBlockDevice;
    case S_IFLNK: return FileType::kSymbolicLink;
    case S_IFSOCK: return FileType::kStreamSocket;
    case S_IFIFO: return FileType::kFifo;
    default: return FileType::kUnknown;
  }
}

HostError inspect(Descriptor& d) {
  struct stat st;
  if (file_status(d.host_fd, st) != 0) return last_error();
  d.inspected = true;
  d.type = file_type(st.st_mode);
  // Major 1 is /dev/null, zero, full, random and similar devices: always ready.
  const bool memory_device = S_ISCHR(st.st_mode) && major(st.st_rdev) == 1;
  d.waiting = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode) || memory_device ? Waiting::kNever
              : S_ISFIFO(st.st_mode)                                                             ? Waiting::kPipe
              : S_ISSOCK(st.st_mode)                                                             ? Waiting::kSocket
                                                                                                 : Waiting::kUnknown;
  d.terminal = S_ISCHR(st.st_mode) && isatty(d.host_fd);
  if (S_ISSOCK(st.st_mode)) {
    int value = 0;
    socklen_t size = sizeof value;
    if (getsockopt(d.host_fd, SOL_SOCKET, SO_TYPE, &value, &size) == 0 && value == SOCK_DGRAM)
      d.type = FileType::kDatagramSocket;
    value = 0;
    getsockopt(d.host_fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
    d.listener = value != 0;
  }
  return HostError::kNone;
}

HostError inspect_later(Descriptor& d) {
  // A file with a position is none of those that wait: fifos, sockets, terminals.
  if (lseek(d.host_fd, 0, SEEK_CUR) < 0) return inspect(d);
  d.waiting = Waiting::kNever;
  d.inspected = false;
  return HostError::kNone;
}

}  // namespace ermine::wasi::host
