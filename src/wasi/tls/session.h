// Session: the program's side of one TLS connection, in the plug-in (plugin.h). It does not know how the encrypted
// bytes travel: the code that uses it moves them. Memory is bounded, every call returns at once, and all belong to one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "ermine/tls.h"
#include "ermine/wasi.h"
#include "wasi/host/error.h"
#include "wasi/tls/plugin.h"

namespace ermine::wasi::tls {

class Client {
 public:
  static Result<std::shared_ptr<Client>> open(const TlsOptions& options);
  ~Client() { plugin_.close(client_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

 private:
  friend class Session;
  Client(const ErmineTlsPlugin& plugin, void* client) : plugin_(plugin), client_(client) {}

  const ErmineTlsPlugin& plugin_;  // valid for ever
  void* const client_;
};

// HostError::kTls is any failure, which problem() explains; all that follows then fails as well, except sending.
class Session {
 public:
  Session() = default;
  ~Session() {
    if (session_ != nullptr) plugin_->release(session_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Before everything else, once. `client`: null if the program is not granted TLS, which is recorded. `server_name`: a
  // name or an address that the server's certificate must be for. An error is the session's.
  void open(const Client* client, const std::string& server_name, WasiRefusals& refusals);
  // The connection has failed otherwise.
  void fail(std::string problem);
  const std::string& problem() const { return problem_; }
  bool has_failed() const { return !problem_.empty(); }

  // kAgain: more must be received or sent.
  host::HostError handshake();
  bool is_connected() const { return connected_; }
  bool is_open() const { return session_ != nullptr; }
  // The server's bytes; 0: it has ended its direction. kAgain: none now, or not connected yet.
  host::Outcome<size_t> read(uint8_t* to, size_t size);
  // Whether that would not be kAgain.
  bool can_read();
  // How many bytes write() takes now; kClosed after finish().
  host::Outcome<size_t> room() const;
  host::HostError write(const uint8_t* from, size_t size);
  // Ends the program's direction, as soon as there is room.
  void finish();

  // Encrypted bytes from the server: where they belong, and how many came. After received() there may be more room.
  std::span<uint8_t> space();
  void received(size_t size);
  void received_all();
  // Encrypted bytes for the server, and how many were sent. After sent() there may be more.
  std::span<const uint8_t> pending() const;
  void sent(size_t size);
  // Grows whenever bytes were moved, on either side of it.
  uint64_t moves() const { return moves_; }
  // Nothing more will have to be sent.
  bool is_sent() const { return (finished_ || has_failed()) && pending().empty(); }

 private:
  host::HostError result_of(ErmineTlsState state);

  const ErmineTlsPlugin* plugin_ = nullptr;
  void* session_ = nullptr;  // null before open() and after an error of it
  std::string problem_;
  uint64_t moves_ = 0;
  bool connected_ = false, finishing_ = false, finished_ = false;
};

}  // namespace ermine::wasi::tls
