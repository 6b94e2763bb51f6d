#include "wasi/http/plugin/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace ermine::http_plugin {
namespace {

// The transfer that a connection was made for.
int transfer_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void note_alert(const SSL* ssl, int where, int alert) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT || (alert >> 8) != SSL3_AL_FATAL) return;
  const void* transfer = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), transfer_index());
  Trust::last_alert() = {reinterpret_cast<uintptr_t>(transfer), alert & 0xff};
}

std::string system_file() {
  if (const char* file = std::getenv("SSL_CERT_FILE")) return file;
  const char* file = curl_version_info(CURLVERSION_NOW)->cainfo;
  return file != nullptr ? file : "/etc/ssl/certs/ca-certificates.crt";
}

}  // namespace

AlertSeen& Trust::last_alert() {
  static thread_local AlertSeen seen;
  return seen;
}

bool Trust::read(const std::string& file) {
  file_ = file.empty() ? system_file() : file;
  std::FILE* in = std::fopen(file_.c_str(), "rbe");
  if (in == nullptr) {
    problem_ = "cannot read the certificates in '" + file_ + "': " + std::strerror(errno);
    return false;
  }
  char buffer[1 << 16];
  while (const size_t n = std::fread(buffer, 1, sizeof buffer, in)) pem_.append(buffer, n);
  std::fclose(in);
  if (!file.empty() && !parse()) return false;  // the system's may be left unused
  return true;
}

bool Trust::parse() {
  if (store_) return true;
  std::unique_ptr<X509_STORE, FreeStore> store(X509_STORE_new());
  BIO* bio = BIO_new_mem_buf(pem_.data(), static_cast<int>(pem_.size()));
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509_AUX(bio, nullptr, nullptr, nullptr)) {
    count += X509_STORE_add_cert(store.get(), certificate);
    X509_free(certificate);
  }
  BIO_free(bio);
  ERR_clear_error();
  if (count == 0) {
    problem_ = "'" + file_ + "' has no certificate in the PEM format";
    return false;
  }
  // A certificate that was given is trusted, by whatever issuer it was signed.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  store_ = std::move(store);
  pem_ = {};
  return true;
}

CURLcode Trust::apply(SSL_CTX* context, uint64_t transfer) {
  if (!parse()) return CURLE_SSL_CACERT_BADFILE;
  SSL_CTX_set1_cert_store(context, store_.get());
  SSL_CTX_set_ex_data(context, transfer_index(), reinterpret_cast<void*>(static_cast<uintptr_t>(transfer)));
  SSL_CTX_set_info_callback(context, note_alert);
  return CURLE_OK;
}

}  // namespace ermine::http_plugin
