// System calls for sockets: none without a grant, and with one only the granted kinds, options and ports.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "confined.h"

namespace ermine::sandbox {
namespace {

Policy policy(NetworkPolicy network, bool landlock = false) {
  Policy p;
  p.mode = Mode::kRequired;
  p.landlock = landlock;
  p.runs_guests = p.machine_code = true;
  p.network = std::move(network);
  return p;
}
Policy tcp() { return policy({.tcp = true}); }
Policy udp() { return policy({.udp = true}); }
Policy listening() { return policy({.tcp = true, .listens = true}); }

#define REFUSED(policy, expression) EXPECT_EQ(confined(policy, [&] { return long(expression); }), EPERM) << #expression
#define ALLOWED(policy, expression) \
  EXPECT_EQ(confined(policy, [&] { return long(expression); }), kSucceeded) << #expression

struct OpenSocket {
  int fd;
  explicit OpenSocket(int type) : fd(socket(AF_INET, type, 0)) {}
  ~OpenSocket() { close(fd); }
};

sockaddr_in loopback(uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

TEST(SandboxNetwork, NothingWithoutAGrant) {
  const OpenSocket s(SOCK_STREAM);
  const sockaddr_in a = loopback(9);
  const int on = 1;
  socklen_t size = sizeof a;
  sockaddr_in name{};
  const Policy none = policy({});
  for (int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW}) REFUSED(none, socket(AF_INET, type, 0)) << type;
  REFUSED(none, connect(s.fd, reinterpret_cast<const sockaddr*>(&a), sizeof a));
  REFUSED(none, bind(s.fd, reinterpret_cast<const sockaddr*>(&a), sizeof a));
  REFUSED(none, listen(s.fd, 1));
  REFUSED(none, setsockopt(s.fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on));
  REFUSED(none, getsockname(s.fd, reinterpret_cast<sockaddr*>(&name), &size));
  // A process that only reads modules has none, whatever the policy says.
  Policy reading = tcp();
  reading.runs_guests = false;
  REFUSED(reading, socket(AF_INET, SOCK_STREAM, 0));
}

TEST(SandboxNetwork, KindsOfSockets) {
  for (int family : {AF_INET, AF_INET6}) {
    ALLOWED(tcp(), socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) << family;
    REFUSED(tcp(), socket(family, SOCK_DGRAM, 0)) << family;
    ALLOWED(udp(), socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) << family;
    REFUSED(udp(), socket(family, SOCK_STREAM, 0)) << family;
    const Policy both = policy({.tcp = true, .udp = true});
    for (int type : {SOCK_RAW, SOCK_RDM, SOCK_SEQPACKET, SOCK_DCCP, SOCK_PACKET}) {
      REFUSED(both, socket(family, type, 0)) << type;
      REFUSED(both, socket(family, type | SOCK_CLOEXEC, 0)) << type;
    }
    for (int protocol : {IPPROTO_ICMP, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_MPTCP})
      REFUSED(both, socket(family, SOCK_STREAM, protocol)) << protocol;
  }
  for (int family : {AF_UNIX, AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG, AF_BLUETOOTH, AF_XDP, -1})
    REFUSED(tcp(), socket(family, SOCK_STREAM, 0)) << family;
  int pair[2];
  REFUSED(tcp(), socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

TEST(SandboxNetwork, OnlyOneThatListensMayListen) {
  const OpenSocket s(SOCK_STREAM);
  REFUSED(tcp(), listen(s.fd, 1));
  REFUSED(udp(), listen(s.fd, 1));
  ALLOWED(listening(), listen(s.fd, 1));
}

TEST(SandboxNetwork, NotStandardStreams) {
  const sockaddr_in a = loopback(9);
  for (int fd : {0, 1, 2}) {
    REFUSED(tcp(), connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a)) << fd;
    REFUSED(tcp(), bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a)) << fd;
    REFUSED(listening(), listen(fd, 1)) << fd;
  }
}

TEST(SandboxNetwork, Options) {
  const OpenSocket s(SOCK_STREAM);
  const int value = 1;
  auto set = [&](int level, int name) { return setsockopt(s.fd, level, name, &value, sizeof value); };
  ALLOWED(tcp(), set(SOL_SOCKET, SO_REUSEADDR));
  ALLOWED(tcp(), set(SOL_SOCKET, SO_KEEPALIVE));
  ALLOWED(tcp(), set(SOL_SOCKET, SO_SNDBUF));
  ALLOWED(tcp(), set(SOL_SOCKET, SO_RCVBUF));
  ALLOWED(tcp(), set(IPPROTO_TCP, TCP_NODELAY));
  ALLOWED(tcp(), set(IPPROTO_TCP, TCP_KEEPIDLE));
  ALLOWED(tcp(), set(IPPROTO_IP, IP_TTL));
  for (int name :
       {SO_BINDTODEVICE, SO_MARK, SO_REUSEPORT, SO_BROADCAST, SO_ATTACH_FILTER, SO_SNDBUFFORCE, SO_PRIORITY, 1 << 16})
    REFUSED(tcp(), set(SOL_SOCKET, name)) << name;
  for (int name : {TCP_ULP, TCP_REPAIR, TCP_FASTOPEN_CONNECT, TCP_CONGESTION, TCP_MD5SIG, TCP_INQ})
    REFUSED(tcp(), set(IPPROTO_TCP, name)) << name;
  for (int name : {IP_HDRINCL, IP_TRANSPARENT, IP_FREEBIND, IP_ADD_MEMBERSHIP, IP_OPTIONS, IP_TOS})
    REFUSED(tcp(), set(IPPROTO_IP, name)) << name;
  for (int name : {IPV6_TRANSPARENT, IPV6_JOIN_GROUP, IPV6_HDRINCL, IPV6_ADDRFORM})
    REFUSED(tcp(), set(IPPROTO_IPV6, name)) << name;
  for (int level : {int{IPPROTO_UDP}, SOL_RAW, SOL_NETLINK, -1}) REFUSED(tcp(), set(level, 2)) << level;
}

// epoll is there only if there may be many sockets.
TEST(SandboxNetwork, WaitingForManySockets) {
  REFUSED(policy({}), epoll_create1(EPOLL_CLOEXEC));
  const int held = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{EPOLLOUT | EPOLLONESHOT, {.fd = 7}};
  const OpenSocket s(SOCK_STREAM);
  REFUSED(policy({}), epoll_ctl(held, EPOLL_CTL_ADD, s.fd, &event));
  REFUSED(policy({}), epoll_pwait(held, &event, 1, 0, nullptr));
  for (const Policy& made : {tcp(), udp(), listening()}) {
    ALLOWED(made, epoll_create1(EPOLL_CLOEXEC));
    const int happened = confined(made, [&] {
      const int own = epoll_create1(EPOLL_CLOEXEC);
      epoll_event out{};
      if (epoll_ctl(own, EPOLL_CTL_ADD, s.fd, &event) != 0 || epoll_ctl(own, EPOLL_CTL_MOD, s.fd, &event) != 0)
        return -1l;
      return epoll_pwait(own, &out, 1, 0, nullptr) == 1 && out.data.fd == 7 ? 0l : -1l;
    });
    EXPECT_EQ(happened, kSucceeded);
    // Only descriptors that are held, and no other process's memory.
    EXPECT_EQ(confined(made, [&] { return long(epoll_ctl(held, EPOLL_CTL_ADD, 700, &event)); }), EBADF);
    EXPECT_EQ(confined(made, [&] { return long(epoll_ctl(held, EPOLL_CTL_ADD, s.fd, nullptr)); }), EFAULT);
  }
  close(held);
}

// Sending with an address and MSG_FASTOPEN connects, past Landlock.
TEST(SandboxNetwork, NoConnectionBySending) {
  const OpenSocket s(SOCK_STREAM);
  sockaddr_in a = loopback(9);
  char byte = 'x';
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_name = &a;
  message.msg_namelen = sizeof a;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  REFUSED(tcp(), sendmsg(s.fd, &message, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT));
  EXPECT_EQ(confined(tcp(), [&] { return long(sendmsg(s.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT)); }), EPIPE);
  REFUSED(tcp(), sendto(s.fd, &byte, 1, MSG_FASTOPEN, reinterpret_cast<sockaddr*>(&a), sizeof a));
}

TEST(SandboxNetwork, Ports) {
  if (syscall(444, nullptr, 0, 1) < 4) GTEST_SKIP() << "this kernel's Landlock knows no network";
  OpenSocket server(SOCK_STREAM);
  sockaddr_in a = loopback(0);
  ASSERT_EQ(bind(server.fd, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  ASSERT_EQ(listen(server.fd, 8), 0);
  socklen_t size = sizeof a;
  ASSERT_EQ(getsockname(server.fd, reinterpret_cast<sockaddr*>(&a), &size), 0);
  const uint16_t port = ntohs(a.sin_port);
  auto connects = [&](NetworkPolicy network) {
    network.tcp = true;
    return confined(policy(std::move(network), true), [&] {
      const int s = socket(AF_INET, SOCK_STREAM, 0);
      return long(connect(s, reinterpret_cast<const sockaddr*>(&a), sizeof a));
    });
  };
  EXPECT_EQ(connects({.connect_ports = {port}}), kSucceeded);
  EXPECT_EQ(connects({.connect_ports = {80, port}}), kSucceeded);
  EXPECT_EQ(connects({.connect_ports = {static_cast<uint16_t>(port ^ 1)}}), EACCES);
  EXPECT_EQ(connects({}), EACCES);
  EXPECT_EQ(connects({.every_port = true}), kSucceeded);
  auto binds = [&](NetworkPolicy network, uint16_t to) {
    network.tcp = true;
    return confined(policy(std::move(network), true), [&] {
      const sockaddr_in local = loopback(to);
      return long(bind(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&local), sizeof local));
    });
  };
  EXPECT_EQ(binds({.bind_ports = {0}}, 0), kSucceeded);
  EXPECT_EQ(binds({.bind_ports = {0}}, 18098), EACCES);
  EXPECT_EQ(binds({.bind_ports = {18098}}, 18098), kSucceeded);
  EXPECT_EQ(binds({.every_port = true}, 0), EACCES);
}

}  // namespace
}  // namespace ermine::sandbox
