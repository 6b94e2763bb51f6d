// Outgoing HTTP of programs (wasi:http): the connections, and what a program is granted of them (WasiConfig::http).
//
// HTTP is spoken by a plug-in, libermine-http.so, which is opened when the first pool is made.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "ermine/result.h"

namespace ermine {

namespace wasi::http {
class Pool;
}

// How the connections of a pool are made.
struct HttpPoolOptions {
  // A file with the certificates (PEM) that servers are checked against; empty: the system's, or SSL_CERT_FILE.
  std::string ca_file;
  // That are open at the same time, busy or kept for the next request; requests beyond wait for one.
  uint32_t max_connections = 64;
  // The file of the plug-in; empty: ../lib/ beside the running program, or where the system searches for libraries.
  std::string plugin;
};

// Connections that are kept and used again by all programs that have this pool: those of one tenant. It has a thread of
// its own from the first request on. Thread-safe; a reference-counted handle.
class HttpPool {
 public:
  // Opens the plug-in and reads the certificates; nothing else is read from files later, so a process may confine
  // itself afterwards. kUnsupported if there is no plug-in, with what to install; kIo if the file of certificates
  // cannot be used.
  static Result<HttpPool> open(HttpPoolOptions options = {});

  // For the library's own code.
  explicit HttpPool(std::shared_ptr<wasi::http::Pool> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<wasi::http::Pool>& impl() const { return impl_; }

 private:
  std::shared_ptr<wasi::http::Pool> impl_;
};

}  // namespace ermine
