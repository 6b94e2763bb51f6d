// The values of this layer's operations, independent of any interface for guests.
#pragma once

#include <cstdint>

namespace ermine::wasi::host {

enum class FileType : uint8_t {
  kUnknown,
  kBlockDevice,
  kCharacterDevice,
  kDirectory,
  kRegularFile,
  kDatagramSocket,
  kStreamSocket,
  kSymbolicLink,
  kFifo,
};
// From st_mode; sockets become kStreamSocket, because it does not distinguish them.
FileType file_type(unsigned mode);

struct FileStat {
  uint64_t device = 0;
  uint64_t inode = 0;
  FileType type = FileType::kUnknown;
  uint64_t links = 0;
  uint64_t size = 0;
  uint64_t accessed = 0, modified = 0, changed = 0;  // nanoseconds since 1970
};

// How a descriptor reads and writes; may be combined.
using Status = uint8_t;
namespace status {
inline constexpr Status kAppend = 1, kDataSync = 2, kNonblocking = 4, kReadSync = 8, kSync = 16;
}

// The new value of one of a file's times.
struct TimeChange {
  enum class To : uint8_t { kUnchanged, kNow, kTime } to = To::kUnchanged;
  uint64_t time = 0;  // nanoseconds since 1970
};

enum class Clock : uint8_t { kRealtime, kMonotonic, kProcessCpuTime, kThreadCpuTime };
enum class Whence : uint8_t { kBegin, kCurrent, kEnd };
enum class Advice : uint8_t { kNormal, kSequential, kRandom, kWillNeed, kDontNeed, kNoReuse };
enum class Shutdown : uint8_t { kReading, kWriting, kBoth };

}  // namespace ermine::wasi::host
