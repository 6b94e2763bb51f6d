// fd_*: operations on open descriptors.

#include <algorithm>

#include "wasi/host/directory.h"
#include "wasi/host/files.h"
#include "wasi/host/io.h"
#include "wasi/preview1/functions.h"
#include "wasi/preview1/layout.h"
#include "wasi/preview1/pieces.h"

namespace ermine::wasi::preview1 {

Errno CommonFunctions::fd_advise(Call& call, Fd fd, U64 offset, U64 length, AdviceArg advice) {
  CHECKED_FD(d, fd, rights::kFdAdvise);
  if (d->type == FileType::kDirectory) return Errno::kBadf;
  return errno_of(host::advise(*d, offset, length, static_cast<host::Advice>(uint8_t{advice})));
}

Errno CommonFunctions::fd_close(Call& call, Fd fd) { return call.table().close(fd.number); }

Errno CommonFunctions::fd_datasync(Call& call, Fd fd) {
  CHECKED_FD(d, fd, rights::kFdDatasync);
  return errno_of(host::sync(*d, true));
}

Errno CommonFunctions::fd_sync(Call& call, Fd fd) {
  CHECKED_FD(d, fd, rights::kFdSync);
  return errno_of(host::sync(*d, false));
}

Errno CommonFunctions::fd_fdstat_get(Call& call, Fd fd, Out<FdstatLayout> stat) {
  CHECKED_FD(d, fd, 0);
  FdstatLayout s{};
  s.filetype = number_of(d->type);
  s.flags = fdflags_of(d->status);
  s.rights_base = d->base;
  s.rights_inheriting = d->inheriting;
  stat.set(s);
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_fdstat_set_flags(Call& call, Fd fd, FdflagsArg flags) {
  CHECKED_FD(d, fd, rights::kFdFdstatSetFlags);
  return errno_of(host::set_status(*d, status_of(flags)));
}

Errno CommonFunctions::fd_fdstat_set_rights(Call& call, Fd fd, U64 base, U64 inheriting) {
  CHECKED_FD(d, fd, 0);
  // Rights can only be given up.
  if ((base & ~d->base) != 0 || (inheriting & ~d->inheriting) != 0) return Errno::kNotcapable;
  if ((d->base & ~base & rights::kPathFilestatSetSize) != 0) d->keeps_sizes = true;
  d->base = base;
  d->inheriting = inheriting;
  return Errno::kSuccess;
}

template <class Version>
Errno Functions<Version>::fd_filestat_get(Call& call, Fd fd, Out<typename Version::Filestat> stat) {
  CHECKED_FD(d, fd, rights::kFdFilestatGet);
  host::Outcome<host::FileStat> s = host::stat_file(*d);
  if (!s) return errno_of(s.error);
  s.value.type = d->type;  // distinguishes datagram sockets
  stat.set(layout<Version>(*s));
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_filestat_set_times(Call& call, Fd fd, U64 atim, U64 mtim, FstflagsArg flags) {
  CHECKED_FD(d, fd, rights::kFdFilestatSetTimes);
  if (d->read_only) return Errno::kRofs;
  const TimeChanges changes(atim, mtim, flags);
  if (!changes.valid) return Errno::kInval;
  return errno_of(host::set_times_file(*d, changes.accessed, changes.modified));
}

Errno CommonFunctions::fd_prestat_get(Call& call, Fd fd, Out<PrestatLayout> prestat) {
  const Descriptor* d = call.table().get(fd.number);
  if (d == nullptr || !d->preopen) {
    // Programs try 3, 4, … until they get this error.
    if (fd.number == 3 && !call.context.grants_directories()) call.context.refusals.no_directories = true;
    return Errno::kBadf;
  }
  PrestatLayout p{};
  p.name_length = static_cast<uint32_t>(d->guest_path.size());
  prestat.set(p);
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_prestat_dir_name(Call& call, Fd fd, Buffer name) {
  const Descriptor* d = call.table().get(fd.number);
  if (d == nullptr || !d->preopen) return Errno::kBadf;
  if (name.size < d->guest_path.size()) return Errno::kNametoolong;
  std::memcpy(name.bytes().data(), d->guest_path.data(), d->guest_path.size());
  call.moved += d->guest_path.size();
  return Errno::kSuccess;
}

namespace {

// Entries of a directory from `cookie` on, in the layout of a guest's buffer.
struct Listing {
  uint64_t cookie;
  size_t filled = 0;
  bool complete = false;

  // Until the buffer is full, there are no more entries, or a piece is done. An entry that does not fit is cut; a full
  // buffer tells the guest that there are more.
  Errno read(Descriptor& d, std::span<uint8_t> buffer) {
    // Made on first use: most directories are opened only to open files in them.
    if (!d.dir) d.dir = std::make_unique<host::DirStream>();
    host::DirStream& stream = *d.dir;
    const host::Outcome<bool> there = stream.seek(d, cookie);
    if (!there) return errno_of(there.error);
    if (!*there) return Errno::kSuccess;
    auto put = [&](const void* from, size_t n) {
      n = std::min(n, buffer.size() - filled);
      std::memcpy(buffer.data() + filled, from, n);
      filled += n;
    };
    for (const size_t begin = filled; filled < buffer.size() && filled - begin < kPiece;) {
      host::DirEntry entry;
      host::Outcome<bool> more = stream.next(d, entry);
      if (!more) return errno_of(more.error);
      if (!*more) {
        complete = true;
        return Errno::kSuccess;
      }
      DirentLayout head{};
      head.next = cookie = entry.next;
      head.ino = entry.ino;
      head.name_length = static_cast<uint32_t>(entry.name.size());
      head.type = number_of(entry.type);
      put(&head, sizeof head);
      put(entry.name.data(), entry.name.size());
    }
    complete = filled == buffer.size();
    return Errno::kSuccess;
  }
};

}  // namespace

Errno CommonFunctions::fd_readdir(Call& call, Fd fd, Buffer entries, U64 cookie, Out<uint32_t> size) {
  for (Listing listing{cookie};;) {
    const size_t before = listing.filled;
    {
      CHECKED_FD(d, fd, rights::kFdReaddir);
      if (Errno e = listing.read(*d, entries.bytes()); e != Errno::kSuccess) return e;
    }
    call.moved += listing.filled - before;
    if (listing.complete || entries.size == 0) {
      size.set(static_cast<uint32_t>(listing.filled));
      return Errno::kSuccess;
    }
    if (Errno e = call.pause(); e != Errno::kSuccess) return e;
  }
}

Errno CommonFunctions::fd_renumber(Call& call, Fd fd, Fd to) { return call.table().renumber(fd.number, to.number); }

template <class Version>
Errno Functions<Version>::fd_seek(Call& call, Fd fd, S64 offset, WhenceArg whence, Out<uint64_t> position) {
  const host::Whence from = Version::kWhence[whence];
  // A seek that asks for the position is fd_tell, and needs only its right.
  bool tells = from == host::Whence::kCurrent && offset == 0;
  CHECKED_FD(d, fd, tells ? rights::kFdTell : rights::kFdSeek | rights::kFdTell);
  host::Outcome<uint64_t> at = host::seek(*d, offset, from);
  if (!at) return errno_of(at.error);
  position.set(*at);
  return Errno::kSuccess;
}

Errno CommonFunctions::fd_tell(Call& call, Fd fd, Out<uint64_t> position) {
  CHECKED_FD(d, fd, rights::kFdTell);
  host::Outcome<uint64_t> at = host::seek(*d, 0, host::Whence::kCurrent);
  if (!at) return errno_of(at.error);
  position.set(*at);
  return Errno::kSuccess;
}

template struct Functions<Preview1>;
template struct Functions<Unstable>;

}  // namespace ermine::wasi::preview1
