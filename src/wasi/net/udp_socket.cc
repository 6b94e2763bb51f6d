#include "wasi/net/udp_socket.h"

#include <algorithm>

namespace ermine::wasi::net {
namespace {

// Scope and flow do not distinguish peers.
bool same_peer(const Endpoint& a, const Endpoint& b) {
  return a.port == b.port && a.address.unmapped() == b.address.unmapped();
}

}  // namespace

NetOutcome<std::shared_ptr<UdpSocket>> UdpSocket::create(const Network& network, bool v6) {
  const NetOutcome<int> fd = make(SOCK_DGRAM, v6, network.grants_udp(), *network.quota());
  if (!fd) return fd.error;
  return std::shared_ptr<UdpSocket>(new UdpSocket(host::UniqueFd(*fd), v6, network.quota()));
}

NetError UdpSocket::start_bind(Network& network, const Endpoint& local, WasiRefusals& refusals) {
  if (state_ == State::kBindStarted) return NetError::kConcurrencyConflict;
  if (state_ != State::kUnbound) return NetError::kInvalidState;
  if (NetError e = check_local(v6(), local); e != NetError::kNone) return e;
  listening_ = network.permits_listening(Use::kUdp, local);
  // Without any grant, what the client then sends says what is to be granted.
  if (!listening_ && fd() < 0 && local.port == 0) {
    state_ = State::kBindStarted;
    return NetError::kNone;
  }
  // A client may have any free port.
  if (!listening_ && (local.port != 0 || !network.policy().grants(Use::kUdp)))
    return network.check_listening(Use::kUdp, local, refusals);
  const SystemAddress address(local);
  if (::bind(fd(), address.get(), address.size) != 0) {
    const NetError error = last_net_error();
    return error == NetError::kOutOfMemory ? NetError::kAddressInUse : error;
  }
  if (local.port == 0 && listening_)
    if (const NetOutcome<Endpoint> given = local_endpoint(); given) network.remember_listening(Use::kUdp, *given);
  state_ = State::kBindStarted;
  return NetError::kNone;
}

NetError UdpSocket::finish_bind() {
  if (state_ != State::kBindStarted) return NetError::kNotInProgress;
  state_ = State::kBound;
  return NetError::kNone;
}

NetError UdpSocket::bind(Network& network, const Endpoint& local, WasiRefusals& refusals) {
  const NetError started = start_bind(network, local, refusals);
  return started == NetError::kNone ? finish_bind() : started;
}
NetError UdpSocket::bind_if_unbound(Network& network, WasiRefusals& refusals) {
  return state_ == State::kUnbound ? bind(network, any_local(), refusals) : NetError::kNone;
}

bool UdpSocket::may_exchange(const Network& network, const Endpoint& peer) const {
  if (listening_ && std::ranges::any_of(peers_, [&](const Endpoint& p) { return same_peer(p, peer); })) return true;
  return network.permits(Use::kUdp, peer);
}

void UdpSocket::remember(const Endpoint& peer) {
  if (std::ranges::any_of(peers_, [&](const Endpoint& p) { return same_peer(p, peer); })) return;
  if (peers_.size() < kMostPeers) peers_.push_back(peer);
  else peers_[next_peer_++ % kMostPeers] = peer;
}

// The system forgets a port that it chose itself when the association ends, so the socket is bound to it again.
NetError UdpSocket::forget_peer() {
  const NetOutcome<Endpoint> local = local_endpoint();
  if (!local) return local.error;
  SystemAddress none;
  none.storage.ss_family = AF_UNSPEC;
  none.size = sizeof(sa_family_t);
  if (::connect(fd(), none.get(), none.size) != 0 && errno != EAFNOSUPPORT) return last_net_error();
  const NetOutcome<Endpoint> now = local_endpoint();
  if (!now) return now.error;
  if (now->port == local->port) return NetError::kNone;
  const SystemAddress again(Endpoint{now->address, local->port});
  return ::bind(fd(), again.get(), again.size) == 0 ? NetError::kNone : last_net_error();
}

NetOutcome<uint32_t> UdpSocket::associate(const Network& network, const std::optional<Endpoint>& remote,
                                          WasiRefusals& refusals) {
  if (state_ != State::kBound) return NetError::kInvalidState;
  if (remote) {
    if (NetError e = check_remote(v6(), *remote); e != NetError::kNone) return e;
    if (!may_exchange(network, *remote)) return network.check(Use::kUdp, *remote, refusals);
  }
  if (remote_) {
    remote_.reset();
    if (NetError e = forget_peer(); e != NetError::kNone) return e;
  }
  if (remote) {
    const SystemAddress address(*remote);
    if (::connect(fd(), address.get(), address.size) != 0)
      return errno == EADDRNOTAVAIL ? NetError::kAddressInUse : last_net_error();
    remote_ = remote;
  }
  return ++association_;
}

NetError UdpSocket::connect(Network& network, const Endpoint& remote, WasiRefusals& refusals) {
  if (NetError e = check_remote(v6(), remote); e != NetError::kNone) return e;
  if (NetError e = bind_if_unbound(network, refusals); e != NetError::kNone) return e;
  return associate(network, remote, refusals).error;
}
NetError UdpSocket::disconnect(const Network& network, WasiRefusals& refusals) {
  return remote_ ? associate(network, std::nullopt, refusals).error : NetError::kInvalidState;
}

NetOutcome<Endpoint> UdpSocket::local_address() const {
  if (state_ != State::kBound) return NetError::kInvalidState;
  return local_endpoint();
}
NetOutcome<Endpoint> UdpSocket::remote_address() const {
  if (!remote_) return NetError::kInvalidState;
  return *remote_;
}

NetError UdpSocket::receive(const Network& network, size_t most, std::vector<Datagram>& out, WasiRefusals& refusals) {
  // Datagrams of others are dropped, some at a time, so that a flood of them does not keep the host here.
  size_t dropped = 0, bytes = 0;
  std::vector<uint8_t> buffer;
  most = std::min(most, kMostAtOnce);
  while (out.size() < most && bytes < kMostReceived && dropped < kMostAtOnce) {
    if (quota()->bytes_left() == 0) {
      refusals.too_many_network_bytes = true;
      return out.empty() ? NetError::kAccessDenied : NetError::kNone;
    }
    buffer.resize(kLongest);
    SystemAddress from;
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = from.get();
    message.msg_namelen = from.size;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t n = recvmsg(fd(), &message, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return out.empty() ? last_net_error() : NetError::kNone;
    quota()->count_bytes(static_cast<uint64_t>(n));
    const Endpoint peer = from.endpoint();
    if (remote_ ? !same_peer(*remote_, peer) : !listening_ && !may_exchange(network, peer)) {
      ++dropped;
      continue;
    }
    if (listening_) remember(peer);
    bytes += static_cast<size_t>(n);
    out.push_back({std::vector<uint8_t>(buffer.begin(), buffer.begin() + n), peer});
  }
  return NetError::kNone;
}

NetOutcome<bool> UdpSocket::send(const Network& network, std::span<const uint8_t> data,
                                 const std::optional<Endpoint>& to, WasiRefusals& refusals) {
  if (to) {
    if (NetError e = check_remote(v6(), *to); e != NetError::kNone) return e;
    if (remote_ && !same_peer(*remote_, *to)) return NetError::kInvalidArgument;
    if (!may_exchange(network, *to)) return network.check(Use::kUdp, *to, refusals);
  } else if (!remote_) {
    return NetError::kInvalidArgument;
  }
  if (quota()->bytes_left() < data.size()) {
    refusals.too_many_network_bytes = true;
    return NetError::kAccessDenied;
  }
  iovec part{const_cast<uint8_t*>(data.data()), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SystemAddress address;
  if (to && !remote_) {
    address = SystemAddress(*to);
    message.msg_name = address.get();
    message.msg_namelen = address.size;
  }
  ssize_t n;
  do n = sendmsg(fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n < 0 && (errno == EAGAIN || errno == ENOBUFS)) return false;
  if (n < 0) return last_net_error();
  quota()->count_bytes(static_cast<uint64_t>(n));
  return true;
}

}  // namespace ermine::wasi::net
