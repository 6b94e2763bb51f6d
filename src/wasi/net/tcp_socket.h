// TcpSocket: the states of a TCP socket, which are those of the definitions of WASI 0.2, and its operations. Nothing
// waits.
//
//   kUnbound -> kBindStarted -> kBound -> kStartingToListen -> kListening
//       `----------------------`----> kConnecting -> kConnected
//
// Every address is checked with the program's Network before the system sees it.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "wasi/host/types.h"
#include "wasi/net/network.h"
#include "wasi/net/socket.h"

namespace ermine::wasi::net {

class TcpSocket : public Socket {
 public:
  static NetOutcome<std::shared_ptr<TcpSocket>> create(const Network& network, bool v6);

  NetError start_bind(Network& network, const Endpoint& local, WasiRefusals& refusals);
  NetError finish_bind();
  // Both at once; and the same for any free port, if it is not bound.
  NetError bind(Network& network, const Endpoint& local, WasiRefusals& refusals);
  NetError bind_if_unbound(Network& network, WasiRefusals& refusals);
  NetError start_connect(const Network& network, const Endpoint& remote, WasiRefusals& refusals);
  // kTimeout after the quota's time.
  NetError finish_connect();
  // Gives a connection attempt up; the socket is closed then.
  void abandon_connect();
  // Only at an address that is granted for listening, whatever it was bound for.
  NetError start_listen(const Network& network, WasiRefusals& refusals);
  NetError finish_listen();
  NetOutcome<std::shared_ptr<TcpSocket>> accept();

  NetOutcome<Endpoint> local_address() const;
  NetOutcome<Endpoint> remote_address() const;
  bool is_listening() const { return state_ == State::kListening; }
  NetError shut_down(host::Shutdown what);

  NetError set_listen_backlog_size(uint64_t value);
  NetOutcome<bool> keep_alive_enabled() const;
  NetError set_keep_alive_enabled(bool on);
  NetOutcome<uint64_t> keep_alive_idle_time() const;  // nanoseconds
  NetError set_keep_alive_idle_time(uint64_t nanoseconds);
  NetOutcome<uint64_t> keep_alive_interval() const;  // nanoseconds
  NetError set_keep_alive_interval(uint64_t nanoseconds);
  NetOutcome<uint32_t> keep_alive_count() const;
  NetError set_keep_alive_count(uint32_t value);

  // What a wait for the operation that is in progress waits for: events of poll(2), 0 if it is ready now; and until
  // when.
  short wanted_events() const;
  Quota::Clock::time_point deadline() const { return deadline_; }

  // Of a connection. Bytes that a socket takes at once when it is ready for writing.
  size_t writable_at_once() const { return writable_at_once_; }
  bool receiving() const { return !receive_closed_; }
  bool sending() const { return !send_closed_; }
  // One attempt to move bytes: kAgain if there are none, or no room. Of receive(), 0 is the end. ETIME after the
  // connection's time, EDQUOT at the quota of bytes; recorded.
  host::Outcome<size_t> receive(uint8_t* to, size_t size, WasiRefusals& refusals);
  host::Outcome<size_t> send(const uint8_t* from, size_t size, WasiRefusals& refusals);
  // For streams that exist once: whether there is a connection, and this direction of it was not taken before.
  bool take_receiving() { return state_ == State::kConnected && !std::exchange(receiving_taken_, true); }
  bool take_sending() { return state_ == State::kConnected && !std::exchange(sending_taken_, true); }

 private:
  enum class State : uint8_t {
    kUnbound,
    kBindStarted,
    kBound,
    kStartingToListen,
    kListening,
    kConnecting,
    kConnected,
    kClosed,
  };
  TcpSocket(host::UniqueFd fd, bool v6, std::shared_ptr<Quota> quota, State state);
  NetError set_time(int name, uint64_t nanoseconds);
  NetOutcome<uint64_t> time(int name) const;
  void become_connected();
  // At most this many bytes may be moved.
  host::Outcome<size_t> admit(size_t wanted, WasiRefusals& refusals) const;

  State state_;
  Endpoint requested_;  // what it was bound to
  int backlog_;
  NetError failure_ = NetError::kNone;  // of the connection attempt
  Quota::Clock::time_point deadline_ = Quota::Clock::time_point::max();
  size_t writable_at_once_ = 0;
  bool receive_closed_ = false, send_closed_ = false;
  bool receiving_taken_ = false, sending_taken_ = false;
};

}  // namespace ermine::wasi::net
