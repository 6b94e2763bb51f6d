#include "wasi/preview3/types.h"

#include <algorithm>

namespace ermine::wasi::preview3 {

CliError cli_error_of(host::HostError error) {
  switch (static_cast<int>(error)) {
    case EPIPE: return CliError::kPipe;
    case EILSEQ: return CliError::kIllegalByteSequence;
    default: return CliError::kIo;
  }
}

ErrorCode error_code_of(host::HostError error) {
  return Newer<preview2::ErrorCode>::from(preview2::error_code_of(error));
}

namespace {

// The case that has the name of an error of the network; `other` if none has.
template <class Code>
constexpr auto numbers_of() {
  constexpr std::string_view kNames[] = {
#define NET_ERROR(id, name) name,
#include "wasi/net/errors.def"
  };
  std::array<uint8_t, std::size(kNames)> numbers{};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    // Operations of 0.3 do not overlap, and have no second step.
    const bool steps = kNames[i] == "concurrency-conflict" || kNames[i] == "not-in-progress";
    const std::string_view name = steps ? "invalid-state" : kNames[i];
    while (numbers[i] + 1u < Code::kCases.size() && Code::kCases[numbers[i]] != name) ++numbers[i];
  }
  return numbers;
}
template <class Code>
Code code_of(net::NetError error) {
  static constexpr auto kNumbers = numbers_of<Code>();
  return {kNumbers[static_cast<size_t>(error) - 1]};
}

}  // namespace

SocketError socket_error_of(net::NetError error) { return code_of<SocketError>(error); }
LookupError lookup_error_of(net::NetError error) { return code_of<LookupError>(error); }
SocketError socket_error_of(host::HostError error) {
  constexpr auto kBroken = std::ranges::find(SocketError::kCases, "connection-broken") - SocketError::kCases.begin();
  return static_cast<int>(error) == EPIPE ? SocketError{kBroken} : socket_error_of(net::net_error_of(error));
}

// 0.2 has would-block as its second case; 0.3 has not.
ErrorCode Newer<preview2::ErrorCode>::from(preview2::ErrorCode code) {
  if (code == preview2::ErrorCode::kWouldBlock) code = preview2::ErrorCode::kIo;
  const auto number = static_cast<uint8_t>(code);
  return {number < 2 ? number : static_cast<uint8_t>(number - 1)};
}

// 0.2 has "unknown" first, 0.3 "other" last.
DescriptorType Newer<preview2::DescriptorType>::from(preview2::DescriptorType old) {
  const size_t number = static_cast<size_t>(old) + DescriptorType::kCases.size() - 1;
  return {static_cast<uint8_t>(number % DescriptorType::kCases.size())};
}

DescriptorStat Newer<preview2::DescriptorStat>::from(const preview2::DescriptorStat& old) {
  const auto instant = [](const std::optional<preview2::Datetime>& time) {
    return time ? std::optional(Newer<preview2::Datetime>::from(*time)) : std::nullopt;
  };
  return {Newer<preview2::DescriptorType>::from(old.type),
          old.link_count,
          old.size,
          instant(old.data_access_timestamp),
          instant(old.data_modification_timestamp),
          instant(old.status_change_timestamp)};
}

// Times before 1970 become one that no host has.
preview2::NewTimestamp Newer<preview2::NewTimestamp>::back(const NewTimestamp& v) {
  switch (v.index()) {
    case 0: return preview2::NewTimestamp(std::in_place_index<0>);
    case 1: return preview2::NewTimestamp(std::in_place_index<1>);
    default: break;
  }
  const Instant& time = *std::get_if<Instant>(&v);
  return preview2::Datetime{time.seconds < 0 ? UINT64_MAX : static_cast<uint64_t>(time.seconds), time.nanoseconds};
}

}  // namespace ermine::wasi::preview3
