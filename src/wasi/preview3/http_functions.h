// The functions of wasi:http 0.3 that 0.2 has not; http_functions.def says which WIT function each is.
#pragma once

#include <optional>
#include <tuple>
#include <vector>

#include "ermine/component/reply.h"
#include "wasi/preview3/functions.h"
#include "wasi/preview3/http_types.h"

namespace ermine::wasi::preview3 {

using preview2::Duration;
using preview2::OutgoingRequest;
using preview2::OutgoingResponse;
using preview2::RequestOptions;

struct HttpFunctions {
  static preview2::HeaderResult append_field(Call& call, HttpFields& fields, preview2::Text name,
                                             preview2::Contents value);
  static Expected<std::vector<std::vector<uint8_t>>, HeaderError> get_and_delete_field(Call& call, HttpFields& fields,
                                                                                       preview2::Text name);
  static std::tuple<Own<OutgoingRequest>, HttpEnd> new_request(Call& call, Own<HttpFields> headers,
                                                               std::optional<Bytes> body, TrailersReader trailers,
                                                               std::optional<Own<RequestOptions>> options);
  static preview2::Attempt<void> set_request_path(Call& call, OutgoingRequest& request,
                                                  std::optional<std::string> path);
  static std::optional<Own<RequestOptions>> request_options(Call& call, OutgoingRequest& request);
  static std::tuple<Bytes, TrailersReader> consume_request(Call& call, Own<OutgoingRequest> request, HttpEnd end);
  static Expected<void, RequestOptionsError> set_connect_timeout(Call& call, RequestOptions& options, Duration time);
  static Expected<void, RequestOptionsError> set_first_byte_timeout(Call& call, RequestOptions& options, Duration time);
  static Expected<void, RequestOptionsError> set_between_bytes_timeout(Call& call, RequestOptions& options,
                                                                       Duration time);
  static Own<RequestOptions> clone_options(Call& call, RequestOptions& options);
  static std::tuple<Own<OutgoingResponse>, HttpEnd> new_response(Call& call, Own<HttpFields> headers,
                                                                 std::optional<Bytes> body, TrailersReader trailers);
  static std::tuple<Bytes, TrailersReader> consume_response(Call& call, Own<OutgoingResponse> response, HttpEnd end);
  static void send(Call& call, component::Reply<Expected<Own<OutgoingResponse>, HttpErrorCode>> reply,
                   Own<OutgoingRequest> request);
};

}  // namespace ermine::wasi::preview3
