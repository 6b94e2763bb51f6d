// Reading a directory with cookies.
//
// A cookie is the number of an entry, counted from 1: C libraries of 32-bit guests keep it in a long, which the
// kernel's own positions (d_off, hashes of 63 bits on ext4) do not fit in. The stream keeps the kernel's position of
// each entry that it has read, 8 bytes for each, so a cookie stays good while other entries come and go, as the kernel
// promises for its own. Reading on where the last call stopped costs one getdents64 for a few hundred entries: listing
// 100,000 entries is linear even through a small guest buffer, which is asked again for the entry that did not fit.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wasi/host/error.h"
#include "wasi/host/types.h"

namespace ermine::wasi::host {

struct DirEntry {
  uint64_t next = 0;  // cookie of the entry behind this one
  uint64_t ino = 0;
  FileType type = FileType::kUnknown;
  std::string_view name;  // raw bytes of the host, valid until the stream is used again
};

// The descriptor's own position belongs to the stream alone.
class DirStream {
 public:
  // Goes to `cookie` (0: the beginning, where the listing is read afresh). A cookie that this listing has not given yet
  // is looked for by reading on. False: not reached so far; to be called again. The end, if there are not as many.
  Outcome<bool> seek(int fd, uint64_t cookie);
  // The next entry; Outcome value false at the end.
  Outcome<bool> next(int fd, DirEntry& entry);

 private:
  struct Record;
  // The next record; null at the end.
  Outcome<const Record*> read(int fd);
  HostError go_to(int fd, size_t index);

  static constexpr size_t kBuffer = 32 * 1024;
  static constexpr unsigned kMostRead = 4096;  // entries in one call of seek()
  std::vector<int64_t> positions_{0};  // the kernel's, by index of the entry that begins there
  size_t index_ = 0;  // of the entry at offset_
  size_t first_ = 0;  // of the first one in the buffer
  size_t offset_ = 0, filled_ = 0;
  bool started_ = false;
  alignas(8) char buffer_[kBuffer];
};

}  // namespace ermine::wasi::host
