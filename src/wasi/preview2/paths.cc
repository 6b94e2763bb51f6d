// wasi:filesystem: operations on names beneath a directory.
#include <limits.h>

#include "wasi/host/files.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

using host::HostError;

bool follows(PathFlags flags) { return has(flags, PathFlags::kSymlinkFollow); }

// The common beginning of all functions with a path: the directory, and the path copied and checked. `writes`: the
// operation changes something, so a read-only grant refuses it.
struct PathArgument {
  host::FileRef dir;
  host::GuestPath path;
  Text text;
  HostError error = HostError::kNone;

  PathArgument(Call& call, const FileDescriptor& d, Text text, bool writes) : dir(d.host()), text(text) {
    if (d.host().type != host::FileType::kDirectory) error = HostError::kNotDirectory;
    else error = path.assign(text);
    if (error == HostError::kNone && writes && d.file->read_only) error = HostError::kReadOnly;
    call.moved += text.size();
    (void)call.context.noted(error, text);
  }
  explicit operator bool() const { return error == HostError::kNone; }
  FileResult<void> result(Call& call, HostError e) const {
    if (call.context.noted(e, text) != HostError::kNone) return fail(e);
    return {};
  }
  Unexpected<ErrorCode> failed(Call& call, HostError e) const { return fail(call.context.noted(e, text)); }
};

FileResult<void> change(Call& call, FileDescriptor& d, Text text,
                        HostError (*operation)(host::FileRef dir, const host::GuestPath& path)) {
  const PathArgument argument(call, d, text, true);
  if (!argument) return fail(argument.error);
  return argument.result(call, operation(argument.dir, argument.path));
}

// Operations with two paths.
FileResult<void> change(Call& call, FileDescriptor& d, Text old_text, FileDescriptor& to, Text new_text,
                        HostError (*operation)(host::FileRef old_dir, const host::GuestPath& old_path,
                                               host::FileRef new_dir, const host::GuestPath& new_path)) {
  const PathArgument from(call, d, old_text, true);
  if (!from) return fail(from.error);
  const PathArgument target(call, to, new_text, true);
  if (!target) return fail(target.error);
  return from.result(call, operation(from.dir, from.path, target.dir, target.path));
}

}  // namespace

FileResult<Own<FileDescriptor>> Functions::open_at(Call& call, FileDescriptor& d, PathFlags path_flags, Text text,
                                                   OpenFlags open_flags, DescriptorFlags flags) {
  return open_path(call, d, path_flags, text, open_flags, flags, true);
}
FileResult<Own<FileDescriptor>> open_path(Call& call, FileDescriptor& d, PathFlags path_flags, Text text,
                                          OpenFlags open_flags, DescriptorFlags flags, bool waits) {
  const PathArgument argument(call, d, text, false);
  if (!argument) return fail(argument.error);
  host::OpenRequest request;
  request.inspects = true;
  request.follow = follows(path_flags);
  request.read = has(flags, DescriptorFlags::kRead);
  request.create = has(open_flags, OpenFlags::kCreate);
  request.directory = has(open_flags, OpenFlags::kDirectory);
  request.exclusive = has(open_flags, OpenFlags::kExclusive);
  request.truncate = has(open_flags, OpenFlags::kTruncate);
  request.write = has(flags, DescriptorFlags::kWrite) || request.truncate;
  if (has(flags, DescriptorFlags::kFileSync)) request.status |= host::status::kSync;
  if (has(flags, DescriptorFlags::kDataSync)) request.status |= host::status::kDataSync;
  if (has(flags, DescriptorFlags::kRequestedSync)) request.status |= host::status::kReadSync;
  if (!waits) request.status |= host::status::kNonblocking;
  if (d.file->read_only && (host::changes(request) || has(flags, DescriptorFlags::kMutateDirectory)))
    return argument.failed(call, HostError::kReadOnly);
  if (call.at_file_limit()) return fail(HostError::kTooManyFiles);
  auto file = std::make_shared<OpenFile>(call.context.counts());
  file->read_only = d.file->read_only;
  const HostError e = call.waiting(
      [&] { return host::open_file(argument.dir, argument.path, request, call.interrupts(), file->descriptor); });
  if (e != HostError::kNone) return argument.failed(call, e);
  file->descriptor.status &= static_cast<host::Status>(~host::status::kNonblocking);
  // What may be done with a directory is what may be done with the one that it was found in.
  if (file->descriptor.type == host::FileType::kDirectory) flags = d.flags;
  else flags = flags & ~DescriptorFlags::kMutateDirectory;
  return call.make<FileDescriptor>(std::move(file), flags);
}

std::shared_ptr<OpenFile> reopen(Call& call, const FileDescriptor& d, HostError& error) {
  error = HostError::kNotDirectory;
  if (d.host().type != host::FileType::kDirectory) return nullptr;
  error = HostError::kTooManyFiles;
  if (call.at_file_limit()) return nullptr;
  auto file = std::make_shared<OpenFile>(call.context.counts());
  error = host::reopen_directory(d.host(), file->descriptor);
  return error == HostError::kNone ? file : nullptr;
}

FileResult<Own<DirectoryEntryStream>> Functions::read_directory(Call& call, FileDescriptor& d) {
  HostError error = HostError::kNone;
  std::shared_ptr<OpenFile> directory = reopen(call, d, error);
  if (!directory) return fail(error);
  Own<DirectoryEntryStream> stream = call.make<DirectoryEntryStream>(std::move(directory));
  if (stream) (void)stream->entries.seek(stream->directory->descriptor, 0);
  return stream;
}

FileResult<void> Functions::create_directory_at(Call& call, FileDescriptor& d, Text path) {
  return change(call, d, path, host::create_directory);
}
FileResult<void> Functions::remove_directory_at(Call& call, FileDescriptor& d, Text path) {
  return change(call, d, path, host::remove_directory);
}
FileResult<void> Functions::unlink_file_at(Call& call, FileDescriptor& d, Text path) {
  return change(call, d, path, host::unlink_file);
}
FileResult<void> Functions::rename_at(Call& call, FileDescriptor& d, Text old_path, FileDescriptor& to, Text new_path) {
  return change(call, d, old_path, to, new_path, host::rename_path);
}
FileResult<void> Functions::link_at(Call& call, FileDescriptor& d, PathFlags flags, Text old_path, FileDescriptor& to,
                                    Text new_path) {
  // A hard link to the target of a symbolic link cannot be made in one step that the kernel checks.
  if (follows(flags)) return fail(HostError::kInvalid);
  return change(call, d, old_path, to, new_path, host::link_path);
}
FileResult<void> Functions::symlink_at(Call& call, FileDescriptor& d, Text old_path, Text new_path) {
  const PathArgument argument(call, d, new_path, true);
  if (!argument) return fail(argument.error);
  host::GuestPath contents;
  if (HostError e = contents.assign_link_target(old_path); e != HostError::kNone) return fail(e);
  call.moved += old_path.size();
  return argument.result(call, host::symlink_path(contents, argument.dir, argument.path));
}

FileResult<std::string> Functions::readlink_at(Call& call, FileDescriptor& d, Text path) {
  const PathArgument argument(call, d, path, false);
  if (!argument) return fail(argument.error);
  std::string contents(PATH_MAX, '\0');
  const host::Outcome<size_t> n = host::readlink_path(argument.dir, argument.path, contents.data(), contents.size());
  if (!n) return argument.failed(call, n.error);
  contents.resize(*n);
  // The name of a place of the host, which could not be followed.
  if (contents.starts_with('/')) return argument.failed(call, HostError::kOutside);
  if (!host::is_utf8(contents)) return fail(HostError::kNotUtf8);
  call.moved += *n;
  return contents;
}

FileResult<DescriptorStat> Functions::stat_at(Call& call, FileDescriptor& d, PathFlags flags, Text path) {
  const PathArgument argument(call, d, path, false);
  if (!argument) return fail(argument.error);
  const host::Outcome<host::FileStat> s = host::stat_path(argument.dir, argument.path, follows(flags));
  if (!s) return argument.failed(call, s.error);
  return preview2::stat_of(*s);
}
FileResult<MetadataHash> Functions::metadata_hash_at(Call& call, FileDescriptor& d, PathFlags flags, Text path) {
  const PathArgument argument(call, d, path, false);
  if (!argument) return fail(argument.error);
  const host::Outcome<host::FileStat> s = host::stat_path(argument.dir, argument.path, follows(flags));
  if (!s) return argument.failed(call, s.error);
  return hash_of(*s);
}
FileResult<void> Functions::set_times_at(Call& call, FileDescriptor& d, PathFlags flags, Text path,
                                         NewTimestamp accessed, NewTimestamp modified) {
  const PathArgument argument(call, d, path, true);
  if (!argument) return fail(argument.error);
  host::TimeChange access, modification;
  if (!time_change(accessed, access) || !time_change(modified, modification)) return fail(HostError::kInvalid);
  return argument.result(call, host::set_times_path(argument.dir, argument.path, follows(flags), access, modification));
}

}  // namespace ermine::wasi::preview2
