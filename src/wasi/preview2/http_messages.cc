// Requests and responses of wasi:http, and its outgoing handler.
#include <algorithm>
#include <chrono>

#include "wasi/http/syntax.h"
#include "wasi/preview2/http_functions.h"

namespace ermine::wasi::preview2 {
namespace {

constexpr const char* kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

constexpr const char* kSchemes[] = {"http", "https"};

// A text that says what another case does becomes that case.
template <class Variant, size_t N>
void use_known_case(Variant& value, const char* const (&known)[N]) {
  const std::string* text = std::get_if<std::string>(&value);
  if (text == nullptr) return;
  const size_t found = static_cast<size_t>(std::ranges::find(known, *text) - std::begin(known));
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((I == found ? (void)value.template emplace<I>() : void()), ...);
  }(std::make_index_sequence<N>());
}

std::string name_of(const HttpMethod& method) {
  const std::string* other = std::get_if<std::string>(&method);
  return other != nullptr ? *other : kMethods[method.index()];
}

Own<HttpFields> headers_of(Call& call, const std::shared_ptr<FieldStore>& headers) {
  return call.make<HttpFields>(headers, true);
}

// The answer of a program that asks for it.
class ResponseAwaited : public host::Awaited {
 public:
  explicit ResponseAwaited(std::shared_ptr<http::Reading> reading) : reading_(std::move(reading)) {}
  bool ready() override { return reading_->exchange->has_answer(); }
  Wait wait() const override { return reading_->exchange->wait(); }

 private:
  const std::shared_ptr<http::Reading> reading_;
};

}  // namespace

const std::shared_ptr<http::Client>& Context::http() {
  if (!http_) http_ = std::make_shared<http::Client>(http_grants(), shared_network(), refusals);
  return http_;
}

// ---- Outgoing requests

Own<OutgoingRequest> HttpFunctions::new_request(Call& call, Own<HttpFields> headers) {
  return call.make<OutgoingRequest>(headers->store);
}
HttpMethod HttpFunctions::request_method(Call&, OutgoingRequest& request) { return request.method; }
Attempt<void> HttpFunctions::set_request_method(Call&, OutgoingRequest& request, HttpMethod method) {
  if (!http::is_token(name_of(method))) return failed_attempt();
  request.method = std::move(method);
  use_known_case(request.method, kMethods);
  return {};
}
std::optional<std::string> HttpFunctions::request_path(Call&, OutgoingRequest& request) {
  return request.path_with_query;
}
Attempt<void> HttpFunctions::set_request_path(Call&, OutgoingRequest& request, std::optional<std::string> path) {
  if (path && !http::is_path_with_query(*path)) return failed_attempt();
  request.path_with_query = std::move(path);
  return {};
}
std::optional<HttpScheme> HttpFunctions::request_scheme(Call&, OutgoingRequest& request) { return request.scheme; }
Attempt<void> HttpFunctions::set_request_scheme(Call&, OutgoingRequest& request, std::optional<HttpScheme> scheme) {
  const std::string* other = scheme ? std::get_if<std::string>(&*scheme) : nullptr;
  if (other != nullptr && !http::is_scheme(*other)) return failed_attempt();
  request.scheme = std::move(scheme);
  if (request.scheme) use_known_case(*request.scheme, kSchemes);
  return {};
}
std::optional<std::string> HttpFunctions::request_authority(Call&, OutgoingRequest& request) {
  return request.authority;
}
Attempt<void> HttpFunctions::set_request_authority(Call&, OutgoingRequest& request,
                                                   std::optional<std::string> authority) {
  if (authority && !http::parse_authority(*authority)) return failed_attempt();
  request.authority = std::move(authority);
  return {};
}
Own<HttpFields> HttpFunctions::request_headers(Call& call, OutgoingRequest& request) {
  return headers_of(call, request.headers);
}

// ---- Options

Own<RequestOptions> HttpFunctions::new_options(Call& call) { return call.make<RequestOptions>(); }
Duration HttpFunctions::connect_timeout(Call&, RequestOptions& options) { return options.connect_timeout; }
Duration HttpFunctions::first_byte_timeout(Call&, RequestOptions& options) { return options.first_byte_timeout; }
Duration HttpFunctions::between_bytes_timeout(Call&, RequestOptions& options) { return options.between_bytes_timeout; }
Attempt<void> HttpFunctions::set_connect_timeout(Call&, RequestOptions& options, Duration timeout) {
  options.connect_timeout = timeout;
  return {};
}
Attempt<void> HttpFunctions::set_first_byte_timeout(Call&, RequestOptions& options, Duration timeout) {
  options.first_byte_timeout = timeout;
  return {};
}
Attempt<void> HttpFunctions::set_between_bytes_timeout(Call&, RequestOptions& options, Duration timeout) {
  options.between_bytes_timeout = timeout;
  return {};
}

// ---- Sending a request, and its response

std::variant<std::shared_ptr<http::Reading>, http::Failure> send_request(Call& call, const OutgoingRequest& request,
                                                                         const RequestOptions* options) {
  auto refuse = [&](const http::Failure& failure) {
    // Its body is not sent.
    if (request.body) request.body->close(failure);
    return failure;
  };
  http::RequestParts parts;
  parts.method = name_of(request.method);
  const size_t scheme = request.scheme ? request.scheme->index() : 1;
  if (scheme > 1) return refuse({http::FailureCode::kProtocolError});
  parts.tls = scheme == 1;
  parts.authority = request.authority.value_or("");
  parts.path = request.path_with_query.value_or("");
  parts.fields = request.headers->fields;
  parts.body = request.body;
  if (options != nullptr) {
    parts.connect_timeout = options->connect_timeout;
    parts.first_byte_timeout = options->first_byte_timeout;
    parts.between_bytes_timeout = options->between_bytes_timeout;
  }
  call.moved += request.headers->counted;
  const std::shared_ptr<http::Client>& client = call.context.http();
  auto sent = client->send(std::move(parts));
  if (const auto* failure = std::get_if<http::Failure>(&sent)) return refuse(*failure);
  return std::make_shared<http::Reading>(std::get<std::shared_ptr<http::Exchange>>(std::move(sent)), client);
}

std::shared_ptr<host::Awaited> answer_of(std::shared_ptr<http::Reading> reading) {
  return std::make_shared<ResponseAwaited>(std::move(reading));
}

Expected<Own<FutureIncomingResponse>, HttpErrorCode> HttpFunctions::handle(Call& call, Own<OutgoingRequest> request,
                                                                           std::optional<Own<RequestOptions>> options) {
  auto sent = send_request(call, *request, options ? options->get() : nullptr);
  if (const auto* failure = std::get_if<http::Failure>(&sent)) return Unexpected(http_error_code(*failure));
  return call.make<FutureIncomingResponse>(std::get<0>(std::move(sent)));
}

Own<Pollable> HttpFunctions::subscribe_response(Call& call, FutureIncomingResponse& future) {
  if (!future.reading) return call.make<Pollable>(Readiness());
  return call.make<Pollable>(Readiness::of(answer_of(future.reading)));
}

Eventually<Own<IncomingResponse>> HttpFunctions::get_response(Call& call, FutureIncomingResponse& future) {
  using Response = Expected<Own<IncomingResponse>, HttpErrorCode>;
  if (!future.reading) return Attempt<Response>(failed_attempt());
  if (!future.reading->exchange->has_answer()) return std::nullopt;
  const http::Exchange::Answer answer = future.reading->exchange->answer();
  const std::shared_ptr<http::Reading> reading = std::exchange(future.reading, nullptr);
  if (answer.failure) return Attempt<Response>(Response(Unexpected(http_error_code(*answer.failure))));
  std::shared_ptr<FieldStore> headers = store_fields(call, *answer.fields);
  Own<IncomingResponse> response;
  if (headers) response = call.make<IncomingResponse>(answer.status, std::move(headers), reading);
  return Attempt<Response>(Response(std::move(response)));
}

uint16_t HttpFunctions::response_status(Call&, IncomingResponse& response) { return response.status; }
Own<HttpFields> HttpFunctions::response_headers(Call& call, IncomingResponse& response) {
  return headers_of(call, response.headers);
}

// ---- Outgoing responses, which a program can make, but has nowhere to send

Own<OutgoingResponse> HttpFunctions::new_response(Call& call, Own<HttpFields> headers) {
  return call.make<OutgoingResponse>(headers->store);
}
uint16_t HttpFunctions::status_code(Call&, OutgoingResponse& response) { return response.status; }
Attempt<void> HttpFunctions::set_status_code(Call&, OutgoingResponse& response, uint16_t status) {
  if (status < 100 || status > 599) return failed_attempt();
  response.status = status;
  return {};
}
Own<HttpFields> HttpFunctions::outgoing_response_headers(Call& call, OutgoingResponse& response) {
  return headers_of(call, response.headers);
}

}  // namespace ermine::wasi::preview2
