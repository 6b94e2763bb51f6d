#include "wasi/host/sockets.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "ermine/printable.h"
#include "wasi/host/io.h"

namespace ermine::wasi::host {

Result<int> listen_on(std::string_view address) {
  size_t colon = address.rfind(':');
  std::string text(address);
  if (colon == address.npos || colon + 1 == address.size())
    return Error(ErrorKind::kUsage,
                 "'" + printable(text) + "' is not an address to listen on; write host:port, as in 127.0.0.1:8080");
  std::string host(address.substr(0, colon)), port(address.substr(colon + 1));
  // getaddrinfo() would take a port modulo 65536.
  if (port.size() > 5 || port.find_first_not_of("0123456789") != port.npos || std::stoul(port) > 65535)
    return Error(ErrorKind::kUsage,
                 "'" + printable(port) + "' is not a port, in the address '" + printable(text) + "'");
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  int rc = getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (rc != 0)
    return Error(ErrorKind::kUsage, "cannot find the address '" + printable(text) + "': " + gai_strerror(rc));
  int error = 0;
  int fd = -1;
  for (addrinfo* a = found; a != nullptr && fd < 0; a = a->ai_next) {
    UniqueFd s(socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol));
    int on = 1;
    if (s) setsockopt(s.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!s || bind(s.get(), a->ai_addr, a->ai_addrlen) != 0 || listen(s.get(), SOMAXCONN) != 0) error = errno;
    else fd = s.release();
  }
  freeaddrinfo(found);
  if (fd < 0) return Error(ErrorKind::kIo, "cannot listen on " + printable(text) + ": " + std::strerror(error));
  return fd;
}

HostError accept_connection(const Descriptor& listener, bool nonblocking, const Interrupts& interrupts,
                            Descriptor& out) {
  while (true) {
    // The listener itself may be blocking, and another process may accept the connection first.
    bool wait = (listener.status & status::kNonblocking) == 0;
    if (wait) {
      if (HostError e = wait_for(listener.host_fd, POLLIN, interrupts); e != HostError::kNone) return e;
    } else {
      pollfd p{listener.host_fd, POLLIN, 0};
      if (poll(&p, 1, 0) <= 0) return HostError::kAgain;
    }
    int fd = accept4(listener.host_fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
      out.host_fd = fd;
      if (nonblocking) out.status = status::kNonblocking;
      return inspect(out);
    }
    if (errno == EINTR || errno == ECONNABORTED || (wait && errno == EAGAIN)) continue;
    return last_error();
  }
}

Outcome<Received> receive(Descriptor& d, iovec* buffers, int count, bool peek, bool all, const Interrupts& interrupts) {
  all = all && d.type == FileType::kStreamSocket;
  size_t wanted = 0;
  for (int i = 0; i < count; ++i) wanted += buffers[i].iov_len;
  Received r;
  while (true) {
    msghdr m{};
    m.msg_iov = buffers;
    m.msg_iovlen = static_cast<size_t>(count);
    ssize_t n = recvmsg(d.host_fd, &m, MSG_DONTWAIT | (peek ? MSG_PEEK : 0));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      if (r.bytes > 0 && (errno != EAGAIN || (d.status & status::kNonblocking) != 0)) return r;
      if (errno != EAGAIN || (d.status & status::kNonblocking) != 0) return last_error();
      if (HostError e = wait_for(d.host_fd, POLLIN, interrupts); e != HostError::kNone) {
        if (r.bytes > 0) return r;
        return e;
      }
      continue;
    }
    r.bytes = peek ? static_cast<size_t>(n) : r.bytes + static_cast<size_t>(n);
    if ((m.msg_flags & MSG_TRUNC) != 0) r.truncated = true;
    if (n == 0 || !all || r.bytes >= wanted) return r;
    if (!peek) {
      advance(buffers, count, static_cast<size_t>(n));
      continue;
    }
    // Peeked bytes stay, so the socket would poll as ready immediately; check again after a short time.
    pollfd p{interrupts.fd(), POLLIN, 0};
    if (poll(&p, 1, 1) > 0) return HostError::kInterrupted;
  }
}

HostError shut_down(Descriptor& d, Shutdown what) {
  constexpr int kWhat[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
  return result_of(shutdown(d.host_fd, kWhat[static_cast<unsigned>(what)]));
}

}  // namespace ermine::wasi::host
