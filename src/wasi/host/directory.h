// Reading a directory with cookies.
//
// A cookie is the kernel's own position (d_off), so it stays valid however long a guest keeps it, and a
// guest that reads on where it stopped costs one getdents64 a few hundred entries: listing 100,000 entries
// is linear even through a small guest buffer, which is asked again for the entry that did not fit.
#pragma once

#include <cstdint>
#include <string_view>

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
  // Goes to `cookie` (0: the beginning, where the listing is read afresh).
  HostError seek(int fd, uint64_t cookie);
  // The next entry; Outcome value false at the end.
  Outcome<bool> next(int fd, DirEntry& entry);

 private:
  static constexpr size_t kBuffer = 32 * 1024;
  uint64_t position_ = 0;  // cookie of the entry at offset_
  size_t offset_ = 0, filled_ = 0;
  bool started_ = false;
  alignas(8) char buffer_[kBuffer];
};

}  // namespace ermine::wasi::host
