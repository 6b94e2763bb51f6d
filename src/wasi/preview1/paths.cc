// path_*: operations on names beneath a directory.

#include "wasi/host/files.h"
#include "wasi/preview1/functions.h"
#include "wasi/preview1/layout.h"

namespace ermine::wasi::preview1 {
namespace {

// The common beginning of all path functions: the directory with its rights, and the path copied and checked. `writes`:
// the operation changes something, so a read-only grant refuses it.
struct PathArg {
  const Descriptor* dir = nullptr;
  host::GuestPath path;
  PathArg() {}  // does not initialise the path's buffer

  Errno resolve(Call& call, Fd fd, Text text, Rights needed, bool writes) {
    dir = call.table().get(fd.number);
    if (dir == nullptr) return Errno::kBadf;
    if (Errno e = dir->check_directory(needed, false); e != Errno::kSuccess) return e;
    if (host::HostError e = path.assign(text.bytes); e != host::HostError::kNone) return checked(call, text, e);
    call.moved += text.bytes.size();
    if (writes && dir->read_only) return checked(call, text, host::HostError::kReadOnly);
    return Errno::kSuccess;
  }
  // Returns a result, and records refusals that the user could lift.
  Errno checked(Call& call, Text text, host::HostError e) const {
    return errno_of(call.context.noted(e, {text.bytes.data(), text.bytes.size()}));
  }
};

bool follows(LookupflagsArg flags) { return (flags & lookupflags::kSymlinkFollow) != 0; }

}  // namespace

Errno CommonFunctions::path_open(Call& call, Fd fd, LookupflagsArg lookup, Text text, OflagsArg flags, U64 base,
                                 U64 inheriting, FdflagsArg fdflags, Out<uint32_t> opened) {
  bool creates = (flags & oflags::kCreat) != 0;
  bool truncates = (flags & oflags::kTrunc) != 0;
  // Truncating needs no right of the directory: programs open directories without that right (Go's os.Root) and expect
  // the behaviour of engines that no longer check rights. A read-only grant still forbids it, and so does a program
  // that gives the right up on purpose.
  Rights needed = rights::kPathOpen;
  if (creates) needed |= rights::kPathCreateFile;
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, needed, false); e != Errno::kSuccess) return e;
  if (truncates && arg.dir->keeps_sizes) return Errno::kNotcapable;

  constexpr Rights kWriting = rights::kFdWrite | rights::kFdAllocate | rights::kFdFilestatSetSize;
  host::OpenRequest request;
  request.follow = follows(lookup);
  request.create = creates;
  request.directory = (flags & oflags::kDirectory) != 0;
  request.exclusive = (flags & oflags::kExcl) != 0;
  request.truncate = truncates;
  request.status = status_of(fdflags);
  request.read = (base & (rights::kFdRead | rights::kFdReaddir)) != 0;
  request.write = (base & kWriting) != 0 || truncates;
  // Programs request more rights than the kind of file can use, so the others are dropped. But the rights to read and
  // write must be available.
  constexpr Rights kDecisive = rights::kFdRead | rights::kFdWrite;
  if ((base & ~arg.dir->inheriting & kDecisive) != 0) return Errno::kNotcapable;
  if (arg.dir->read_only && host::changes(request)) {
    // A file system mounted read-only returns the same error: existing files can be opened with "create".
    bool only_create = creates && !request.write && !request.exclusive;
    if (!only_create || !host::stat_path(*arg.dir, arg.path, request.follow))
      return arg.checked(call, text, host::HostError::kReadOnly);
    request.create = false;
  }
  if (call.at_limit()) return Errno::kMfile;
  auto d = std::make_unique<Descriptor>();
  d->read_only = arg.dir->read_only;
  d->keeps_sizes = arg.dir->keeps_sizes;
  const host::HostError e = host::open_file(*arg.dir, arg.path, request, call.interrupts(), *d);
  if (e != host::HostError::kNone) return arg.checked(call, text, e);
  d->grant(base & arg.dir->inheriting, inheriting & arg.dir->inheriting);
  Outcome<uint32_t> number = call.table().insert(std::move(d));
  if (!number) return number.error;
  opened.set(*number);
  return Errno::kSuccess;
}

Errno CommonFunctions::path_create_directory(Call& call, Fd fd, Text text) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathCreateDirectory, true); e != Errno::kSuccess) return e;
  return arg.checked(call, text, host::create_directory(*arg.dir, arg.path));
}

Errno CommonFunctions::path_remove_directory(Call& call, Fd fd, Text text) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathRemoveDirectory, true); e != Errno::kSuccess) return e;
  return arg.checked(call, text, host::remove_directory(*arg.dir, arg.path));
}

Errno CommonFunctions::path_unlink_file(Call& call, Fd fd, Text text) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathUnlinkFile, true); e != Errno::kSuccess) return e;
  return arg.checked(call, text, host::unlink_file(*arg.dir, arg.path));
}

template <class Version>
Errno Functions<Version>::path_filestat_get(Call& call, Fd fd, LookupflagsArg flags, Text text,
                                            Out<typename Version::Filestat> stat) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathFilestatGet, false); e != Errno::kSuccess) return e;
  host::Outcome<host::FileStat> s = host::stat_path(*arg.dir, arg.path, follows(flags));
  if (!s) return arg.checked(call, text, s.error);
  stat.set(layout<Version>(*s));
  return Errno::kSuccess;
}

Errno CommonFunctions::path_filestat_set_times(Call& call, Fd fd, LookupflagsArg flags, Text text, U64 atim, U64 mtim,
                                               FstflagsArg which) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathFilestatSetTimes, true); e != Errno::kSuccess) return e;
  const TimeChanges changes(atim, mtim, which);
  if (!changes.valid) return Errno::kInval;
  return arg.checked(call, text,
                     host::set_times_path(*arg.dir, arg.path, follows(flags), changes.accessed, changes.modified));
}

Errno CommonFunctions::path_readlink(Call& call, Fd fd, Text text, Buffer target, Out<uint32_t> size) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathReadlink, false); e != Errno::kSuccess) return e;
  host::Outcome<size_t> n =
      host::readlink_path(*arg.dir, arg.path, reinterpret_cast<char*>(target.bytes().data()), target.size);
  if (!n) return arg.checked(call, text, n.error);
  call.moved += *n;
  size.set(static_cast<uint32_t>(*n));
  return Errno::kSuccess;
}

Errno CommonFunctions::path_symlink(Call& call, Text target, Fd fd, Text text) {
  PathArg arg;
  if (Errno e = arg.resolve(call, fd, text, rights::kPathSymlink, true); e != Errno::kSuccess) return e;
  host::GuestPath contents;
  if (host::HostError e = contents.assign_link_target(target.bytes); e != host::HostError::kNone) return errno_of(e);
  call.moved += target.bytes.size();
  return arg.checked(call, text, host::symlink_path(contents, *arg.dir, arg.path));
}

Errno CommonFunctions::path_link(Call& call, Fd old_fd, LookupflagsArg old_flags, Text old_text, Fd new_fd,
                                 Text new_text) {
  // A hard link to the target of a symbolic link cannot be made in one step that the kernel checks.
  if (follows(old_flags)) return Errno::kInval;
  PathArg from, to;
  if (Errno e = from.resolve(call, old_fd, old_text, rights::kPathLinkSource, true); e != Errno::kSuccess) return e;
  if (Errno e = to.resolve(call, new_fd, new_text, rights::kPathLinkTarget, true); e != Errno::kSuccess) return e;
  return from.checked(call, old_text, host::link_path(*from.dir, from.path, *to.dir, to.path));
}

Errno CommonFunctions::path_rename(Call& call, Fd old_fd, Text old_text, Fd new_fd, Text new_text) {
  PathArg from, to;
  if (Errno e = from.resolve(call, old_fd, old_text, rights::kPathRenameSource, true); e != Errno::kSuccess) return e;
  if (Errno e = to.resolve(call, new_fd, new_text, rights::kPathRenameTarget, true); e != Errno::kSuccess) return e;
  return from.checked(call, old_text, host::rename_path(*from.dir, from.path, *to.dir, to.path));
}

template Errno Functions<Preview1>::path_filestat_get(Call&, Fd, LookupflagsArg, Text, Out<Preview1::Filestat>);
template Errno Functions<Unstable>::path_filestat_get(Call&, Fd, LookupflagsArg, Text, Out<Unstable::Filestat>);

}  // namespace ermine::wasi::preview1
