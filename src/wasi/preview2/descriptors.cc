// wasi:filesystem: operations on open files and directories.
#include <algorithm>

#include "wasi/host/files.h"
#include "wasi/host/io.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {
namespace {

using host::HostError;

FileResult<void> result_of(HostError error) {
  if (error != HostError::kNone) return fail(error);
  return {};
}

// A file, opened for these. Errors are those of preview 1.
HostError check_file(const FileDescriptor& d, DescriptorFlags needed) {
  if (d.host().type == host::FileType::kDirectory) return HostError::kIsDirectory;
  return (d.flags & needed) == needed ? HostError::kNone : HostError::kBadFd;
}

uint64_t mixed(uint64_t a, uint64_t b) {
  uint64_t h = (a ^ 0x9e37'79b9'7f4a'7c15) * 0xff51'afd7'ed55'8ccd;
  h = (h ^ (h >> 32) ^ b) * 0xc4ce'b9fe'1a85'ec53;
  return h ^ (h >> 29);
}

FileResult<Own<OutputStream>> output_stream(Call& call, const FileDescriptor& d, OutputStream::Where where,
                                            uint64_t offset) {
  if (HostError e = check_file(d, DescriptorFlags::kWrite); e != HostError::kNone) return fail(e);
  if (!d.host().has_position()) where = OutputStream::Where::kPosition;
  return call.make<OutputStream>(d.file, where, offset);
}

}  // namespace

DescriptorType type_of(host::FileType type) {
  switch (type) {
    case host::FileType::kUnknown: return DescriptorType::kUnknown;
    case host::FileType::kBlockDevice: return DescriptorType::kBlockDevice;
    case host::FileType::kCharacterDevice: return DescriptorType::kCharacterDevice;
    case host::FileType::kDirectory: return DescriptorType::kDirectory;
    case host::FileType::kRegularFile: return DescriptorType::kRegularFile;
    case host::FileType::kDatagramSocket:
    case host::FileType::kStreamSocket: return DescriptorType::kSocket;
    case host::FileType::kSymbolicLink: return DescriptorType::kSymbolicLink;
    case host::FileType::kFifo: return DescriptorType::kFifo;
  }
  return DescriptorType::kUnknown;
}

DescriptorStat stat_of(const host::FileStat& s) {
  return {type_of(s.type), s.links, s.size, datetime(s.accessed), datetime(s.modified), datetime(s.changed)};
}

// Programs use it as the number of the file (the adapter of preview 1 does), so it is of the file's identity alone.
MetadataHash hash_of(const host::FileStat& s) {
  const uint64_t lower = mixed(s.device, s.inode);
  return {lower, mixed(lower, s.inode)};
}

bool time_change(const NewTimestamp& timestamp, host::TimeChange& out) {
  if (timestamp.index() == 1) out.to = host::TimeChange::To::kNow;
  const Datetime* time = std::get_if<Datetime>(&timestamp);
  if (!time) return true;
  constexpr uint64_t kSecond = 1'000'000'000;
  if (time->nanoseconds >= kSecond || time->seconds > (UINT64_MAX - time->nanoseconds) / kSecond) return false;
  out = {host::TimeChange::To::kTime, time->seconds * kSecond + time->nanoseconds};
  return true;
}

FileResult<Own<InputStream>> Functions::read_via_stream(Call& call, FileDescriptor& d, uint64_t offset) {
  if (HostError e = check_file(d, DescriptorFlags::kRead); e != HostError::kNone) return fail(e);
  if (!d.host().has_position()) return call.make<InputStream>(d.file);
  return call.make<InputStream>(d.file, offset);
}
FileResult<Own<OutputStream>> Functions::write_via_stream(Call& call, FileDescriptor& d, uint64_t offset) {
  return output_stream(call, d, OutputStream::Where::kOffset, offset);
}
FileResult<Own<OutputStream>> Functions::append_via_stream(Call& call, FileDescriptor& d) {
  return output_stream(call, d, OutputStream::Where::kEnd, 0);
}

FileResult<void> Functions::advise(Call&, FileDescriptor& d, uint64_t offset, uint64_t length, AdviceArgument advice) {
  if (d.host().type == host::FileType::kDirectory) return fail(HostError::kBadFd);
  return result_of(host::advise(d.host(), offset, length, static_cast<host::Advice>(advice)));
}
FileResult<void> Functions::sync_data(Call&, FileDescriptor& d) {
  if (HostError e = check_file(d, DescriptorFlags::kNone); e != HostError::kNone) return fail(e);
  return result_of(host::sync(d.host(), true));
}
FileResult<void> Functions::sync(Call&, FileDescriptor& d) { return result_of(host::sync(d.host(), false)); }
FileResult<DescriptorFlags> Functions::get_flags(Call&, FileDescriptor& d) { return d.flags; }
FileResult<DescriptorType> Functions::get_type(Call&, FileDescriptor& d) { return type_of(d.host().type); }

FileResult<void> Functions::set_size(Call& call, FileDescriptor& d, uint64_t size) {
  HostError e = check_file(d, DescriptorFlags::kWrite);
  // The error of ftruncate().
  if (e != HostError::kNone) return fail(e == HostError::kBadFd ? HostError::kInvalid : e);
  host::OutputLimit& output = call.context.output;
  host::Outcome<uint64_t> gap = uint64_t{0};
  if (output.active()) {
    gap = host::OutputLimit::gap_before(d.host(), size);
    if (!gap) return fail(gap.error);
    call.stop = output.check_growth(*gap);
    if (call.stop) return {};
  }
  e = host::set_size(d.host(), size);
  if (e == HostError::kNone) output.count(*gap);
  return result_of(e);
}

FileResult<void> Functions::set_times(Call&, FileDescriptor& d, NewTimestamp accessed, NewTimestamp modified) {
  if (d.file->read_only) return fail(HostError::kReadOnly);
  host::TimeChange access, modification;
  if (!time_change(accessed, access) || !time_change(modified, modification)) return fail(HostError::kInvalid);
  return result_of(host::set_times_file(d.host(), access, modification));
}

FileResult<std::tuple<Bytes, bool>> Functions::read_file(Call& call, FileDescriptor& d, uint64_t length,
                                                         uint64_t offset) {
  if (HostError e = check_file(d, DescriptorFlags::kRead); e != HostError::kNone) return fail(e);
  const iovec buffer{call.context.buffer(), std::min<uint64_t>(length, Context::kMostRead)};
  host::Descriptor file = d.host();
  const host::Outcome<size_t> n = host::read_at(file, &buffer, 1, offset);
  if (!n) return fail(n.error);
  call.moved += *n;
  const bool at_end = *n == 0 ? length > 0 : file.type == host::FileType::kRegularFile && *n < buffer.iov_len;
  return std::tuple(Bytes{call.context.buffer(), *n}, at_end);
}

// A short count for more than a piece.
FileResult<uint64_t> Functions::write_file(Call& call, FileDescriptor& d, Contents contents, uint64_t offset) {
  if (HostError e = check_file(d, DescriptorFlags::kWrite); e != HostError::kNone) return fail(e);
  constexpr size_t kPiece = 1 << 20;
  iovec buffer{const_cast<uint8_t*>(contents.data()), std::min(contents.size(), kPiece)};
  const host::Outcome<size_t> n = write_once(call, d.host(), OutputStream::Where::kOffset, offset, &buffer, 1);
  if (!n) return fail(n.error);
  call.moved += *n;
  return *n;
}

FileResult<DescriptorStat> Functions::stat(Call&, FileDescriptor& d) {
  const host::Outcome<host::FileStat> s = host::stat_file(d.host());
  if (!s) return fail(s.error);
  return preview2::stat_of(*s);
}
FileResult<MetadataHash> Functions::metadata_hash(Call&, FileDescriptor& d) {
  const host::Outcome<host::FileStat> s = host::stat_file(d.host());
  if (!s) return fail(s.error);
  return hash_of(*s);
}
bool Functions::is_same_object(Call&, FileDescriptor& d, FileDescriptor& other) {
  const host::Outcome<host::FileStat> a = host::stat_file(d.host()), b = host::stat_file(other.host());
  return a && b && a->device == b->device && a->inode == b->inode;
}

FileResult<std::optional<DirectoryEntry>> Functions::read_directory_entry(Call& call, DirectoryEntryStream& stream) {
  const host::Descriptor& directory = stream.directory->descriptor;
  while (true) {
    host::DirEntry entry;
    const host::Outcome<bool> more = stream.entries.next(directory, entry);
    if (!more) return fail(more.error);
    if (!*more) return std::optional<DirectoryEntry>();
    if (entry.name == "." || entry.name == "..") continue;
    // WIT has no strings that are not Unicode. The next call gives the entry after it.
    if (!host::is_utf8(entry.name)) return fail(HostError::kNotUtf8);
    call.moved += entry.name.size();
    return std::optional(DirectoryEntry{type_of(entry.type), std::string(entry.name)});
  }
}

std::vector<std::tuple<Own<FileDescriptor>, std::string>> Functions::get_directories(Call& call) {
  if (!call.context.grants_directories()) call.context.refusals.no_directories = true;
  std::vector<std::tuple<Own<FileDescriptor>, std::string>> out;
  for (const Context::Preopen& p : call.context.preopens()) {
    const DescriptorFlags flags =
        p.directory->read_only ? DescriptorFlags::kRead : DescriptorFlags::kRead | DescriptorFlags::kMutateDirectory;
    Own<FileDescriptor> d = call.make<FileDescriptor>(p.directory, flags);
    if (!d) break;
    out.emplace_back(std::move(d), p.guest_path);
  }
  return out;
}

}  // namespace ermine::wasi::preview2
