// Certificates: those that servers are checked against, of a file in the PEM format. They are read once, when the
// process may not be confined yet, and parsed when they are first needed: that takes milliseconds.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

namespace ermine::wasi::tls {

class Certificates {
 public:
  // `file`: instead of the system's, which are in SSL_CERT_FILE or `system_file`. False: it cannot be read, or `file`
  // has none; see problem().
  bool read(const std::string& file, const char* system_file);
  // Null if the system's file has none: problem(). Thread-safe. It belongs to this object; SSL_CTX_set1_cert_store
  // takes a reference of its own.
  X509_STORE* store();
  const std::string& problem() const { return problem_; }

 private:
  struct FreeStore {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  };
  void parse();

  std::string file_, pem_, problem_;
  std::once_flag parsed_;
  std::unique_ptr<X509_STORE, FreeStore> store_;
};

}  // namespace ermine::wasi::tls
