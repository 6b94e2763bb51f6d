#include "wasi/http/plugin/trust.h"

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

}  // namespace

AlertSeen& Trust::last_alert() {
  static thread_local AlertSeen seen;
  return seen;
}

bool Trust::read(const std::string& file) {
  const char* const system_file = curl_version_info(CURLVERSION_NOW)->cainfo;
  return certificates_.read(file, system_file != nullptr ? system_file : "/etc/ssl/certs/ca-certificates.crt");
}

CURLcode Trust::apply(SSL_CTX* context, uint64_t transfer) {
  X509_STORE* const store = certificates_.store();
  if (store == nullptr) return CURLE_SSL_CACERT_BADFILE;
  SSL_CTX_set1_cert_store(context, store);
  SSL_CTX_set_ex_data(context, transfer_index(), reinterpret_cast<void*>(static_cast<uintptr_t>(transfer)));
  SSL_CTX_set_info_callback(context, note_alert);
  return CURLE_OK;
}

}  // namespace ermine::http_plugin
