// The values of wasi:http, with their types in WIT. Names and orders are the definitions'.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "wasi/http/failure.h"
#include "wasi/preview2/types.h"

namespace ermine::wasi::preview2 {

using None = std::monostate;

struct HttpMethod : std::variant<None, None, None, None, None, None, None, None, None, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(HttpMethod, "get", "head", "post", "put", "delete", "connect", "options", "trace", "patch", "other")

struct HttpScheme : std::variant<None, None, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(HttpScheme, "HTTP", "HTTPS", "other")

struct DnsError {
  std::optional<std::string> rcode;
  std::optional<uint16_t> info_code;
};
ERMINE_RECORD(DnsError, rcode, info_code)
struct TlsAlert {
  std::optional<uint8_t> alert_id;
  std::optional<std::string> alert_message;
};
ERMINE_RECORD(TlsAlert, alert_id, alert_message)
struct FieldSize {
  std::optional<std::string> field_name;
  std::optional<uint32_t> field_size;
};
ERMINE_RECORD(FieldSize, field_name, field_size)
using OptionalFieldSize = std::optional<FieldSize>;
using OptionalU64 = std::optional<uint64_t>;
using OptionalU32 = std::optional<uint32_t>;
using OptionalText = std::optional<std::string>;

template <class First, class... Rest>
using VariantOfRest = std::variant<Rest...>;
using HttpErrorVariant = VariantOfRest<void
#define HTTP_ERROR(id, name, payload) , payload
#include "wasi/http/error_codes.def"
                                       >;
struct HttpErrorCode : HttpErrorVariant {
  using HttpErrorVariant::HttpErrorVariant;
};
constexpr auto ermine_component_type(const HttpErrorCode*) {
  return component::variant("error-code"
#define HTTP_ERROR(id, name, payload) , name
#include "wasi/http/error_codes.def"
  );
}
HttpErrorCode http_error_code(const http::Failure& failure);

struct HeaderError : std::variant<None, None, None> {
  using variant::variant;
};
ERMINE_VARIANT(HeaderError, "invalid-syntax", "forbidden", "immutable")
inline HeaderError invalid_syntax() { return HeaderError(std::in_place_index<0>); }
inline HeaderError forbidden() { return HeaderError(std::in_place_index<1>); }
inline HeaderError immutable() { return HeaderError(std::in_place_index<2>); }

// `result` without a payload for errors.
template <class T>
using Attempt = Expected<T, None>;
inline Unexpected<None> failed_attempt() { return Unexpected(None()); }

}  // namespace ermine::wasi::preview2
