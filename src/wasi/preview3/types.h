// The values of the interfaces of WASI 0.3 that 0.2 has not in the same form, with their types in WIT, and how those of
// 0.2 become these: Newer<T>.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "ermine/component/declare.h"
#include "ermine/component/detail/compounds.h"
#include "ermine/component/stream.h"
#include "wasi/preview2/types.h"

namespace ermine::wasi::preview3 {

using component::Expected;
using component::Unexpected;

// ---- wasi:cli

enum class CliError : uint8_t { kIo, kIllegalByteSequence, kPipe };
ERMINE_ENUM(CliError, "io", "illegal-byte-sequence", "pipe")
CliError cli_error_of(host::HostError error);

// ---- wasi:clocks

struct Instant {
  int64_t seconds = 0;
  uint32_t nanoseconds = 0;
};
ERMINE_RECORD(Instant, seconds, nanoseconds)

// ---- wasi:filesystem

// A variant whose last case, `other`, has an optional text, which the host never gives. The other cases have no
// payload.
struct ErrorCode {
  static constexpr std::string_view kName = "error-code";
  // Those of 0.2 without would-block, and `other`.
  static constexpr auto kCases = [] {
    constexpr std::string_view kOld[] = {
#define ERROR_CODE(id, name, host) name,
#include "wasi/preview2/error_codes.def"
    };
    std::array<std::string_view, std::size(kOld)> names;
    size_t count = 0;
    for (const std::string_view name : kOld)
      if (name != "would-block") names[count++] = name;
    names[count] = "other";
    return names;
  }();
  uint8_t number = 0;
};
struct DescriptorType {
  static constexpr std::string_view kName = "descriptor-type";
  static constexpr auto kCases = std::to_array<std::string_view>(
      {"block-device", "character-device", "directory", "fifo", "symbolic-link", "regular-file", "socket", "other"});
  uint8_t number = 0;
};

ErrorCode error_code_of(host::HostError error);

struct DescriptorStat {
  DescriptorType type;
  uint64_t link_count = 0;
  uint64_t size = 0;
  std::optional<Instant> data_access_timestamp, data_modification_timestamp, status_change_timestamp;
};
ERMINE_RECORD(DescriptorStat, type, link_count, size, data_access_timestamp, data_modification_timestamp,
              status_change_timestamp)

struct NewTimestamp : std::variant<std::monostate, std::monostate, Instant> {
  using variant::variant;
};
ERMINE_VARIANT(NewTimestamp, "no-change", "now", "timestamp")

struct DirectoryEntry {
  DescriptorType type;
  std::string name;
};
ERMINE_RECORD(DirectoryEntry, type, name)

// ---- wasi:sockets

struct SocketError {
  static constexpr std::string_view kName = "error-code";
  static constexpr auto kCases = std::to_array<std::string_view>(
      {"access-denied", "not-supported", "invalid-argument", "out-of-memory", "timeout", "invalid-state",
       "address-not-bindable", "address-in-use", "remote-unreachable", "connection-refused", "connection-broken",
       "connection-reset", "connection-aborted", "datagram-too-large", "other"});
  uint8_t number = 0;
};
struct LookupError {
  static constexpr std::string_view kName = "error-code";
  static constexpr auto kCases =
      std::to_array<std::string_view>({"access-denied", "invalid-argument", "name-unresolvable",
                                       "temporary-resolver-failure", "permanent-resolver-failure", "other"});
  uint8_t number = 0;
};
// Of an error: not kNone.
SocketError socket_error_of(net::NetError error);
SocketError socket_error_of(host::HostError error);
LookupError lookup_error_of(net::NetError error);

// ---- Streams

using Bytes = component::StreamReader<uint8_t>;
template <class Code>
using EndFuture = component::FutureReader<Expected<void, Code>>;

// ---- From 0.2

// The type of 0.3 for one of 0.2; most are the same.
template <class T>
struct Newer {
  using type = T;
  static T from(T&& v) { return std::forward<T>(v); }
  static T back(T&& v) { return std::forward<T>(v); }
};
template <>
struct Newer<preview2::ErrorCode> {
  using type = ErrorCode;
  static ErrorCode from(preview2::ErrorCode code);
};
template <>
struct Newer<preview2::SocketError> {
  using type = SocketError;
  static SocketError from(preview2::SocketError old) { return socket_error_of(preview2::net_error_of(old)); }
};
template <>
struct Newer<preview2::DescriptorType> {
  using type = DescriptorType;
  static DescriptorType from(preview2::DescriptorType old);
};
template <>
struct Newer<preview2::Datetime> {
  using type = Instant;
  static Instant from(preview2::Datetime old) { return {static_cast<int64_t>(old.seconds), old.nanoseconds}; }
};
template <>
struct Newer<preview2::DescriptorStat> {
  using type = DescriptorStat;
  static DescriptorStat from(const preview2::DescriptorStat& old);
};
template <>
struct Newer<preview2::NewTimestamp> {
  using type = NewTimestamp;
  static preview2::NewTimestamp back(const NewTimestamp& v);
};
template <class T, class E>
  requires(!std::is_same_v<typename Newer<E>::type, E>)
struct Newer<Expected<T, E>> {
  using type = Expected<typename Newer<T>::type, typename Newer<E>::type>;
  static type from(Expected<T, E>&& old) {
    if (!old) return Unexpected(Newer<E>::from(std::move(old).error()));
    if constexpr (std::is_void_v<T>) return {};
    else return Newer<T>::from(std::move(*old));
  }
};
template <>
struct Newer<void> {
  using type = void;
};

}  // namespace ermine::wasi::preview3

namespace ermine::component::detail {

// A variant as ErrorCode is one. Functions only return them.
template <class T>
struct CodeCodec : CodecDefaults {
  using Other = std::optional<std::string>;
  static constexpr size_t kCount = T::kCases.size();
  struct Cases {
    static constexpr const auto& names = T::kCases;
  };
  [[gnu::noinline]] static const TypeShape& shape() {
    static const auto made = [] {
      const TypeShape* types[kCount] = {};
      types[kCount - 1] = &Codec<Other>::shape();
      return CompoundShape<kCount>(ValueKind::kVariant, T::kName, kJoinedNames<Cases>.data(), types);
    }();
    return made.shape;
  }
  static constexpr PerAddress alignment = Codec<Other>::alignment, size = alignment + Codec<Other>::size;
  static constexpr uint32_t flat = 1 + Codec<Other>::flat;
  static bool store(Cursor& c, uint64_t at, const T& v) {
    std::memset(c.memory + at, 0, size.of(c));
    c.memory[at] = v.number;
    return true;
  }
  static bool lower(Cursor&, uint64_t*& slots, const T& v) {
    *slots++ = v.number;
    for (uint32_t i = 1; i < flat; ++i) *slots++ = 0;
    return true;
  }
};

template <>
struct Codec<wasi::preview3::ErrorCode> : CodeCodec<wasi::preview3::ErrorCode> {};
template <>
struct Codec<wasi::preview3::SocketError> : CodeCodec<wasi::preview3::SocketError> {};
template <>
struct Codec<wasi::preview3::LookupError> : CodeCodec<wasi::preview3::LookupError> {};
template <>
struct Codec<wasi::preview3::DescriptorType> : CodeCodec<wasi::preview3::DescriptorType> {};

}  // namespace ermine::component::detail
