// A whole file, read-only, as long as a copy of `owner` exists.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ermine/result.h"

namespace ermine::platform {

struct FileBytes {
  std::shared_ptr<const void> owner;  // keeps `bytes` valid
  std::span<const uint8_t> bytes;
};

// Maps a regular file, reads anything else (a pipe) up to `limit` bytes. kIo with the path and the
// system's reason; kUnsupported beyond the limit. A mapped file must not be truncated meanwhile.
Result<FileBytes> map_file(const std::string& path, uint64_t limit);
// The same for a descriptor that is already open; `path` is for errors. A regular file is read from its beginning.
Result<FileBytes> map_descriptor(int fd, const std::string& path, uint64_t limit);

}  // namespace ermine::platform
