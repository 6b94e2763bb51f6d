// Client: the outgoing requests of one program: what it is granted, and the pool, which is made for the first request
// if the embedder gave none. Used on the program's thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "ermine/grants.h"
#include "wasi/http/exchange.h"
#include "wasi/http/syntax.h"

namespace ermine::wasi::http {

// What a program says of a request.
struct RequestParts {
  std::string method;
  bool tls = true;
  std::string authority;
  std::string path;
  Fields fields;
  std::shared_ptr<RequestBody> body{};
  // Of the program, in nanoseconds.
  std::optional<uint64_t> connect_timeout{}, first_byte_timeout{}, between_bytes_timeout{};
};

class Client : public std::enable_shared_from_this<Client> {
 public:
  Client(HttpGrants grants, std::shared_ptr<net::Network> network, WasiRefusals& refusals);

  std::shared_ptr<RequestBody> make_body(std::optional<uint64_t> length) const {
    return std::make_shared<RequestBody>(surroundings_.signal, length, grants_.max_request_bytes);
  }
  // Checks everything that can be checked before a name is looked up.
  std::variant<std::shared_ptr<Exchange>, Failure> send(RequestParts parts);

 private:
  std::optional<Failure> check_fields(RequestParts& parts, Request& out) const;
  bool open_pool();

  const HttpGrants grants_;
  Surroundings surroundings_;
  std::shared_ptr<Pool> pool_;
};

// The program's side of an exchange: when nothing refers to it any more, the exchange is broken off if it is not
// complete. It keeps the pool.
struct Reading {
  Reading(std::shared_ptr<Exchange> exchange, std::shared_ptr<Client> client)
      : exchange(std::move(exchange)), client(std::move(client)) {}
  ~Reading() { exchange->abandon(); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  const std::shared_ptr<Exchange> exchange;
  const std::shared_ptr<Client> client;
};

}  // namespace ermine::wasi::http
