// wasi:http: messages, their bodies as streams, and requests that are sent.
#include "wasi/http/syntax.h"
#include "wasi/preview3/byte_copy.h"
#include "wasi/preview3/http_functions.h"

namespace ermine::wasi::preview3 {

using component::CopyResult;
using host::HostError;
using preview2::Context;

// ---- Transmission

Transmission::~Transmission() {
  resolve(Unexpected(HttpErrorCode(std::in_place_index<static_cast<size_t>(http::FailureCode::kInternalError)>,
                                   "the message was not sent")));
}

void Transmission::resolve(HttpOutcome outcome) {
  if (!writer_) return;
  const auto writer = std::exchange(writer_, {});
  // The future is closed when the value has been read, or will not be.
  (void)writer.write(std::move(outcome), [writer](CopyResult) {});
}

namespace {

Unexpected<HttpErrorCode> failed(const http::Failure& failure) {
  return Unexpected(preview2::http_error_code(failure));
}

// The trailers of a response, once it has ended.
class TrailersWriting {
 public:
  TrailersWriting(Call& call, std::shared_ptr<http::Reading> reading, component::FutureWriter<Trailers> writer)
      : context_(call.context), store_(call.store), reading_(std::move(reading)), writer_(std::move(writer)) {}

  // The program reads no more of the body.
  void begin() const {
    reading_->exchange->discard();
    if (!attempt())
      Retry::run(context_.counts(), store_,
                 {.attempt = [self = *this] { return self.attempt(); },
                  .awaited = preview2::trailers_of(reading_),
                  .unwanted = [writer = writer_] { return writer.is_over(); }});
  }

 private:
  bool attempt() const {
    if (!reading_->exchange->has_ended()) return false;
    (void)writer_.write(value(), [writer = writer_](CopyResult) {});
    return true;
  }
  Trailers value() const {
    if (const std::optional<http::Failure> failure = reading_->exchange->failure()) return failed(*failure);
    const std::shared_ptr<const http::Fields> trailers = reading_->exchange->trailers();
    if (!trailers) return std::optional<Own<HttpFields>>();
    // No code runs that could be ended at a limit; what fuel is wanting, the next code answers for.
    Call call{context_, store_};
    std::shared_ptr<preview2::FieldStore> fields = preview2::store_fields(call, *trailers);
    (void)call.pay();
    Own<HttpFields> resource = fields ? call.make<HttpFields>(std::move(fields), true) : nullptr;
    if (!resource) return failed({http::FailureCode::kInternalError, {}, "the program has too many fields"});
    return std::optional(std::move(resource));
  }

  Context& context_;
  StoreRef store_;
  std::shared_ptr<http::Reading> reading_;
  component::FutureWriter<Trailers> writer_;
};

std::tuple<Bytes, TrailersReader> consume(Call& call, MessageContents& contents, HttpEnd end) {
  auto stream = component::make_stream<uint8_t>(call.store);
  if (contents.received) {
    auto trailers = component::make_future<Trailers>(call.store);
    const TrailersWriting writing(call, contents.received, std::move(trailers.writer));
    const std::shared_ptr<ByteReading> body = call.make<ByteReading>(
        call.store, preview2::source_of(contents.received), [writing](HostError) { writing.begin(); },
        std::move(stream.writer));
    if (body) body->start(call, HostError::kNone);
    return {std::move(stream.reader), std::move(trailers.reader)};
  }
  // A message of the program itself: it gets back what it gave, and says itself whether that was transmitted.
  (void)end.read([end, transmission = contents.transmission](std::optional<HttpOutcome> outcome) {
    if (outcome) transmission->resolve(std::move(*outcome));
  });
  if (!contents.body) stream.writer.close();
  return {contents.body ? std::move(*contents.body) : std::move(stream.reader), std::move(contents.trailers)};
}

// Sends what the program writes, and then its trailers.
void send_body(Call& call, const std::shared_ptr<MessageContents>& contents,
               const std::shared_ptr<http::RequestBody>& body) {
  const std::shared_ptr<host::ByteSink> sink = preview2::sink_of(body, call.context.http());
  const auto report = [contents, body, sink](HostError error) {
    Transmission& transmission = *contents->transmission;
    if (error == HostError::kHttp) return transmission.resolve(failed(*sink->cause().http));
    // The response was complete before.
    if (error != HostError::kNone) return transmission.resolve(failed({http::FailureCode::kConnectionTerminated}));
    const TrailersReader trailers = std::move(contents->trailers);
    const auto finish = [trailers, body, contents](std::optional<Trailers> given) {
      Transmission& transmission = *contents->transmission;
      if (!given || !*given) {
        body->abandon();
        if (given) transmission.resolve(Unexpected(std::move(*given).error()));
        return;
      }
      http::Fields fields;
      if (const std::optional<Own<HttpFields>>& some = **given) fields = (*some)->store->fields;
      if (const std::optional<http::Failure> failure = body->finish(std::move(fields)))
        transmission.resolve(failed(*failure));
      else transmission.body_sent();
    };
    if (!trailers.read(finish)) body->abandon();
  };
  const std::shared_ptr<ByteWriting> writing =
      call.make<ByteWriting>(call.store, sink, report, call.context, std::move(*contents->body));
  if (writing) writing->start(call, HostError::kNone);
}

Own<RequestOptions> copy_of(Call& call, const RequestOptions& options, bool immutable) {
  Own<RequestOptions> copy = call.make<RequestOptions>();
  if (!copy) return copy;
  copy->connect_timeout = options.connect_timeout;
  copy->first_byte_timeout = options.first_byte_timeout;
  copy->between_bytes_timeout = options.between_bytes_timeout;
  copy->immutable = immutable;
  return copy;
}
Expected<void, RequestOptionsError> set(RequestOptions& options, Duration RequestOptions::* which, Duration time) {
  if (options.immutable) return Unexpected(RequestOptionsError{1});
  options.*which = time;
  return {};
}

// A message that the program makes, and the future of its transmission.
template <class Message>
std::tuple<Own<Message>, HttpEnd> made(Call& call, const HttpFields& headers, std::optional<Bytes> body,
                                       TrailersReader trailers) {
  auto end = component::make_future<HttpOutcome>(call.store);
  Own<Message> message = call.make<Message>(headers.store);
  if (message)
    message->contents = std::make_shared<MessageContents>(std::move(body), std::move(trailers),
                                                          std::make_shared<Transmission>(std::move(end.writer)));
  return {std::move(message), std::move(end.reader)};
}

}  // namespace

// ---- Fields and options

// A name that is there keeps its spelling.
preview2::HeaderResult HttpFunctions::append_field(Call& call, HttpFields& fields, preview2::Text name,
                                                   preview2::Contents value) {
  std::string spelled(name);
  for (const auto& field : fields.store->fields)
    if (http::same_name(field.first, name)) {
      spelled = field.first;
      break;
    }
  return preview2::HttpFunctions::append_field(call, fields, spelled, value);
}

Expected<std::vector<std::vector<uint8_t>>, HeaderError> HttpFunctions::get_and_delete_field(Call& call,
                                                                                             HttpFields& fields,
                                                                                             preview2::Text name) {
  std::vector<std::vector<uint8_t>> values;
  for (const preview2::Bytes& v : preview2::HttpFunctions::get_field(call, fields, name))
    values.emplace_back(v.data, v.data + v.size);
  const preview2::HeaderResult deleted = preview2::HttpFunctions::delete_field(call, fields, name);
  if (!deleted) return Unexpected(Newer<preview2::HeaderError>::from(deleted.error()));
  return values;
}

Own<RequestOptions> HttpFunctions::clone_options(Call& call, RequestOptions& options) {
  return copy_of(call, options, false);
}
Expected<void, RequestOptionsError> HttpFunctions::set_connect_timeout(Call&, RequestOptions& options, Duration time) {
  return set(options, &RequestOptions::connect_timeout, time);
}
Expected<void, RequestOptionsError> HttpFunctions::set_first_byte_timeout(Call&, RequestOptions& options,
                                                                          Duration time) {
  return set(options, &RequestOptions::first_byte_timeout, time);
}
Expected<void, RequestOptionsError> HttpFunctions::set_between_bytes_timeout(Call&, RequestOptions& options,
                                                                             Duration time) {
  return set(options, &RequestOptions::between_bytes_timeout, time);
}

// ---- Messages

std::tuple<Own<OutgoingRequest>, HttpEnd> HttpFunctions::new_request(Call& call, Own<HttpFields> headers,
                                                                     std::optional<Bytes> body, TrailersReader trailers,
                                                                     std::optional<Own<RequestOptions>> options) {
  auto request = made<OutgoingRequest>(call, *headers, std::move(body), std::move(trailers));
  if (options && std::get<0>(request)) std::get<0>(request)->contents->options = std::move(*options);
  return request;
}
// Also relative ones, and characters that are not ASCII. An empty one is the root, unless the request is for the server
// itself.
preview2::Attempt<void> HttpFunctions::set_request_path(Call& call, OutgoingRequest& request,
                                                        std::optional<std::string> path) {
  constexpr size_t kOptions = 6;
  if (path && path->empty() && request.method.index() != kOptions) path = "/";
  if (path && !http::is_path_reference(*path)) return preview2::failed_attempt();
  request.path_with_query = std::move(path);
  return {};
}
std::optional<Own<RequestOptions>> HttpFunctions::request_options(Call& call, OutgoingRequest& request) {
  if (!request.contents->options) return std::nullopt;
  return copy_of(call, *request.contents->options, true);
}
std::tuple<Bytes, TrailersReader> HttpFunctions::consume_request(Call& call, Own<OutgoingRequest> request,
                                                                 HttpEnd end) {
  return consume(call, *request->contents, std::move(end));
}
std::tuple<Own<OutgoingResponse>, HttpEnd> HttpFunctions::new_response(Call& call, Own<HttpFields> headers,
                                                                       std::optional<Bytes> body,
                                                                       TrailersReader trailers) {
  return made<OutgoingResponse>(call, *headers, std::move(body), std::move(trailers));
}
std::tuple<Bytes, TrailersReader> HttpFunctions::consume_response(Call& call, Own<OutgoingResponse> response,
                                                                  HttpEnd end) {
  return consume(call, *response->contents, std::move(end));
}

// ---- Sending

void HttpFunctions::send(Call& call, component::Reply<Expected<Own<OutgoingResponse>, HttpErrorCode>> reply,
                         Own<OutgoingRequest> request) {
  const std::shared_ptr<MessageContents> contents = request->contents;
  if (contents->body) request->body = preview2::body_for(call, *request->headers);
  const auto sent = preview2::send_request(call, *request, contents->options.get());
  if (const auto* failure = std::get_if<http::Failure>(&sent)) {
    contents->transmission->resolve(failed(*failure));
    return reply.complete(failed(*failure));
  }
  const std::shared_ptr<http::Reading>& reading = std::get<0>(sent);
  if (contents->body) send_body(call, contents, request->body);
  else contents->transmission->body_sent();
  const auto attempt = [&context = call.context, store = call.store, reading, contents, reply] {
    if (!reading->exchange->has_answer()) return false;
    const http::Exchange::Answer answer = reading->exchange->answer();
    if (answer.failure) {
      contents->transmission->resolve(failed(*answer.failure));
      return reply.complete(failed(*answer.failure)), true;
    }
    contents->transmission->answered();
    Call call{context, store};
    std::shared_ptr<preview2::FieldStore> headers = preview2::store_fields(call, *answer.fields);
    Own<OutgoingResponse> response = headers ? call.make<OutgoingResponse>(std::move(headers)) : nullptr;
    if (!response) return reply.fail(std::move(call.stop)), true;
    if (Result<void> paid = call.pay(); !paid) return reply.fail(std::move(paid).error()), true;
    response->status = answer.status;
    response->contents = std::make_shared<MessageContents>();
    response->contents->received = reading;
    return reply.complete(std::move(response)), true;
  };
  if (!attempt()) Retry::start(call, reply, {.attempt = attempt, .awaited = preview2::answer_of(reading)});
}

}  // namespace ermine::wasi::preview3
