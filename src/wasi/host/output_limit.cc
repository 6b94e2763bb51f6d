#include "wasi/host/output_limit.h"

#include <algorithm>
#include <string>

#include "wasi/host/files.h"

namespace ermine::wasi::host {
namespace {

Outcome<uint64_t> gap_before_write(const Descriptor& d, std::optional<uint64_t> offset) {
  if (d.type != FileType::kRegularFile || (d.status & status::kAppend) != 0) return uint64_t{0};
  if (offset) return OutputLimit::gap_before(d, *offset);
  const Outcome<uint64_t> position = seek(d, 0, Whence::kCurrent);
  if (!position) return position.error;
  return OutputLimit::gap_before(d, *position);
}

}  // namespace

Error OutputLimit::exceeded(uint64_t wanted) const {
  const std::string limit = "output limit of " + std::to_string(most_) + " bytes ";
  return Error(ErrorKind::kLimit,
               limit + (left() == 0 ? std::string("reached")
                                    : "exceeded: the program tried to write " + std::to_string(wanted) +
                                          " bytes, or to make a file larger by them, and " + std::to_string(left()) +
                                          " are left"))
      .with_limit(Limit::kWrittenBytes);
}

Outcome<uint64_t> OutputLimit::gap_before(const Descriptor& d, uint64_t at) {
  if (d.type != FileType::kRegularFile) return uint64_t{0};
  const Outcome<FileStat> stat = stat_file(d);
  if (!stat) return stat.error;
  return at > stat->size ? at - stat->size : uint64_t{0};
}

Outcome<uint64_t> OutputLimit::admit(const Descriptor& d, std::optional<uint64_t> offset, iovec* buffers, int count,
                                     Error& stop) const {
  uint64_t wanted = 0;
  for (int i = 0; i < count; ++i) wanted += buffers[i].iov_len;
  const Outcome<uint64_t> gap = gap_before_write(d, offset);
  if (!gap) return gap;
  if (wanted > 0 && left() <= *gap) {
    stop = exceeded(*gap + wanted);
    return gap;
  }
  uint64_t room = left() - std::min(left(), *gap);
  for (int i = 0; i < count; ++i) {
    buffers[i].iov_len = std::min<uint64_t>(buffers[i].iov_len, room);
    room -= buffers[i].iov_len;
  }
  return gap;
}

}  // namespace ermine::wasi::host
