// Reads a directory with cookies.
//
// A cookie is the number of an entry, counted from 1. C libraries of 32-bit guests keep it in a long, and the kernel's
// own positions (d_off, hashes of 63 bits on ext4) do not fit in one. The stream keeps the kernel's position of each
// entry that it has read (8 bytes per entry), so a cookie remains valid while other entries are added and removed, as
// the kernel guarantees for its own. A call that continues where the last one stopped costs one getdents64 per few
// hundred entries: listing 100,000 entries is linear even with a small guest buffer, when the entry that did not fit is
// requested again.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wasi/host/descriptor.h"
#include "wasi/host/error.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

struct DirEntry {
  uint64_t next = 0;  // cookie of the entry behind this one
  uint64_t ino = 0;
  FileType type = FileType::kUnknown;
  std::string_view name;  // raw bytes of the host, valid until the stream is used again
};

// The descriptor's own position belongs to this stream alone. A virtual directory has cookies of its own, which it
// keeps as well.
class DirStream {
 public:
  // Goes to `cookie` (0: the beginning, where the listing is read again). A cookie that this listing has not given yet
  // is searched for by reading on. False: not reached yet, call it again. Stops at the end if there are fewer entries.
  Outcome<bool> seek(FileRef directory, uint64_t cookie);
  // The next entry; Outcome value false at the end.
  Outcome<bool> next(FileRef directory, DirEntry& entry);

 private:
  struct Record;
  // The next record; null at the end.
  Outcome<const Record*> read(int fd);
  HostError go_to(int fd, size_t index);

  static constexpr size_t kBuffer = 32 * 1024;
  static constexpr unsigned kMostRead = 4096;  // entries in one call of seek()
  std::vector<int64_t> positions_{0};  // the kernel's, by the index of the entry that begins there
  size_t index_ = 0;  // of the entry at offset_
  size_t first_ = 0;  // of the first one in the buffer
  size_t offset_ = 0, filled_ = 0;
  bool started_ = false;
  alignas(8) char buffer_[kBuffer];
};

}  // namespace ermine::wasi::host
