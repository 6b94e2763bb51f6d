// wasi:filesystem: operations on names that differ from those of 0.2.
#include "wasi/preview3/functions.h"
#include "wasi/preview3/retry.h"

namespace ermine::wasi::preview3 {

using preview2::DescriptorFlags;
using preview2::FileResult;
using preview2::has;
using preview2::OpenFlags;
using preview2::PathFlags;
using preview2::Text;

namespace {

using Opened = Expected<Own<FileDescriptor>, ErrorCode>;
using OpenReply = component::Reply<Opened>;

// What is created can be written, and what was asked for neither reading nor writing is read. The flags of a directory
// are those that were asked for, where the one that it was found in has them; its rights are those of the grant.
FileResult<Own<FileDescriptor>> open(Call& call, FileDescriptor& d, PathFlags path_flags, Text path,
                                     OpenFlags open_flags, DescriptorFlags flags) {
  DescriptorFlags opened = flags;
  if (!has(flags, DescriptorFlags::kWrite)) {
    opened = opened | DescriptorFlags::kRead;
    if (has(open_flags, OpenFlags::kCreate)) opened = opened | DescriptorFlags::kWrite;
  }
  FileResult<Own<FileDescriptor>> file = open_path(call, d, path_flags, path, open_flags, opened, false);
  if (!file || !*file || (*file)->host().type != host::FileType::kDirectory) return file;
  const DescriptorFlags kept =
      has(flags, DescriptorFlags::kMutateDirectory) ? d.flags : d.flags & ~DescriptorFlags::kMutateDirectory;
  return call.make<FileDescriptor>((*file)->file, kept);
}

// A fifo without a reader cannot be written yet, and nothing says when it can.
bool lacks_reader(Call& call, FileDescriptor& d, PathFlags flags, Text path,
                  const FileResult<Own<FileDescriptor>>& opened) {
  if (opened || opened.error() != preview2::ErrorCode::kNoSuchDevice) return false;
  const FileResult<preview2::DescriptorStat> found = preview2::Functions::stat_at(call, d, flags, path);
  return found && found->type == preview2::DescriptorType::kFifo;
}

// The trace of a call that answers later has no result.
void answer(preview2::Context& context, const OpenReply& reply, FileResult<Own<FileDescriptor>>&& result) {
  Opened opened = Newer<FileResult<Own<FileDescriptor>>>::from(std::move(result));
  if (context.tracing()) {
    std::string line = "filesystem/types.[method]descriptor.open-at = ";
    if (opened) line += "ok";
    else (line += "err(") += std::string(ErrorCode::kCases[opened.error().number]) + ")";
    context.trace(line);
  }
  reply.complete(std::move(opened));
}

}  // namespace

void Functions::open_at(Call& call, OpenReply reply, FileDescriptor& d, PathFlags path_flags, Text path,
                        OpenFlags open_flags, DescriptorFlags flags) {
  FileResult<Own<FileDescriptor>> opened = open(call, d, path_flags, path, open_flags, flags);
  if (call.stop) return;
  if (!lacks_reader(call, d, path_flags, path, opened)) return answer(call.context, reply, std::move(opened));
  const std::shared_ptr<FileDescriptor> directory = call.make<FileDescriptor>(d.file, d.flags);
  if (!directory) return;
  const auto attempt = [&context = call.context, store = call.store, reply, directory, path_flags,
                        name = std::string(path), open_flags, flags] {
    Call call{context, store};
    FileResult<Own<FileDescriptor>> opened = open(call, *directory, path_flags, name, open_flags, flags);
    if (lacks_reader(call, *directory, path_flags, name, opened)) return false;
    if (call.stop) reply.fail(std::move(call.stop));
    else answer(context, reply, std::move(opened));
    return true;
  };
  constexpr uint64_t kPause = 10'000'000;  // nanoseconds
  Retry::start(call, reply, {.pause = kPause, .attempt = attempt});
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
