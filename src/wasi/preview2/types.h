// The values of the interfaces of WASI 0.2, with their types in WIT. Names and orders are the definitions'.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "ermine/component/declare.h"
#include "ermine/component/detail/compounds.h"
#include "wasi/host/error.h"
#include "wasi/host/types.h"
#include "wasi/net/error.h"

namespace ermine::wasi::preview2 {

using component::Expected;
using component::Unexpected;

// ---- wasi:io

class IoError;
// last-operation-failed, closed
struct StreamError : std::variant<std::unique_ptr<IoError>, std::monostate> {
  using variant::variant;
};
ERMINE_VARIANT(StreamError, "last-operation-failed", "closed")
template <class T>
using StreamResult = Expected<T, StreamError>;

// The result of a function that reads: bytes that the host keeps until they are in the component's memory, so that
// nothing is copied twice.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

// ---- wasi:clocks

struct Datetime {
  uint64_t seconds = 0;
  uint32_t nanoseconds = 0;
};
ERMINE_RECORD(Datetime, seconds, nanoseconds)
// `nanoseconds`: since 1970.
constexpr Datetime datetime(uint64_t nanoseconds) {
  return {nanoseconds / 1'000'000'000, static_cast<uint32_t>(nanoseconds % 1'000'000'000)};
}

struct TimezoneDisplay {
  int32_t utc_offset = 0;
  std::string name;
  bool in_daylight_saving_time = false;
};
ERMINE_RECORD(TimezoneDisplay, utc_offset, name, in_daylight_saving_time)

// ---- wasi:filesystem

enum class ErrorCode : uint8_t {
#define ERROR_CODE(id, name, host) id,
#include "wasi/preview2/error_codes.def"
};
constexpr auto ermine_component_type(const ErrorCode*) {
  return component::enumeration("error-code"
#define ERROR_CODE(id, name, host) , name
#include "wasi/preview2/error_codes.def"
  );
}
template <class T>
using FileResult = Expected<T, ErrorCode>;
ErrorCode error_code_of(host::HostError error);
inline Unexpected<ErrorCode> fail(host::HostError error) { return Unexpected(error_code_of(error)); }

enum class DescriptorType : uint8_t {
  kUnknown,
  kBlockDevice,
  kCharacterDevice,
  kDirectory,
  kFifo,
  kSymbolicLink,
  kRegularFile,
  kSocket
};
ERMINE_ENUM(DescriptorType, "unknown", "block-device", "character-device", "directory", "fifo", "symbolic-link",
            "regular-file", "socket")
DescriptorType type_of(host::FileType type);

enum class DescriptorFlags : uint8_t {
  kNone = 0,
  kRead = 1,
  kWrite = 2,
  kFileSync = 4,
  kDataSync = 8,
  kRequestedSync = 16,
  kMutateDirectory = 32
};
ERMINE_FLAGS(DescriptorFlags, "read", "write", "file-integrity-sync", "data-integrity-sync", "requested-write-sync",
             "mutate-directory")
enum class PathFlags : uint8_t { kSymlinkFollow = 1 };
ERMINE_FLAGS(PathFlags, "symlink-follow")
enum class OpenFlags : uint8_t { kCreate = 1, kDirectory = 2, kExclusive = 4, kTruncate = 8 };
ERMINE_FLAGS(OpenFlags, "create", "directory", "exclusive", "truncate")
template <class Flags>
constexpr bool has(Flags flags, Flags one) {
  return (static_cast<unsigned>(flags) & static_cast<unsigned>(one)) != 0;
}

enum class AdviceArgument : uint8_t { kNormal, kSequential, kRandom, kWillNeed, kDontNeed, kNoReuse };
ERMINE_ENUM(AdviceArgument, "normal", "sequential", "random", "will-need", "dont-need", "no-reuse")

struct DescriptorStat {
  DescriptorType type = DescriptorType::kUnknown;
  uint64_t link_count = 0;
  uint64_t size = 0;
  std::optional<Datetime> data_access_timestamp, data_modification_timestamp, status_change_timestamp;
};
ERMINE_RECORD(DescriptorStat, type, link_count, size, data_access_timestamp, data_modification_timestamp,
              status_change_timestamp)

struct NewTimestamp : std::variant<std::monostate, std::monostate, Datetime> {
  using variant::variant;
};
ERMINE_VARIANT(NewTimestamp, "no-change", "now", "timestamp")

struct DirectoryEntry {
  DescriptorType type = DescriptorType::kUnknown;
  std::string name;
};
ERMINE_RECORD(DirectoryEntry, type, name)

struct MetadataHash {
  uint64_t lower = 0, upper = 0;
};
ERMINE_RECORD(MetadataHash, lower, upper)

// ---- wasi:sockets

enum class SocketError : uint8_t {
#define NET_ERROR(id, name) id,
#include "wasi/net/errors.def"
};
constexpr auto ermine_component_type(const SocketError*) {
  return component::enumeration("error-code"
#define NET_ERROR(id, name) , name
#include "wasi/net/errors.def"
  );
}
// Of an error: not kNone.
constexpr SocketError socket_error_of(net::NetError error) {
  return static_cast<SocketError>(static_cast<uint8_t>(error) - 1);
}
constexpr net::NetError net_error_of(SocketError error) {
  return static_cast<net::NetError>(static_cast<uint8_t>(error) + 1);
}
template <class T>
using SocketResult = Expected<T, SocketError>;

enum class AddressFamily : uint8_t { kIpv4, kIpv6 };
ERMINE_ENUM(AddressFamily, "ipv4", "ipv6")
enum class ShutdownType : uint8_t { kReceive, kSend, kBoth };
ERMINE_ENUM(ShutdownType, "receive", "send", "both")

using Ipv4Address = std::tuple<uint8_t, uint8_t, uint8_t, uint8_t>;
using Ipv6Address = std::tuple<uint16_t, uint16_t, uint16_t, uint16_t, uint16_t, uint16_t, uint16_t, uint16_t>;
struct IpAddress : std::variant<Ipv4Address, Ipv6Address> {
  using variant::variant;
};
ERMINE_VARIANT(IpAddress, "ipv4", "ipv6")
struct Ipv4SocketAddress {
  uint16_t port = 0;
  Ipv4Address address{};
};
ERMINE_RECORD(Ipv4SocketAddress, port, address)
struct Ipv6SocketAddress {
  uint16_t port = 0;
  uint32_t flow_info = 0;
  Ipv6Address address{};
  uint32_t scope_id = 0;
};
ERMINE_RECORD(Ipv6SocketAddress, port, flow_info, address, scope_id)
struct SocketAddress : std::variant<Ipv4SocketAddress, Ipv6SocketAddress> {
  using variant::variant;
};
ERMINE_VARIANT(SocketAddress, "ipv4", "ipv6")
struct IncomingDatagram {
  std::vector<uint8_t> data;
  SocketAddress remote_address;
};
ERMINE_RECORD(IncomingDatagram, data, remote_address)
struct OutgoingDatagram {
  std::span<const uint8_t> data;
  std::optional<SocketAddress> remote_address;
};
ERMINE_RECORD(OutgoingDatagram, data, remote_address)

// ---- wasi:config, wasi:logging

// upstream, io
struct ConfigError : std::variant<std::string, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(ConfigError, "upstream", "io")

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kCritical };
ERMINE_ENUM(LogLevel, "trace", "debug", "info", "warn", "error", "critical")

}  // namespace ermine::wasi::preview2

namespace ermine::component::detail {

template <>
struct Codec<wasi::preview2::Bytes> : PointerPair<Codec<wasi::preview2::Bytes>, wasi::preview2::Bytes> {
  [[gnu::noinline]] static const TypeShape& shape() {
    static const TypeShape made = make_shape(ValueKind::kList, &Codec<uint8_t>::shape());
    return made;
  }
  static bool write(Cursor& c, const wasi::preview2::Bytes& v, uint64_t& at, uint64_t& n) {
    n = v.size;
    if (!c.allocate_list(n, 1, 1, at)) return false;
    if (n != 0) std::memcpy(c.memory + at, v.data, n);
    return true;
  }
};

}  // namespace ermine::component::detail
