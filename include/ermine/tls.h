// TLS of programs (wasi:tls): the certificates that servers are checked against. A program that is granted it
// (WasiConfig::tls) encrypts connections that it has made itself; it reaches nothing more by that.
//
// TLS is spoken by a plug-in, libermine-tls.so, which is opened when the first client is.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ermine/result.h"

namespace ermine {

namespace wasi::tls {
class Client;
}

// How servers are checked.
struct TlsOptions {
  // A file with the certificates (PEM) that servers are checked against; empty: the system's, or SSL_CERT_FILE.
  std::string ca_file;
  // The file of the plug-in; empty: ../lib/ beside the running program, or where the system searches for libraries.
  std::string plugin;
};

// What the connections of all programs that have this client have in common. Thread-safe; a reference-counted handle.
class TlsClient {
 public:
  // Opens the plug-in and reads the certificates; nothing else is read from files later, so a process may confine
  // itself afterwards. kUnsupported if there is no plug-in, with what to install; kIo if the file of certificates
  // cannot be used.
  static Result<TlsClient> open(const TlsOptions& options = {});

  // For the library's own code.
  explicit TlsClient(std::shared_ptr<wasi::tls::Client> impl) : impl_(std::move(impl)) {}
  const std::shared_ptr<wasi::tls::Client>& impl() const { return impl_; }

 private:
  std::shared_ptr<wasi::tls::Client> impl_;
};

}  // namespace ermine
