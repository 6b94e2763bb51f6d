// Failure: why an HTTP request or a body failed, as wasi:http's error-code says it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ermine::wasi::http {

enum class FailureCode : uint8_t {
#define HTTP_ERROR(id, name, payload) id,
#include "wasi/http/error_codes.def"
};

struct Failure {
  FailureCode code = FailureCode::kInternalError;
  // Parts of the payload, of cases that have them.
  std::optional<uint64_t> number{};
  std::optional<std::string> text{};
};

// The name in WIT.
const char* name_of(FailureCode code);

}  // namespace ermine::wasi::http
