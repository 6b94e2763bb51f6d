// Trust: the certificates that servers are checked against, and the alerts that they send. libcurl would read the
// certificates from their file for each connection.
#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "wasi/tls/plugin/certificates.h"

namespace ermine::http_plugin {

// What the last alert was, and of which transfer. Of the thread of a pool.
struct AlertSeen {
  uint64_t transfer = 0;
  int alert = -1;
};

class Trust {
 public:
  // `file`: instead of the system's. False: it cannot be read, see problem().
  bool read(const std::string& file);
  const std::string& problem() const { return certificates_.problem(); }
  // Makes connections of this transfer use the certificates; CURLOPT_SSL_CTX_FUNCTION.
  CURLcode apply(SSL_CTX* context, uint64_t transfer);
  static AlertSeen& last_alert();

 private:
  wasi::tls::Certificates certificates_;
};

}  // namespace ermine::http_plugin
