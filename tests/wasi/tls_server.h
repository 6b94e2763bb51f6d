// A TLS server on the loopback for tests, with a certificate for localhost and 127.0.0.1 that it makes itself.
#pragma once

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/wasi/guest.h"
#include "tests/wasi/network_guest.h"

namespace ermine::test {

class TlsServer {
 public:
  // What it does with a connection, after the handshake.
  using Serve = std::function<void(SSL*, OwnSocket&)>;

  // Serves one connection after the other on each thread. `patience`: how long it waits for a client; 0: for ever.
  explicit TlsServer(Serve serve = echo, int max_version = TLS1_3_VERSION, unsigned threads = 1,
                     std::chrono::milliseconds patience = {})
      : serve_(std::move(serve)), patience_(patience) {
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_max_proto_version(context_, max_version);
    make_certificate();
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets that the client has closed
    listener_.listen();
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~TlsServer() {
    done_ = true;
    for (size_t i = 0; i < threads_.size(); ++i) {
      OwnSocket wake(SOCK_STREAM);
      wake.connect(name());
    }
    for (std::thread& thread : threads_) thread.join();
    SSL_CTX_free(context_);
  }
  std::string name() const { return listener_.name(); }
  std::string ca_file() const { return directory_.path() + "/ca.pem"; }
  // Connections whose handshake succeeded, and whose client has ended its direction by close_notify.
  int served() const { return served_; }
  int ended() const { return ended_; }

  // Until the client ends; then it ends as well.
  static void echo(SSL* ssl, OwnSocket&) {
    char buffer[20'000];
    for (int n; (n = SSL_read(ssl, buffer, sizeof buffer)) > 0;)
      if (SSL_write(ssl, buffer, n) != n) return;
    SSL_shutdown(ssl);
  }
  static std::string read(SSL* ssl) {
    char buffer[4096];
    const int n = SSL_read(ssl, buffer, sizeof buffer);
    return n > 0 ? std::string(buffer, static_cast<size_t>(n)) : std::string();
  }
  static void write(SSL* ssl, std::string_view text) {
    EXPECT_EQ(SSL_write(ssl, text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
  }

 private:
  void make_certificate() {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const made = X509_new();
    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_set_pubkey(made, key);
    X509_NAME* const subject = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("ermine"), -1, -1,
                               0);
    X509_set_issuer_name(made, subject);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(made, names, -1);
    X509_EXTENSION_free(names);
    EXPECT_GT(X509_sign(made, key, EVP_sha256()), 0);
    std::FILE* const out = std::fopen(ca_file().c_str(), "w");
    EXPECT_EQ(PEM_write_X509(out, made), 1);
    std::fclose(out);
    SSL_CTX_use_certificate(context_, made);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(made);
    EVP_PKEY_free(key);
  }
  void run() {
    while (true) {
      OwnSocket peer = listener_.accept();
      if (done_) return;
      if (patience_.count() > 0) {
        const timeval time{patience_.count() / 1000, patience_.count() % 1000 * 1000};
        setsockopt(peer.fd(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        setsockopt(peer.fd(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
      }
      SSL* const ssl = SSL_new(context_);
      SSL_set_fd(ssl, peer.fd());
      if (SSL_accept(ssl) == 1) {
        ++served_;
        serve_(ssl, peer);
        if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0) ++ended_;
      }
      ERR_clear_error();
      SSL_free(ssl);
      peer.close();
    }
  }

  TempDir directory_;
  const Serve serve_;
  const std::chrono::milliseconds patience_;
  OwnSocket listener_{SOCK_STREAM};
  SSL_CTX* context_ = nullptr;
  std::atomic<bool> done_{false};
  std::atomic<int> served_ = 0, ended_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ermine::test
