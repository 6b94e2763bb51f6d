// The values of wasi:http 0.3 that 0.2 has not in the same form, and what its messages have.
#pragma once

#include <memory>
#include <optional>

#include "wasi/preview2/http_functions.h"
#include "wasi/preview3/types.h"

namespace ermine::wasi::preview3 {

using preview2::HttpErrorCode;
using preview2::HttpFields;
using preview2::Own;

// Variants as ErrorCode is one (types.h).
struct HeaderError {
  static constexpr std::string_view kName = "header-error";
  static constexpr auto kCases =
      std::to_array<std::string_view>({"invalid-syntax", "forbidden", "immutable", "size-exceeded", "other"});
  uint8_t number = 0;
};
struct RequestOptionsError {
  static constexpr std::string_view kName = "request-options-error";
  static constexpr auto kCases = std::to_array<std::string_view>({"not-supported", "immutable", "other"});
  uint8_t number = 0;
};
template <>
struct Newer<preview2::HeaderError> {
  using type = HeaderError;
  static HeaderError from(const preview2::HeaderError& old) { return {static_cast<uint8_t>(old.index())}; }
};

using HttpOutcome = Expected<void, HttpErrorCode>;
using HttpEnd = component::FutureReader<HttpOutcome>;
using Trailers = Expected<std::optional<Own<HttpFields>>, HttpErrorCode>;
using TrailersReader = component::FutureReader<Trailers>;

// The future that says whether a message was transmitted; of one that never is, that it was not.
class Transmission {
 public:
  explicit Transmission(component::FutureWriter<HttpOutcome> writer) : writer_(std::move(writer)) {}
  ~Transmission();
  Transmission(const Transmission&) = delete;
  Transmission& operator=(const Transmission&) = delete;
  // The first time counts.
  void resolve(HttpOutcome outcome);
  // A message is transmitted when both have happened.
  void body_sent() { has_happened(body_sent_); }
  void answered() { has_happened(answered_); }

 private:
  void has_happened(bool& what) {
    what = true;
    if (body_sent_ && answered_) resolve({});
  }
  component::FutureWriter<HttpOutcome> writer_;
  bool body_sent_ = false, answered_ = false;
};

// Of a message that a program has made, the streams that it gave; of a response that was received, where it comes from.
struct MessageContents {
  std::optional<Bytes> body;
  TrailersReader trailers;
  std::shared_ptr<Transmission> transmission;
  Own<preview2::RequestOptions> options;
  std::shared_ptr<http::Reading> received;
};

}  // namespace ermine::wasi::preview3

namespace ermine::component::detail {

template <>
struct Codec<wasi::preview3::HeaderError> : CodeCodec<wasi::preview3::HeaderError> {};
template <>
struct Codec<wasi::preview3::RequestOptionsError> : CodeCodec<wasi::preview3::RequestOptionsError> {};

}  // namespace ermine::component::detail
