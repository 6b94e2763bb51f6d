// Operations on files by path, each beneath a directory descriptor, and on open files. The callers have checked what a
// guest may do. Directories and files stay the caller's unless said otherwise.
#pragma once

#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"
#include "wasi/host/interrupt.h"
#include "wasi/host/path.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

struct OpenRequest {
  bool follow = false;  // a final symbolic link
  bool read = false, write = false;
  bool create = false, exclusive = false, truncate = false;
  bool directory = false;  // or fail
  bool inspects = false;  // the kind of the file is wanted at once
  Status status = 0;
};
// Opens a file and makes `out` its descriptor, which the caller owns, even if the function fails after that. The
// descriptor may still have to be inspected (inspect_later). Opening a fifo waits for the other side (a reader: for its
// first bytes), as in POSIX; kInterrupted if the wait is interrupted.
HostError open_file(FileRef dir, const GuestPath& path, const OpenRequest& request, const Interrupts& interrupts,
                    Descriptor& out);
// The second part of opening, once the file is open.
HostError adopt_opened(int fd, const OpenRequest& request, const Interrupts& interrupts, Descriptor& out);

Outcome<FileStat> stat_path(FileRef dir, const GuestPath& path, bool follow);
Outcome<FileStat> stat_file(FileRef file);

HostError set_times_path(FileRef dir, const GuestPath& path, bool follow, TimeChange accessed, TimeChange modified);
HostError set_times_file(FileRef file, TimeChange accessed, TimeChange modified);

// The same directory once more, with a position of its own; the caller owns it.
HostError reopen_directory(FileRef dir, Descriptor& out);

HostError create_directory(FileRef dir, const GuestPath& path);
HostError remove_directory(FileRef dir, const GuestPath& path);
HostError unlink_file(FileRef dir, const GuestPath& path);
// Between a directory of the system and a virtual one, or two trees: EXDEV.
HostError rename_path(FileRef old_dir, const GuestPath& old_path, FileRef new_dir, const GuestPath& new_path);
// A link to the file itself, never to what a symbolic link points to.
HostError link_path(FileRef old_dir, const GuestPath& old_path, FileRef new_dir, const GuestPath& new_path);
// kOutside for an absolute target, which could never be followed.
HostError symlink_path(const GuestPath& target, FileRef dir, const GuestPath& path);
// Writes at most `size` bytes of the link's contents, returns their number.
Outcome<size_t> readlink_path(FileRef dir, const GuestPath& path, char* buffer, size_t size);

HostError advise(FileRef file, uint64_t offset, uint64_t length, Advice advice);
HostError allocate(FileRef file, uint64_t offset, uint64_t length);
HostError set_size(FileRef file, uint64_t size);
Outcome<uint64_t> seek(FileRef file, int64_t offset, Whence whence);
HostError sync(FileRef file, bool data_only);

}  // namespace ermine::wasi::host
