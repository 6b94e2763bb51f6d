// The resources of wasi:http, as C++ objects. Headers that are children of a message share its fields, and cannot be
// changed; everything else a component may drop in any order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "wasi/http/client.h"
#include "wasi/preview2/http_types.h"
#include "wasi/preview2/resources.h"

namespace ermine::wasi::preview3 {
struct MessageContents;
}

namespace ermine::wasi::preview2 {

// Fields, and what the program's limit has counted for them.
struct FieldStore {
  explicit FieldStore(std::shared_ptr<Counts> counts) : counts(std::move(counts)) {}
  ~FieldStore() { counts->field_bytes -= counted; }
  FieldStore(const FieldStore&) = delete;
  FieldStore& operator=(const FieldStore&) = delete;

  http::Fields fields;
  uint64_t counted = 0;
  const std::shared_ptr<Counts> counts;
};

class HttpFields : public Resource {
 public:
  HttpFields(std::shared_ptr<Counts> counts, std::shared_ptr<FieldStore> store, bool immutable)
      : Resource(std::move(counts)), store(std::move(store)), immutable(immutable) {}
  const std::shared_ptr<FieldStore> store;
  const bool immutable;
};
ERMINE_RESOURCE(HttpFields, "fields")

// An outgoing message's body, before it is taken and afterwards. A component that drops it without finishing it breaks
// the message off.
class OutgoingBody : public Resource {
 public:
  OutgoingBody(std::shared_ptr<Counts> counts, std::shared_ptr<http::RequestBody> body,
               std::shared_ptr<http::Client> client)
      : Resource(std::move(counts)), body(std::move(body)), client(std::move(client)) {}
  ~OutgoingBody() { body->abandon(); }
  const std::shared_ptr<http::RequestBody> body;
  const std::shared_ptr<http::Client> client;
  bool has_stream = false;
  std::weak_ptr<void> stream;  // while it exists
};
ERMINE_RESOURCE(OutgoingBody, "outgoing-body")

// WASI 0.3's request and response are the next two classes as well.
class OutgoingRequest : public Resource {
 public:
  OutgoingRequest(std::shared_ptr<Counts> counts, std::shared_ptr<FieldStore> headers)
      : Resource(std::move(counts)), headers(std::move(headers)) {}
  const std::shared_ptr<FieldStore> headers;
  HttpMethod method;
  std::optional<std::string> path_with_query, authority;
  std::optional<HttpScheme> scheme;
  std::shared_ptr<http::RequestBody> body;  // once it was taken
  std::shared_ptr<preview3::MessageContents> contents;  // of 0.3
};
ERMINE_RESOURCE(OutgoingRequest, "outgoing-request")

class OutgoingResponse : public Resource {
 public:
  OutgoingResponse(std::shared_ptr<Counts> counts, std::shared_ptr<FieldStore> headers)
      : Resource(std::move(counts)), headers(std::move(headers)) {}
  const std::shared_ptr<FieldStore> headers;
  uint16_t status = 200;
  std::shared_ptr<http::RequestBody> body;
  std::shared_ptr<preview3::MessageContents> contents;  // of 0.3
};
ERMINE_RESOURCE(OutgoingResponse, "outgoing-response")

class RequestOptions : public Resource {
 public:
  using Resource::Resource;
  std::optional<uint64_t> connect_timeout, first_byte_timeout, between_bytes_timeout;
  bool immutable = false;  // of 0.3
};
ERMINE_RESOURCE(RequestOptions, "request-options")

class FutureIncomingResponse : public Resource {
 public:
  FutureIncomingResponse(std::shared_ptr<Counts> counts, std::shared_ptr<http::Reading> reading)
      : Resource(std::move(counts)), reading(std::move(reading)) {}
  std::shared_ptr<http::Reading> reading;  // until the response is taken
};
ERMINE_RESOURCE(FutureIncomingResponse, "future-incoming-response")

class IncomingResponse : public Resource {
 public:
  IncomingResponse(std::shared_ptr<Counts> counts, uint16_t status, std::shared_ptr<FieldStore> headers,
                   std::shared_ptr<http::Reading> reading)
      : Resource(std::move(counts)), status(status), headers(std::move(headers)), reading(std::move(reading)) {}
  const uint16_t status;
  const std::shared_ptr<FieldStore> headers;
  std::shared_ptr<http::Reading> reading;  // until the body is taken
};
ERMINE_RESOURCE(IncomingResponse, "incoming-response")

class IncomingBody : public Resource {
 public:
  IncomingBody(std::shared_ptr<Counts> counts, std::shared_ptr<http::Reading> reading)
      : Resource(std::move(counts)), reading(std::move(reading)) {}
  const std::shared_ptr<http::Reading> reading;
  bool has_stream = false;
  std::weak_ptr<void> stream;  // while it exists
};
ERMINE_RESOURCE(IncomingBody, "incoming-body")

class FutureTrailers : public Resource {
 public:
  FutureTrailers(std::shared_ptr<Counts> counts, std::shared_ptr<http::Reading> reading)
      : Resource(std::move(counts)), reading(std::move(reading)) {}
  const std::shared_ptr<http::Reading> reading;
  bool taken = false;
};
ERMINE_RESOURCE(FutureTrailers, "future-trailers")

// Of handlers of incoming requests; nothing makes one for a program.
class IncomingRequest {};
ERMINE_RESOURCE(IncomingRequest, "incoming-request")
class ResponseOutparam {};
ERMINE_RESOURCE(ResponseOutparam, "response-outparam")

}  // namespace ermine::wasi::preview2
