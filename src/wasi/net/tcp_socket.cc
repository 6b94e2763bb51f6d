#include "wasi/net/tcp_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <algorithm>

namespace ermine::wasi::net {
namespace {

constexpr int kBacklog = 128, kMostBacklog = 4096;
constexpr uint64_t kSecond = 1'000'000'000;
// Linux's bounds.
constexpr uint64_t kMostSeconds = 32767;
constexpr uint32_t kMostProbes = 127;
constexpr size_t kMostWritten = 64 << 10;

// One attempt of recvmsg() or sendmsg().
template <class Message>
host::Outcome<size_t> move_message(ssize_t (*move)(int, Message*, int), int fd, iovec buffer, int flags) {
  msghdr message{};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  ssize_t n;
  do n = move(fd, &message, flags | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0) return host::last_error();
  return static_cast<size_t>(n);
}

}  // namespace

TcpSocket::TcpSocket(host::UniqueFd fd, bool v6, std::shared_ptr<Quota> quota, State state)
    : Socket(std::move(fd), v6, std::move(quota)), state_(state), backlog_(kBacklog) {
  if (state == State::kConnected) become_connected();
}

NetOutcome<std::shared_ptr<TcpSocket>> TcpSocket::create(const Network& network, bool v6) {
  const NetOutcome<int> fd = make(SOCK_STREAM, v6, network.grants_tcp(), *network.quota());
  if (!fd) return fd.error;
  return std::shared_ptr<TcpSocket>(new TcpSocket(host::UniqueFd(*fd), v6, network.quota(), State::kUnbound));
}

NetError TcpSocket::start_bind(Network& network, const Endpoint& local, WasiRefusals& refusals) {
  if (state_ == State::kBindStarted) return NetError::kConcurrencyConflict;
  if (state_ != State::kUnbound) return NetError::kInvalidState;
  if (NetError e = check_local(v6(), local); e != NetError::kNone) return e;
  // A client may have any free port; whether it may listen there is asked later.
  if (local.port != 0 || !network.policy().grants(Use::kTcp))
    if (NetError e = network.check_listening(Use::kTcp, local, refusals); e != NetError::kNone) return e;
  (void)set_option(SOL_SOCKET, SO_REUSEADDR, 1);
  const SystemAddress address(local);
  if (::bind(fd(), address.get(), address.size) != 0) {
    const NetError error = last_net_error();
    return error == NetError::kOutOfMemory ? NetError::kAddressInUse : error;
  }
  requested_ = local;
  if (local.port == 0 && network.permits_listening(Use::kTcp, local))
    if (const NetOutcome<Endpoint> given = local_endpoint(); given) network.remember_listening(Use::kTcp, *given);
  state_ = State::kBindStarted;
  return NetError::kNone;
}

NetError TcpSocket::finish_bind() {
  if (state_ != State::kBindStarted) return NetError::kNotInProgress;
  state_ = State::kBound;
  return NetError::kNone;
}

NetError TcpSocket::bind(Network& network, const Endpoint& local, WasiRefusals& refusals) {
  const NetError started = start_bind(network, local, refusals);
  return started == NetError::kNone ? finish_bind() : started;
}
NetError TcpSocket::bind_if_unbound(Network& network, WasiRefusals& refusals) {
  return state_ == State::kUnbound ? bind(network, any_local(), refusals) : NetError::kNone;
}

NetError TcpSocket::start_connect(const Network& network, const Endpoint& remote, WasiRefusals& refusals) {
  switch (state_) {
    case State::kUnbound:
    case State::kBound: break;
    case State::kBindStarted:
    case State::kStartingToListen:
    case State::kConnecting: return NetError::kConcurrencyConflict;
    default: return NetError::kInvalidState;
  }
  if (NetError e = check_remote(v6(), remote); e != NetError::kNone) return e;
  if (NetError e = check_local(v6(), remote); e != NetError::kNone) return e;  // not multicast
  if (NetError e = network.check(Use::kTcp, remote, refusals); e != NetError::kNone) return e;
  // Refusals of the system or the embedder are reported by finish_connect(), as those of the other side.
  if (network.connector() != nullptr)
    failure_ = network.connector()->connect(fd(), remote, network.names_of(remote.address), replaced_);
  if (failure_ == NetError::kNone && !replaced_) {
    const SystemAddress address(remote);
    int rc;
    do rc = connect(fd(), address.get(), address.size);
    while (rc != 0 && errno == EINTR);
    if (rc != 0 && errno != EINPROGRESS) failure_ = errno == EADDRNOTAVAIL ? NetError::kAddressInUse : last_net_error();
  }
  deadline_ = quota()->connect_deadline();
  state_ = State::kConnecting;
  return NetError::kNone;
}

NetError TcpSocket::finish_connect() {
  if (state_ != State::kConnecting) return NetError::kNotInProgress;
  if (failure_ == NetError::kNone) {
    pollfd p{fd(), POLLOUT, 0};
    if (poll(&p, 1, 0) <= 0) {
      if (Quota::Clock::now() < deadline_) return NetError::kWouldBlock;
      failure_ = NetError::kTimeout;
    } else if (const NetOutcome<int> error = option(SOL_SOCKET, SO_ERROR); !error) {
      failure_ = error.error;
    } else if (*error != 0) {
      failure_ = *error == EADDRNOTAVAIL ? NetError::kAddressInUse : net_error_of(static_cast<host::HostError>(*error));
    }
  }
  if (failure_ != NetError::kNone) {
    state_ = State::kClosed;
    deadline_ = Quota::Clock::time_point::max();
    (void)shutdown(fd(), SHUT_RDWR);
    return failure_;
  }
  become_connected();
  return NetError::kNone;
}

void TcpSocket::abandon_connect() {
  if (state_ != State::kConnecting) return;
  failure_ = NetError::kConnectionAborted;
  (void)finish_connect();
}

void TcpSocket::become_connected() {
  state_ = State::kConnected;
  deadline_ = quota()->connection_end();
  // The component has no option for it, and says itself what belongs together: what it writes by one call.
  (void)set_option(IPPROTO_TCP, TCP_NODELAY, 1);
  // A socket is ready for writing when a third of its buffer is free, of which records of the kernel take a part.
  const NetOutcome<uint64_t> buffer = send_buffer_size();
  writable_at_once_ = std::clamp<size_t>(buffer ? *buffer / 8 : 0, 1024, kMostWritten);
}

NetError TcpSocket::start_listen(const Network& network, WasiRefusals& refusals) {
  switch (state_) {
    case State::kBound: break;
    case State::kBindStarted:
    case State::kStartingToListen:
    case State::kConnecting: return NetError::kConcurrencyConflict;
    default: return NetError::kInvalidState;
  }
  if (NetError e = network.check_listening(Use::kTcp, requested_, refusals); e != NetError::kNone) return e;
  if (listen(fd(), backlog_) != 0) return last_net_error();
  state_ = State::kStartingToListen;
  return NetError::kNone;
}

NetError TcpSocket::finish_listen() {
  if (state_ != State::kStartingToListen) return NetError::kNotInProgress;
  state_ = State::kListening;
  return NetError::kNone;
}

NetOutcome<std::shared_ptr<TcpSocket>> TcpSocket::accept() {
  if (state_ != State::kListening) return NetError::kInvalidState;
  if (!quota()->take_socket()) return NetError::kNewSocketLimit;
  int connection;
  do connection = accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  while (connection < 0 && errno == EINTR);
  if (connection < 0) {
    const int error = errno;
    quota()->give_socket_back();
    // Linux reports errors of the new connection in this way.
    const NetError known = net_error_of(static_cast<host::HostError>(error));
    const bool usual = known == NetError::kWouldBlock || known == NetError::kNewSocketLimit ||
                       known == NetError::kOutOfMemory || known == NetError::kAccessDenied;
    return usual ? known : NetError::kConnectionAborted;
  }
  return std::shared_ptr<TcpSocket>(new TcpSocket(host::UniqueFd(connection), v6(), quota(), State::kConnected));
}

NetOutcome<Endpoint> TcpSocket::local_address() const {
  if (state_ == State::kUnbound || state_ == State::kBindStarted || state_ == State::kClosed)
    return NetError::kInvalidState;
  return local_endpoint();
}
NetOutcome<Endpoint> TcpSocket::remote_address() const {
  if (state_ != State::kConnected) return NetError::kInvalidState;
  return remote_endpoint();
}

// The other side may have ended the connection already.
NetError TcpSocket::shut_down(host::Shutdown what) {
  if (state_ != State::kConnected) return NetError::kInvalidState;
  const bool receive = what != host::Shutdown::kWriting, send = what != host::Shutdown::kReading;
  if (receive && !receive_closed_) (void)shutdown(fd(), SHUT_RD);
  if (send && !send_closed_) (void)shutdown(fd(), SHUT_WR);
  receive_closed_ |= receive;
  send_closed_ |= send;
  return NetError::kNone;
}

NetError TcpSocket::set_listen_backlog_size(uint64_t value) {
  if (state_ == State::kConnecting || state_ == State::kConnected || state_ == State::kClosed)
    return NetError::kInvalidState;
  if (value == 0) return NetError::kInvalidArgument;
  backlog_ = static_cast<int>(std::min<uint64_t>(value, kMostBacklog));
  if (state_ == State::kListening && listen(fd(), backlog_) != 0) return last_net_error();
  return NetError::kNone;
}

NetOutcome<bool> TcpSocket::keep_alive_enabled() const {
  const auto value = option(SOL_SOCKET, SO_KEEPALIVE);
  if (!value) return value.error;
  return *value != 0;
}
NetError TcpSocket::set_keep_alive_enabled(bool on) { return set_option(SOL_SOCKET, SO_KEEPALIVE, on); }

NetOutcome<uint64_t> TcpSocket::time(int name) const {
  const auto value = option(IPPROTO_TCP, name);
  if (!value) return value.error;
  return static_cast<uint64_t>(*value) * kSecond;
}
NetError TcpSocket::set_time(int name, uint64_t nanoseconds) {
  if (nanoseconds == 0) return NetError::kInvalidArgument;
  const uint64_t seconds = nanoseconds / kSecond + (nanoseconds % kSecond != 0 ? 1 : 0);
  return set_option(IPPROTO_TCP, name, static_cast<int>(std::min(seconds, kMostSeconds)));
}
NetOutcome<uint64_t> TcpSocket::keep_alive_idle_time() const { return time(TCP_KEEPIDLE); }
NetError TcpSocket::set_keep_alive_idle_time(uint64_t nanoseconds) { return set_time(TCP_KEEPIDLE, nanoseconds); }
NetOutcome<uint64_t> TcpSocket::keep_alive_interval() const { return time(TCP_KEEPINTVL); }
NetError TcpSocket::set_keep_alive_interval(uint64_t nanoseconds) { return set_time(TCP_KEEPINTVL, nanoseconds); }
NetOutcome<uint32_t> TcpSocket::keep_alive_count() const {
  const auto value = option(IPPROTO_TCP, TCP_KEEPCNT);
  if (!value) return value.error;
  return static_cast<uint32_t>(*value);
}
NetError TcpSocket::set_keep_alive_count(uint32_t value) {
  if (value == 0) return NetError::kInvalidArgument;
  return set_option(IPPROTO_TCP, TCP_KEEPCNT, static_cast<int>(std::min(value, kMostProbes)));
}

short TcpSocket::wanted_events() const {
  if (state_ == State::kConnecting && failure_ == NetError::kNone) return POLLOUT;
  return state_ == State::kListening ? POLLIN : 0;
}

host::Outcome<size_t> TcpSocket::receive(uint8_t* to, size_t size, WasiRefusals& refusals) {
  if (receive_closed_) return size_t{0};
  const host::Outcome<size_t> most = admit(size, refusals);
  if (!most) return most;
  const host::Outcome<size_t> n = move_message(recvmsg, fd(), {to, *most}, 0);
  if (n) quota()->count_bytes(*n);
  return n;
}
host::Outcome<size_t> TcpSocket::send(const uint8_t* from, size_t size, WasiRefusals& refusals) {
  const host::Outcome<size_t> most = admit(size, refusals);
  if (!most) return most;
  const host::Outcome<size_t> n = move_message(sendmsg, fd(), {const_cast<uint8_t*>(from), *most}, MSG_NOSIGNAL);
  if (n) quota()->count_bytes(*n);
  return n;
}

host::Outcome<size_t> TcpSocket::admit(size_t wanted, WasiRefusals& refusals) const {
  if (deadline_ != Quota::Clock::time_point::max() && Quota::Clock::now() >= deadline_) {
    refusals.connection_time_over = true;
    (void)shutdown(fd(), SHUT_RDWR);
    return static_cast<host::HostError>(ETIME);
  }
  const uint64_t left = quota()->bytes_left();
  if (left == 0 && wanted > 0) {
    refusals.too_many_network_bytes = true;
    return static_cast<host::HostError>(EDQUOT);
  }
  return static_cast<size_t>(std::min<uint64_t>(wanted, left));
}

}  // namespace ermine::wasi::net
