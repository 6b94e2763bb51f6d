// Operations on files by path, each beneath a directory descriptor, and on open files. No rights are checked
// here; callers have done so. Host descriptors are plain numbers, owned by the caller unless said otherwise.
#pragma once

#include "wasi/host/descriptor.h"
#include "wasi/host/errno.h"
#include "wasi/host/interrupt.h"
#include "wasi/host/path.h"
#include "wasi/host/types.h"

namespace ermine::wasi {

struct OpenRequest {
  bool follow = false;  // a final symbolic link
  uint16_t oflags = 0;
  uint16_t fdflags = 0;
  bool read = false, write = false;
  // Rights that what is opened shall have if its kind can use them.
  Rights base = 0, inheriting = 0;
};
// Opens a file and makes `out` its descriptor. Opening a fifo waits for the other side (a reader: for its
// first bytes), as in POSIX; kIntr when interrupted meanwhile.
Errno open_file(int dir, const GuestPath& path, const OpenRequest& request, const Interrupts& interrupts,
                Descriptor& out);
// The end of that, once the file is open.
Errno adopt_opened(int fd, const OpenRequest& request, const Interrupts& interrupts, Descriptor& out);

Outcome<Filestat> stat_path(int dir, const GuestPath& path, bool follow);
Outcome<Filestat> stat_file(int fd);

// Times are nanoseconds since 1970; which are set, and whether to "now", say the fstflags. kInval for
// contradictory flags.
Errno set_times_path(int dir, const GuestPath& path, bool follow, uint64_t atim, uint64_t mtim, uint16_t flags);
Errno set_times_file(int fd, uint64_t atim, uint64_t mtim, uint16_t flags);

Errno create_directory(int dir, const GuestPath& path);
Errno remove_directory(int dir, const GuestPath& path);
Errno unlink_file(int dir, const GuestPath& path);
Errno rename_path(int old_dir, const GuestPath& old_path, int new_dir, const GuestPath& new_path);
// A link to the file itself, never to what a symbolic link points to.
Errno link_path(int old_dir, const GuestPath& old_path, int new_dir, const GuestPath& new_path);
// kNotcapable for an absolute target, which could never be followed.
Errno symlink_path(const GuestPath& target, int dir, const GuestPath& path);
// Writes at most `size` bytes of the link's contents, returns how many.
Outcome<size_t> readlink_path(int dir, const GuestPath& path, char* buffer, size_t size);

Errno advise(int fd, uint64_t offset, uint64_t length, uint8_t advice);
Errno allocate(int fd, uint64_t offset, uint64_t length);
Errno set_size(int fd, uint64_t size);
Outcome<uint64_t> seek(int fd, int64_t offset, Whence whence);
Errno sync(int fd, bool data_only);

}  // namespace ermine::wasi
