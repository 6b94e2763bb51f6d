// The rights and flags of WASI preview 1, and its numbers for the values of the host layer. Values are the
// specification's. abi.h has the layouts in guest memory.
#pragma once

#include <cstdint>

#include "wasi/host/types.h"

namespace ermine::wasi::preview1 {

using Rights = uint64_t;
namespace rights {
inline constexpr Rights kFdDatasync = 1u << 0;
inline constexpr Rights kFdRead = 1u << 1;
inline constexpr Rights kFdSeek = 1u << 2;
inline constexpr Rights kFdFdstatSetFlags = 1u << 3;
inline constexpr Rights kFdSync = 1u << 4;
inline constexpr Rights kFdTell = 1u << 5;
inline constexpr Rights kFdWrite = 1u << 6;
inline constexpr Rights kFdAdvise = 1u << 7;
inline constexpr Rights kFdAllocate = 1u << 8;
inline constexpr Rights kPathCreateDirectory = 1u << 9;
inline constexpr Rights kPathCreateFile = 1u << 10;
inline constexpr Rights kPathLinkSource = 1u << 11;
inline constexpr Rights kPathLinkTarget = 1u << 12;
inline constexpr Rights kPathOpen = 1u << 13;
inline constexpr Rights kFdReaddir = 1u << 14;
inline constexpr Rights kPathReadlink = 1u << 15;
inline constexpr Rights kPathRenameSource = 1u << 16;
inline constexpr Rights kPathRenameTarget = 1u << 17;
inline constexpr Rights kPathFilestatGet = 1u << 18;
inline constexpr Rights kPathFilestatSetSize = 1u << 19;
inline constexpr Rights kPathFilestatSetTimes = 1u << 20;
inline constexpr Rights kFdFilestatGet = 1u << 21;
inline constexpr Rights kFdFilestatSetSize = 1u << 22;
inline constexpr Rights kFdFilestatSetTimes = 1u << 23;
inline constexpr Rights kPathSymlink = 1u << 24;
inline constexpr Rights kPathRemoveDirectory = 1u << 25;
inline constexpr Rights kPathUnlinkFile = 1u << 26;
inline constexpr Rights kPollFdReadwrite = 1u << 27;
inline constexpr Rights kSockShutdown = 1u << 28;
inline constexpr Rights kSockAccept = 1u << 29;
inline constexpr Rights kAll = (1u << 30) - 1;

// The useful rights for each kind of file. A descriptor never reports a right that its kind cannot use.
inline constexpr Rights kRegularFile = kFdDatasync | kFdRead | kFdSeek | kFdFdstatSetFlags | kFdSync | kFdTell |
                                       kFdWrite | kFdAdvise | kFdAllocate | kFdFilestatGet | kFdFilestatSetSize |
                                       kFdFilestatSetTimes | kPollFdReadwrite;
inline constexpr Rights kDirectory = kFdFdstatSetFlags | kFdSync | kFdAdvise | kPathCreateDirectory | kPathCreateFile |
                                     kPathLinkSource | kPathLinkTarget | kPathOpen | kFdReaddir | kPathReadlink |
                                     kPathRenameSource | kPathRenameTarget | kPathFilestatGet | kPathFilestatSetSize |
                                     kPathFilestatSetTimes | kFdFilestatGet | kFdFilestatSetTimes | kPathSymlink |
                                     kPathRemoveDirectory | kPathUnlinkFile | kPollFdReadwrite;
// Terminals and pipes. wasi-libc's isatty() asks for a character device without the right to seek.
inline constexpr Rights kStream = kFdDatasync | kFdRead | kFdFdstatSetFlags | kFdSync | kFdWrite | kFdFilestatGet |
                                  kFdFilestatSetTimes | kPollFdReadwrite;
inline constexpr Rights kDevice = kStream | kFdSeek | kFdTell;
inline constexpr Rights kSocket =
    kFdRead | kFdWrite | kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite | kSockShutdown;
inline constexpr Rights kListener =
    kFdFdstatSetFlags | kFdFilestatGet | kPollFdReadwrite | kFdRead | kSockAccept | kSockShutdown;
}  // namespace rights

namespace fdflags {
inline constexpr uint16_t kAppend = 1, kDsync = 2, kNonblock = 4, kRsync = 8, kSync = 16, kAll = 31;
}
namespace oflags {
inline constexpr uint16_t kCreat = 1, kDirectory = 2, kExcl = 4, kTrunc = 8, kAll = 15;
}
namespace lookupflags {
inline constexpr uint32_t kSymlinkFollow = 1, kAll = 1;
}
namespace fstflags {
inline constexpr uint16_t kAtim = 1, kAtimNow = 2, kMtim = 4, kMtimNow = 8, kAll = 15;
}
namespace riflags {
inline constexpr uint16_t kPeek = 1, kWaitall = 2, kAll = 3;
}
namespace roflags {
inline constexpr uint16_t kDataTruncated = 1;
}
namespace sdflags {
inline constexpr uint8_t kRd = 1, kWr = 2, kAll = 3;
}

// The host layer uses the same numbers as WASI, so that no conversion is needed.
static_assert(fdflags::kAppend == host::status::kAppend && fdflags::kDsync == host::status::kDataSync &&
              fdflags::kNonblock == host::status::kNonblocking && fdflags::kRsync == host::status::kReadSync &&
              fdflags::kSync == host::status::kSync);
inline host::Status status_of(uint16_t fdflags) { return static_cast<host::Status>(fdflags); }
inline uint16_t fdflags_of(host::Status status) { return status; }

using host::FileType;
// A fifo has no number of its own.
inline constexpr uint8_t number_of(FileType type) {
  return static_cast<uint8_t>(type == FileType::kFifo ? FileType::kUnknown : type);
}
static_assert(number_of(FileType::kUnknown) == 0 && number_of(FileType::kBlockDevice) == 1 &&
              number_of(FileType::kCharacterDevice) == 2 && number_of(FileType::kDirectory) == 3 &&
              number_of(FileType::kRegularFile) == 4 && number_of(FileType::kDatagramSocket) == 5 &&
              number_of(FileType::kStreamSocket) == 6 && number_of(FileType::kSymbolicLink) == 7);

}  // namespace ermine::wasi::preview1
