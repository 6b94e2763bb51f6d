// What the stores have in common.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "ermine/keyvalue.h"

namespace ermine::wasi::keyvalue {

using component::Unexpected;
using Bytes = KeyValueStore::Bytes;
using Clock = KeyValueCall::Clock;

// A page of a listing ends after this many keys, or bytes of keys.
inline constexpr size_t kMostListed = 1000, kMostListedBytes = 256 << 10;

inline Unexpected<KeyValueError> failed(std::string message) {
  return Unexpected(KeyValueError{KeyValueError::Code::kOther, std::move(message)});
}
inline std::string_view view_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// A number as increment() reads and writes it, and as Redis does: without a plus sign, spaces or needless zeros.
inline std::optional<int64_t> parse_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (std::to_string(number) != text) return std::nullopt;
  return number;
}
// The sum, for the value that a key has or has not.
inline KeyValueResult<int64_t> add(const std::optional<std::string_view>& value, int64_t delta) {
  const std::optional<int64_t> number = value ? parse_number(*value) : 0;
  int64_t sum = 0;
  if (!number) return failed("the value is no integer of 64 bits in decimal digits");
  if (__builtin_add_overflow(*number, delta, &sum)) return failed("the sum is no integer of 64 bits");
  return sum;
}

}  // namespace ermine::wasi::keyvalue
