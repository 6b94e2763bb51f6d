// wasi:filesystem: operations on names that differ from those of 0.2.
#include "wasi/preview3/functions.h"

namespace ermine::wasi::preview3 {

using preview2::DescriptorFlags;
using preview2::FileResult;
using preview2::has;
using preview2::OpenFlags;
using preview2::Own;
using preview2::PathFlags;
using preview2::Text;

// What is created can be written, and what was asked for neither reading nor writing is read. The flags of a directory
// are those that were asked for, where the one that it was found in has them; its rights are those of the grant.
FileResult<Own<FileDescriptor>> Functions::open_at(Call& call, FileDescriptor& d, PathFlags path_flags, Text path,
                                                   OpenFlags open_flags, DescriptorFlags flags) {
  DescriptorFlags opened = flags;
  if (!has(flags, DescriptorFlags::kWrite)) {
    opened = opened | DescriptorFlags::kRead;
    if (has(open_flags, OpenFlags::kCreate)) opened = opened | DescriptorFlags::kWrite;
  }
  FileResult<Own<FileDescriptor>> file = preview2::Functions::open_at(call, d, path_flags, path, open_flags, opened);
  if (!file || !*file || (*file)->host().type != host::FileType::kDirectory) return file;
  const DescriptorFlags kept =
      has(flags, DescriptorFlags::kMutateDirectory) ? d.flags : d.flags & ~DescriptorFlags::kMutateDirectory;
  return call.make<FileDescriptor>((*file)->file, kept);
}

// The kernel does not follow a link for this, and says that it is no directory; what leads outside is refused as such.
FileResult<void> Functions::remove_directory_at(Call& call, FileDescriptor& d, Text path) {
  FileResult<void> removed = preview2::Functions::remove_directory_at(call, d, path);
  if (removed || removed.error() != preview2::ErrorCode::kNotDirectory || !path.ends_with('/')) return removed;
  const FileResult<preview2::DescriptorStat> target =
      preview2::Functions::stat_at(call, d, PathFlags::kSymlinkFollow, path);
  if (!target && target.error() == preview2::ErrorCode::kNotPermitted) return Unexpected(target.error());
  return removed;
}

}  // namespace ermine::wasi::preview3
