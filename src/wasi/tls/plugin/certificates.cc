#include "wasi/tls/plugin/certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ermine::wasi::tls {

bool Certificates::read(const std::string& file, const char* system_file) {
  const char* const named = std::getenv("SSL_CERT_FILE");
  file_ = !file.empty() ? file : named != nullptr ? named : system_file;
  std::FILE* in = std::fopen(file_.c_str(), "rbe");
  if (in == nullptr) {
    problem_ = "cannot read the certificates in '" + file_ + "': " + std::strerror(errno);
    return false;
  }
  char buffer[1 << 16];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, in)) pem_.append(buffer, n);
  std::fclose(in);
  return file.empty() || store() != nullptr;  // the system's may be left unused
}

X509_STORE* Certificates::store() {
  std::call_once(parsed_, [this] { parse(); });
  return store_.get();
}

void Certificates::parse() {
  std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  BIO* bio = BIO_new_mem_buf(pem_.data(), static_cast<int>(pem_.size()));
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509_AUX(bio, nullptr, nullptr, nullptr)) {
    count += X509_STORE_add_cert(store.get(), certificate);
    X509_free(certificate);
  }
  BIO_free(bio);
  ERR_clear_error();
  pem_ = {};
  if (count == 0) {
    if (problem_.empty()) problem_ = "'" + file_ + "' has no certificate in the PEM format";
    return;
  }
  // A certificate that was given is trusted, by whatever issuer it was signed.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  store_ = std::move(store);
}

}  // namespace ermine::wasi::tls
