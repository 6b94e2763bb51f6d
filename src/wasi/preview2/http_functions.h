// The functions of wasi:http; http_functions.def says which WIT function each is.
#pragma once

#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "wasi/preview2/functions.h"
#include "wasi/preview2/http_resources.h"

namespace ermine::wasi::preview2 {

using HeaderResult = Expected<void, HeaderError>;
using FieldEntry = std::tuple<std::string, Bytes>;
using Duration = std::optional<uint64_t>;
// Nothing until it is there; then an error if it was taken before.
template <class T>
using Eventually = std::optional<Attempt<Expected<T, HttpErrorCode>>>;

struct HttpFunctions {
  // Fields: http_fields.cc
  static Own<HttpFields> new_fields(Call& call);
  static Expected<Own<HttpFields>, HeaderError> fields_from_list(
      Call& call, const std::vector<std::tuple<Text, Contents>>& entries);
  static std::vector<Bytes> get_field(Call& call, HttpFields& fields, Text name);
  static bool has_field(Call& call, HttpFields& fields, Text name);
  static HeaderResult set_field(Call& call, HttpFields& fields, Text name, const std::vector<Contents>& values);
  static HeaderResult delete_field(Call& call, HttpFields& fields, Text name);
  static HeaderResult append_field(Call& call, HttpFields& fields, Text name, Contents value);
  static std::vector<FieldEntry> field_entries(Call& call, HttpFields& fields);
  static Own<HttpFields> clone_fields(Call& call, HttpFields& fields);

  // Messages: http_messages.cc
  static Own<OutgoingRequest> new_request(Call& call, Own<HttpFields> headers);
  static HttpMethod request_method(Call& call, OutgoingRequest& request);
  static Attempt<void> set_request_method(Call& call, OutgoingRequest& request, HttpMethod method);
  static std::optional<std::string> request_path(Call& call, OutgoingRequest& request);
  static Attempt<void> set_request_path(Call& call, OutgoingRequest& request, std::optional<std::string> path);
  static std::optional<HttpScheme> request_scheme(Call& call, OutgoingRequest& request);
  static Attempt<void> set_request_scheme(Call& call, OutgoingRequest& request, std::optional<HttpScheme> scheme);
  static std::optional<std::string> request_authority(Call& call, OutgoingRequest& request);
  static Attempt<void> set_request_authority(Call& call, OutgoingRequest& request,
                                             std::optional<std::string> authority);
  static Own<HttpFields> request_headers(Call& call, OutgoingRequest& request);
  static Own<RequestOptions> new_options(Call& call);
  static Duration connect_timeout(Call& call, RequestOptions& options);
  static Attempt<void> set_connect_timeout(Call& call, RequestOptions& options, Duration timeout);
  static Duration first_byte_timeout(Call& call, RequestOptions& options);
  static Attempt<void> set_first_byte_timeout(Call& call, RequestOptions& options, Duration timeout);
  static Duration between_bytes_timeout(Call& call, RequestOptions& options);
  static Attempt<void> set_between_bytes_timeout(Call& call, RequestOptions& options, Duration timeout);
  static Own<OutgoingResponse> new_response(Call& call, Own<HttpFields> headers);
  static uint16_t status_code(Call& call, OutgoingResponse& response);
  static Attempt<void> set_status_code(Call& call, OutgoingResponse& response, uint16_t status);
  static Own<HttpFields> outgoing_response_headers(Call& call, OutgoingResponse& response);
  static Expected<Own<FutureIncomingResponse>, HttpErrorCode> handle(Call& call, Own<OutgoingRequest> request,
                                                                     std::optional<Own<RequestOptions>> options);
  static Own<Pollable> subscribe_response(Call& call, FutureIncomingResponse& future);
  static Eventually<Own<IncomingResponse>> get_response(Call& call, FutureIncomingResponse& future);
  static uint16_t response_status(Call& call, IncomingResponse& response);
  static Own<HttpFields> response_headers(Call& call, IncomingResponse& response);

  // Bodies: http_bodies.cc
  static std::optional<HttpErrorCode> error_code_of(Call& call, IoError& error);
  static Attempt<Own<OutgoingBody>> request_body(Call& call, OutgoingRequest& request);
  static Attempt<Own<OutgoingBody>> response_body(Call& call, OutgoingResponse& response);
  static Attempt<Own<OutputStream>> write_body(Call& call, OutgoingBody& body);
  static Expected<void, HttpErrorCode> finish_outgoing(Call& call, Own<OutgoingBody> body,
                                                       std::optional<Own<HttpFields>> trailers);
  static Attempt<Own<IncomingBody>> consume_response(Call& call, IncomingResponse& response);
  static Attempt<Own<InputStream>> body_stream(Call& call, IncomingBody& body);
  static Own<FutureTrailers> finish_incoming(Call& call, Own<IncomingBody> body);
  static Own<Pollable> subscribe_trailers(Call& call, FutureTrailers& future);
  static Eventually<std::optional<Own<HttpFields>>> get_trailers(Call& call, FutureTrailers& future);
};

// New fields that count for the program's limit; null if they are too large, which ends the program.
std::shared_ptr<FieldStore> store_fields(Call& call, const http::Fields& fields);
// The body of a message with these headers.
std::shared_ptr<http::RequestBody> body_for(Call& call, const FieldStore& headers);
// Sends a request with its body, if it has one. `options` may be null.
std::variant<std::shared_ptr<http::Reading>, http::Failure> send_request(Call& call, const OutgoingRequest& request,
                                                                         const RequestOptions* options);
// What a program waits for: the answer and the trailers of a request, its own body, and that of the response.
std::shared_ptr<host::Awaited> answer_of(std::shared_ptr<http::Reading> reading);
std::shared_ptr<host::Awaited> trailers_of(std::shared_ptr<http::Reading> reading);
std::shared_ptr<host::ByteSink> sink_of(std::shared_ptr<http::RequestBody> body, std::shared_ptr<http::Client> client);
std::shared_ptr<host::ByteSource> source_of(std::shared_ptr<http::Reading> reading);

}  // namespace ermine::wasi::preview2
