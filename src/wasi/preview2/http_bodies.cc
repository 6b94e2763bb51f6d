// Bodies of wasi:http: as streams, and their trailers and errors.
#include <algorithm>
#include <utility>

#include "wasi/http/syntax.h"
#include "wasi/preview2/http_functions.h"

namespace ermine::wasi::preview2 {
namespace {

class BodySink : public host::ByteSink {
 public:
  BodySink(std::shared_ptr<http::RequestBody> body, std::shared_ptr<http::Client> client)
      : body_(std::move(body)), client_(std::move(client)) {}
  bool ready() override { return body_->ready(); }
  Wait wait() const override { return body_->wait(); }
  host::Outcome<size_t> room() override { return body_->room(); }
  host::HostError write(const uint8_t* from, size_t size) override { return body_->write(from, size); }
  host::Cause cause() const override { return {std::make_shared<const http::Failure>(body_->failure())}; }

 private:
  const std::shared_ptr<http::RequestBody> body_;
  const std::shared_ptr<http::Client> client_;  // whose pool sends it
};

class BodySource : public host::ByteSource {
 public:
  explicit BodySource(std::shared_ptr<http::Reading> reading) : reading_(std::move(reading)) {}
  bool ready() override { return reading_->exchange->can_read(); }
  Wait wait() const override { return reading_->exchange->wait(); }
  host::Outcome<size_t> read(uint8_t* to, size_t size) override { return reading_->exchange->read(to, size); }
  host::Cause cause() const override {
    return {std::make_shared<const http::Failure>(reading_->exchange->failure().value_or(http::Failure{}))};
  }

 private:
  const std::shared_ptr<http::Reading> reading_;
};

class TrailersAwaited : public host::Awaited {
 public:
  explicit TrailersAwaited(std::shared_ptr<http::Reading> reading) : reading_(std::move(reading)) {}
  bool ready() override { return reading_->exchange->has_ended(); }
  Wait wait() const override { return reading_->exchange->wait(); }

 private:
  const std::shared_ptr<http::Reading> reading_;
};

// The length that the headers announce, if they do so correctly.
std::optional<uint64_t> announced_length(const FieldStore& headers) {
  const auto at =
      std::ranges::find_if(headers.fields, [](const auto& f) { return http::same_name(f.first, "content-length"); });
  return at == headers.fields.end() ? std::nullopt : http::parse_length(at->second);
}

template <class Message>
Attempt<Own<OutgoingBody>> take_body(Call& call, Message& message) {
  if (message.body) return failed_attempt();
  message.body = body_for(call, *message.headers);
  return call.make<OutgoingBody>(message.body, call.context.http());
}

// ---- From a Failure to an error-code: the payload of each case.

void fill(None&, const http::Failure&) {}
void fill(DnsError& out, const http::Failure& f) {
  out.rcode = f.text;
  if (f.number) out.info_code = static_cast<uint16_t>(*f.number);
}
void fill(TlsAlert& out, const http::Failure& f) {
  if (f.number) out.alert_id = static_cast<uint8_t>(*f.number);
  out.alert_message = f.text;
}
void fill(FieldSize& out, const http::Failure& f) {
  out.field_name = f.text;
  if (f.number) out.field_size = static_cast<uint32_t>(*f.number);
}
void fill(OptionalFieldSize& out, const http::Failure& f) { fill(out.emplace(), f); }
void fill(OptionalU64& out, const http::Failure& f) { out = f.number; }
void fill(OptionalU32& out, const http::Failure& f) {
  if (f.number) out = static_cast<uint32_t>(std::min<uint64_t>(*f.number, UINT32_MAX));
}
void fill(OptionalText& out, const http::Failure& f) { out = f.text; }

}  // namespace

std::shared_ptr<http::RequestBody> body_for(Call& call, const FieldStore& headers) {
  return call.context.http()->make_body(announced_length(headers));
}
std::shared_ptr<host::Awaited> trailers_of(std::shared_ptr<http::Reading> reading) {
  return std::make_shared<TrailersAwaited>(std::move(reading));
}
std::shared_ptr<host::ByteSink> sink_of(std::shared_ptr<http::RequestBody> body, std::shared_ptr<http::Client> client) {
  return std::make_shared<BodySink>(std::move(body), std::move(client));
}
std::shared_ptr<host::ByteSource> source_of(std::shared_ptr<http::Reading> reading) {
  return std::make_shared<BodySource>(std::move(reading));
}

HttpErrorCode http_error_code(const http::Failure& failure) {
  HttpErrorCode out;
  [&]<size_t... I>(std::index_sequence<I...>) {
    (void)((I == static_cast<size_t>(failure.code) && (fill(out.emplace<I>(), failure), true)) || ...);
  }(std::make_index_sequence<std::variant_size_v<HttpErrorVariant>>());
  return out;
}

std::optional<HttpErrorCode> HttpFunctions::error_code_of(Call&, IoError& error) {
  return error.cause.http ? std::optional(http_error_code(*error.cause.http)) : std::nullopt;
}

// ---- Outgoing

Attempt<Own<OutgoingBody>> HttpFunctions::request_body(Call& call, OutgoingRequest& request) {
  return take_body(call, request);
}
Attempt<Own<OutgoingBody>> HttpFunctions::response_body(Call& call, OutgoingResponse& response) {
  return take_body(call, response);
}

Attempt<Own<OutputStream>> HttpFunctions::write_body(Call& call, OutgoingBody& body) {
  if (std::exchange(body.has_stream, true)) return failed_attempt();
  auto stream = call.make<OutputStream>(sink_of(body.body, body.client));
  if (stream) body.stream = stream->alive();
  return stream;
}

Expected<void, HttpErrorCode> HttpFunctions::finish_outgoing(Call& call, Own<OutgoingBody> body,
                                                             std::optional<Own<HttpFields>> trailers) {
  if (!body->stream.expired()) {
    call.trap("outgoing-body.finish: the output-stream of the body still exists, and must be dropped before");
    return {};
  }
  http::Fields fields;
  if (trailers) fields = (*trailers)->store->fields;
  if (std::optional<http::Failure> failure = body->body->finish(std::move(fields)))
    return Unexpected(http_error_code(*failure));
  return {};
}

// ---- Incoming

Attempt<Own<IncomingBody>> HttpFunctions::consume_response(Call& call, IncomingResponse& response) {
  if (!response.reading) return failed_attempt();
  return call.make<IncomingBody>(std::exchange(response.reading, nullptr));
}

Attempt<Own<InputStream>> HttpFunctions::body_stream(Call& call, IncomingBody& body) {
  if (std::exchange(body.has_stream, true)) return failed_attempt();
  auto stream = call.make<InputStream>(source_of(body.reading));
  if (stream) body.stream = stream->alive();
  return stream;
}

Own<FutureTrailers> HttpFunctions::finish_incoming(Call& call, Own<IncomingBody> body) {
  if (!body->stream.expired()) {
    call.trap("incoming-body.finish: the input-stream of the body still exists, and must be dropped before");
    return nullptr;
  }
  body->reading->exchange->discard();
  return call.make<FutureTrailers>(body->reading);
}

Own<Pollable> HttpFunctions::subscribe_trailers(Call& call, FutureTrailers& future) {
  return call.make<Pollable>(Readiness::of(trailers_of(future.reading)));
}

Eventually<std::optional<Own<HttpFields>>> HttpFunctions::get_trailers(Call& call, FutureTrailers& future) {
  using Trailers = Expected<std::optional<Own<HttpFields>>, HttpErrorCode>;
  const http::Exchange& exchange = *future.reading->exchange;
  if (!exchange.has_ended()) return std::nullopt;
  if (std::exchange(future.taken, true)) return Attempt<Trailers>(failed_attempt());
  if (const std::optional<http::Failure> failure = exchange.failure())
    return Attempt<Trailers>(Trailers(Unexpected(http_error_code(*failure))));
  const std::shared_ptr<const http::Fields> trailers = exchange.trailers();
  if (!trailers) return Attempt<Trailers>(Trailers(std::nullopt));
  std::shared_ptr<FieldStore> store = store_fields(call, *trailers);
  return Attempt<Trailers>(Trailers(store ? call.make<HttpFields>(std::move(store), true) : nullptr));
}

}  // namespace ermine::wasi::preview2
