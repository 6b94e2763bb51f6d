#include "wasi/net/socket.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace ermine::wasi::net {
namespace {

// The kernel has its own bounds below and above these.
constexpr uint64_t kLeastBuffer = 64 << 10, kMostBuffer = 64 << 20;

bool is_unicast(const IpAddress& address) {
  if (address.v6) return address.bytes[0] != 0xff;
  return address.bytes[0] < 224 || address.bytes[0] > 239 ? address != IpAddress::v4(255, 255, 255, 255) : false;
}

}  // namespace

SystemAddress::SystemAddress(const Endpoint& endpoint) {
  if (endpoint.address.v6) {
    auto& a = reinterpret_cast<sockaddr_in6&>(storage);
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(endpoint.port);
    a.sin6_flowinfo = htonl(endpoint.flow_info);
    a.sin6_scope_id = endpoint.scope;
    std::memcpy(&a.sin6_addr, endpoint.address.bytes.data(), 16);
    size = sizeof a;
  } else {
    auto& a = reinterpret_cast<sockaddr_in&>(storage);
    a.sin_family = AF_INET;
    a.sin_port = htons(endpoint.port);
    std::memcpy(&a.sin_addr, endpoint.address.bytes.data(), 4);
    size = sizeof a;
  }
}

Endpoint SystemAddress::endpoint() const {
  Endpoint e;
  if (storage.ss_family == AF_INET6) {
    const auto& a = reinterpret_cast<const sockaddr_in6&>(storage);
    e.address.v6 = true;
    std::memcpy(e.address.bytes.data(), &a.sin6_addr, 16);
    e.port = ntohs(a.sin6_port);
    e.flow_info = ntohl(a.sin6_flowinfo);
    e.scope = a.sin6_scope_id;
  } else if (storage.ss_family == AF_INET) {
    const auto& a = reinterpret_cast<const sockaddr_in&>(storage);
    std::memcpy(e.address.bytes.data(), &a.sin_addr, 4);
    e.port = ntohs(a.sin_port);
  }
  return e;
}

NetError check_remote(bool v6, const Endpoint& remote) {
  const IpAddress& a = remote.address;
  if (a.v6 != v6 || a.is_mapped() || a.is_unspecified() || remote.port == 0) return NetError::kInvalidArgument;
  return NetError::kNone;
}
NetError check_local(bool v6, const Endpoint& local) {
  const IpAddress& a = local.address;
  if (a.v6 != v6 || a.is_mapped() || !is_unicast(a)) return NetError::kInvalidArgument;
  return NetError::kNone;
}

NetOutcome<int> Socket::make(int type, bool v6, bool granted, Quota& quota) {
  if (!quota.take_socket()) return NetError::kNewSocketLimit;
  if (!granted) return -1;
  const int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const NetError error = errno == EAFNOSUPPORT ? NetError::kNotSupported : last_net_error();
    quota.give_socket_back();
    return error;
  }
  const int on = 1;
  if (v6) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  return fd;
}

NetOutcome<int> Socket::option(int level, int name) const {
  if (replaced_) return replaced_->option(fd(), level, name);
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd(), level, name, &value, &size) != 0) return last_net_error();
  return value;
}

NetError Socket::set_option(int level, int name, int value) {
  if (replaced_) return replaced_->set_option(fd(), level, name, value);
  return setsockopt(fd(), level, name, &value, sizeof value) == 0 ? NetError::kNone : last_net_error();
}

Endpoint Socket::any_local() const {
  Endpoint e;
  e.address.v6 = v6_;
  return e;
}
NetOutcome<Endpoint> Socket::local_endpoint() const {
  if (replaced_) return replaced_->local;
  SystemAddress address;
  if (getsockname(fd(), address.get(), &address.size) != 0) return last_net_error();
  return address.endpoint();
}
NetOutcome<Endpoint> Socket::remote_endpoint() const {
  if (replaced_) return replaced_->remote;
  SystemAddress address;
  if (getpeername(fd(), address.get(), &address.size) != 0) return last_net_error();
  return address.endpoint();
}

NetOutcome<uint8_t> Socket::hop_limit() const {
  const auto value = v6_ ? option(IPPROTO_IPV6, IPV6_UNICAST_HOPS) : option(IPPROTO_IP, IP_TTL);
  if (!value) return value.error;
  return static_cast<uint8_t>(*value);
}
NetError Socket::set_hop_limit(uint8_t value) {
  if (value == 0) return NetError::kInvalidArgument;
  return v6_ ? set_option(IPPROTO_IPV6, IPV6_UNICAST_HOPS, value) : set_option(IPPROTO_IP, IP_TTL, value);
}

// Linux doubles what is set, for its own records, and returns the double.
NetOutcome<uint64_t> Socket::receive_buffer_size() const {
  const auto value = option(SOL_SOCKET, SO_RCVBUF);
  if (!value) return value.error;
  return static_cast<uint64_t>(*value) / 2;
}
NetError Socket::set_receive_buffer_size(uint64_t value) {
  if (value == 0) return NetError::kInvalidArgument;
  return set_option(SOL_SOCKET, SO_RCVBUF, static_cast<int>(std::min(value, kMostBuffer)));
}
NetOutcome<uint64_t> Socket::send_buffer_size() const {
  const auto value = option(SOL_SOCKET, SO_SNDBUF);
  if (!value) return value.error;
  return static_cast<uint64_t>(*value) / 2;
}
// What is ready for writing takes a part of the buffer at once (TcpSocket::writable_at_once).
NetError Socket::set_send_buffer_size(uint64_t value) {
  if (value == 0) return NetError::kInvalidArgument;
  return set_option(SOL_SOCKET, SO_SNDBUF, static_cast<int>(std::clamp(value, kLeastBuffer, kMostBuffer)));
}

}  // namespace ermine::wasi::net
