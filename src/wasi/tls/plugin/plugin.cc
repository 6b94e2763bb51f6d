// The plug-in: sessions of OpenSSL between two buffers of fixed size (a pair of BIOs).
#include "wasi/tls/plugin.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "wasi/tls/plugin/certificates.h"

namespace ermine::wasi::tls {
namespace {

// What a record takes at most besides the program's bytes; and room for a message of OpenSSL's own.
constexpr size_t kRecordExtra = 1024, kMostOfRecord = 16384;

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

class Client {
 public:
  bool open(const char* ca_file) {
    const bool named = ca_file != nullptr;
    if (!certificates_.read(named ? ca_file : "", "/etc/ssl/certs/ca-certificates.crt") && named) return false;
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_) return false;
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context_.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    return true;
  }
  SSL_CTX* context() {
    std::call_once(has_store_, [this] {
      if (X509_STORE* store = certificates_.store()) SSL_CTX_set1_cert_store(context_.get(), store);
    });
    return context_.get();
  }
  bool has_certificates() { return certificates_.store() != nullptr; }
  const std::string& problem() const { return certificates_.problem(); }

 private:
  Certificates certificates_;
  std::once_flag has_store_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
};

class Session {
 public:
  bool open(Client& client, const char* name) {
    ssl_.reset(SSL_new(client.context()));
    BIO *inner = nullptr, *outer = nullptr;
    if (!ssl_ || BIO_new_bio_pair(&inner, ERMINE_TLS_BUFFER, &outer, ERMINE_TLS_BUFFER) != 1) return false;
    outer_.reset(outer);
    SSL_set_bio(ssl_.get(), inner, inner);
    SSL_set_connect_state(ssl_.get());
    X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // An address has no name that the server could choose its certificate by.
    if (X509_VERIFY_PARAM_set1_ip_asc(expected, name) == 1) return true;
    ERR_clear_error();
    return X509_VERIFY_PARAM_set1_host(expected, name, 0) == 1 && SSL_set_tlsext_host_name(ssl_.get(), name) == 1;
  }

  ErmineTlsState handshake() {
    return run([this] { return SSL_do_handshake(ssl_.get()); });
  }
  ErmineTlsState read(uint8_t* to, size_t size, size_t& done) {
    done = 0;
    if (ended_) return ERMINE_TLS_DONE;
    return run([&] { return SSL_read_ex(ssl_.get(), to, size, &done); });
  }
  ErmineTlsState readable() {
    uint8_t byte;
    size_t n = 0;
    if (ended_) return ERMINE_TLS_DONE;
    return run([&] { return SSL_peek_ex(ssl_.get(), &byte, 1, &n); });
  }
  // One record that fits as a whole: OpenSSL then needs nothing of it again.
  size_t room() {
    const size_t free = BIO_ctrl_get_write_guarantee(SSL_get_wbio(ssl_.get()));
    return free <= kRecordExtra ? 0 : std::min(free - kRecordExtra, kMostOfRecord);
  }
  ErmineTlsState write(const uint8_t* from, size_t size) {
    size_t done = 0;
    return run([&] { return SSL_write_ex(ssl_.get(), from, size, &done); });
  }
  ErmineTlsState finish() {
    return run([this] { return SSL_shutdown(ssl_.get()) < 0 ? -1 : 1; });
  }

  size_t space(uint8_t** at) {
    char* to = nullptr;
    const int n = BIO_nwrite0(outer_.get(), &to);
    *at = reinterpret_cast<uint8_t*>(to);
    return n > 0 ? static_cast<size_t>(n) : 0;
  }
  void received(size_t size) {
    char* to = nullptr;
    BIO_nwrite(outer_.get(), &to, static_cast<int>(size));
  }
  void received_all() { (void)BIO_shutdown_wr(outer_.get()); }
  size_t pending(const uint8_t** at) {
    char* from = nullptr;
    const int n = BIO_nread0(outer_.get(), &from);
    *at = reinterpret_cast<const uint8_t*>(from);
    return n > 0 ? static_cast<size_t>(n) : 0;
  }
  void sent(size_t size) {
    char* from = nullptr;
    BIO_nread(outer_.get(), &from, static_cast<int>(size));
  }
  const char* problem() const { return problem_.c_str(); }

 private:
  template <class F>
  ErmineTlsState run(F&& operation) {
    if (!problem_.empty()) return ERMINE_TLS_FAILED;
    ERR_clear_error();
    const int result = operation();
    if (result > 0) return ERMINE_TLS_DONE;
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE: return ERMINE_TLS_WAIT;
      case SSL_ERROR_ZERO_RETURN: ended_ = true; return ERMINE_TLS_DONE;
      default: problem_ = describe_error(); return ERMINE_TLS_FAILED;
    }
  }
  std::string describe_error() const {
    const unsigned long error = ERR_peek_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL) {
      switch (ERR_GET_REASON(error)) {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
          return std::string("the certificate of the server is not trusted: ") +
                 X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return "the connection ended without the server's close_notify";
        default: break;
      }
    }
    const char* const reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : "the connection failed";
  }

  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::unique_ptr<BIO, FreeBio> outer_;
  std::string problem_;
  bool ended_ = false;  // by the server's close_notify
};

void copy_problem(const std::string& problem, char* to, size_t size) {
  const size_t n = std::min(size - 1, problem.size());
  std::memcpy(to, problem.data(), n);
  to[n] = 0;
}

void* open(const char* ca_file, char* problem, size_t size) {
  auto client = std::make_unique<Client>();
  if (client->open(ca_file)) return client.release();
  copy_problem(client->problem().empty() ? "OpenSSL cannot be used" : client->problem(), problem, size);
  return nullptr;
}

void* connect(void* of, const char* name, char* problem, size_t size) {
  Client& client = *static_cast<Client*>(of);
  auto session = std::make_unique<Session>();
  if (!client.has_certificates()) copy_problem(client.problem(), problem, size);
  else if (!session->open(client, name)) copy_problem("this is no name of a server", problem, size);
  else return session.release();
  ERR_clear_error();
  return nullptr;
}

Session& session_of(void* session) { return *static_cast<Session*>(session); }

constexpr ErmineTlsPlugin kPlugin{
    ERMINE_TLS_PLUGIN_VERSION,
    open,
    [](void* client) { delete static_cast<Client*>(client); },
    connect,
    [](void* session) { delete static_cast<Session*>(session); },
    [](void* session) { return session_of(session).handshake(); },
    [](void* session, uint8_t* to, size_t size, size_t* done) { return session_of(session).read(to, size, *done); },
    [](void* session) { return session_of(session).readable(); },
    [](void* session) { return session_of(session).room(); },
    [](void* session, const uint8_t* from, size_t size) { return session_of(session).write(from, size); },
    [](void* session) { return session_of(session).finish(); },
    [](void* session, uint8_t** at) { return session_of(session).space(at); },
    [](void* session, size_t size) { session_of(session).received(size); },
    [](void* session) { session_of(session).received_all(); },
    [](void* session, const uint8_t** at) { return session_of(session).pending(at); },
    [](void* session, size_t size) { session_of(session).sent(size); },
    [](void* session) { return session_of(session).problem(); },
};

}  // namespace
}  // namespace ermine::wasi::tls

extern "C" [[gnu::visibility("default")]] const ErmineTlsPlugin* ermine_tls_plugin(void) {
  return &ermine::wasi::tls::kPlugin;
}
