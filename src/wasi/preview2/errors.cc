// Errors: of wasi:io, and the codes of wasi:filesystem.
#include <cstring>

#include "wasi/http/failure.h"
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

ErrorCode error_code_of(host::HostError error) {
  if (error == host::HostError::kOutside) return ErrorCode::kNotPermitted;
  switch (static_cast<int>(error)) {
#define ERROR_CODE(id, name, host) \
  case host: return ErrorCode::id;
#include "wasi/preview2/error_codes.def"
    // Without codes of their own.
    case EMFILE:
    case ENFILE:
    case ENOBUFS: return ErrorCode::kInsufficientMemory;
    case ENOSYS: return ErrorCode::kUnsupported;
    default: return ErrorCode::kIo;
  }
}

StreamError failed(Call& call, host::HostError error, bool of_network, host::Cause cause) {
  return StreamError(call.make<IoError>(error, of_network, std::move(cause)));
}

std::string Functions::error_to_debug_string(Call&, IoError& error) {
  if (error.error == host::HostError::kOutside) return "the path leads out of its directory";
  if (error.error == host::HostError::kTls) return error.cause.text;
  if (error.cause.http) return error.cause.http->text.value_or(http::name_of(error.cause.http->code));
  if (error.of_network && static_cast<int>(error.error) == EDQUOT)
    return "the quota of bytes of the network is used up";
  if (error.of_network && static_cast<int>(error.error) == ETIME) return "the maximal time of a connection is over";
  return std::strerror(static_cast<int>(error.error));
}
std::optional<ErrorCode> Functions::filesystem_error_code(Call&, IoError& error) {
  if (error.of_network || error.cause.http || error.error == host::HostError::kTls) return std::nullopt;
  return error_code_of(error.error);
}
std::optional<SocketError> Functions::network_error_code(Call&, IoError& error) {
  if (!error.of_network) return std::nullopt;
  return socket_error_of(net::net_error_of(error.error));
}

}  // namespace ermine::wasi::preview2
