#include "wasi/host/io.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "wasi/host/virtual_file.h"

namespace ermine::wasi::host {
namespace {

// Whether this kernel supports RWF_NOWAIT for pipes (Linux 6.4 and newer).
std::atomic<bool> g_pipes_know_nowait{true};

size_t total(const iovec* buffers, int count) {
  size_t sum = 0;
  for (int i = 0; i < count; ++i) sum += buffers[i].iov_len;
  return sum;
}

bool ready_now(int fd, short events) {
  pollfd p{fd, events, 0};
  return poll(&p, 1, 0) > 0;
}

ssize_t plain_read(int fd, const iovec* buffers, int count) {
  return count == 1 ? read(fd, buffers->iov_base, buffers->iov_len) : readv(fd, buffers, count);
}
ssize_t plain_write(const Descriptor& d, const iovec* buffers, int count) {
  // The standard streams' file description is shared with other processes; appending is a flag of each call.
  if (d.borrowed && (d.status & status::kAppend) != 0) [[unlikely]] {
    ssize_t n = pwritev2(d.host_fd, buffers, count, -1, RWF_APPEND);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return n;
  }
  return count == 1 ? write(d.host_fd, buffers->iov_base, buffers->iov_len) : writev(d.host_fd, buffers, count);
}

enum class Way : bool { kRead, kWrite };

// One attempt that does not wait: bytes, or -1 with errno EAGAIN.
template <Way kWay>
ssize_t attempt(const Descriptor& d, const iovec* buffers, int count) {
  constexpr short kEvents = kWay == Way::kRead ? POLLIN : POLLOUT;
  if (d.waiting == Waiting::kSocket) {
    msghdr m{};
    m.msg_iov = const_cast<iovec*>(buffers);
    m.msg_iovlen = static_cast<size_t>(count);
    return kWay == Way::kRead ? recvmsg(d.host_fd, &m, MSG_DONTWAIT)
                              : sendmsg(d.host_fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  if (d.waiting == Waiting::kPipe && g_pipes_know_nowait.load(std::memory_order_relaxed)) {
    ssize_t n = kWay == Way::kRead ? preadv2(d.host_fd, buffers, count, -1, RWF_NOWAIT)
                                   : pwritev2(d.host_fd, buffers, count, -1, RWF_NOWAIT);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return n;
    g_pipes_know_nowait.store(false, std::memory_order_relaxed);
  }
  if (!ready_now(d.host_fd, kEvents)) {
    errno = EAGAIN;
    return -1;
  }
  if constexpr (kWay == Way::kRead) {
    return plain_read(d.host_fd, buffers, count);
  } else {
    // Ready means that PIPE_BUF bytes fit; with more the call could wait.
    iovec first = *buffers;
    for (int i = 0; i < count && first.iov_len == 0; ++i) first = buffers[i];
    if (first.iov_len > PIPE_BUF) first.iov_len = PIPE_BUF;
    return plain_write(d, &first, 1);
  }
}

Outcome<size_t> outcome(ssize_t n) {
  if (n < 0) [[unlikely]]
    return last_error();
  return static_cast<size_t>(n);
}

Outcome<size_t> waiting_read(Descriptor& d, const iovec* buffers, int count, const Interrupts& interrupts) {
  if (total(buffers, count) == 0) return size_t{0};
  if (d.virtual_file != nullptr) return d.virtual_file->read(buffers, count);
  while (true) {
    ssize_t n = attempt<Way::kRead>(d, buffers, count);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EINTR) continue;
    if (errno != EAGAIN || (d.status & status::kNonblocking) != 0) return last_error();
    if (HostError e = wait_for(d.host_fd, POLLIN, interrupts); e != HostError::kNone) return e;
  }
}

Outcome<size_t> waiting_write(Descriptor& d, iovec* buffers, int count, const Interrupts& interrupts) {
  size_t done = 0;
  size_t all = total(buffers, count);
  if (all == 0 && d.waiting != Waiting::kSocket) return size_t{0};
  if (d.virtual_file != nullptr) return d.virtual_file->write(buffers, count, (d.status & status::kAppend) != 0);
  while (true) {
    ssize_t n = attempt<Way::kWrite>(d, buffers, count);
    if (n >= 0) {
      done += static_cast<size_t>(n);
      if (done >= all) return done;
      advance(buffers, count, static_cast<size_t>(n));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return done > 0 ? Outcome<size_t>(done) : Outcome<size_t>(last_error());
    if ((d.status & status::kNonblocking) != 0)
      return done > 0 ? Outcome<size_t>(done) : Outcome<size_t>(HostError::kAgain);
    // An interruption after a part is a short write: the guest continues with the rest, or is stopped before it can.
    if (HostError e = wait_for(d.host_fd, POLLOUT, interrupts); e != HostError::kNone)
      return done > 0 ? Outcome<size_t>(done) : Outcome<size_t>(e);
  }
}

}  // namespace

void advance(iovec*& buffers, int& count, size_t n) {
  while (count > 0 && n >= buffers->iov_len) {
    n -= buffers->iov_len;
    ++buffers;
    --count;
  }
  if (count > 0) {
    buffers->iov_base = static_cast<char*>(buffers->iov_base) + n;
    buffers->iov_len -= n;
  }
}

HostError wait_for(int fd, short events, const Interrupts& interrupts) {
  pollfd p[2] = {{fd, events, 0}, {interrupts.fd(), POLLIN, 0}};
  while (true) {
    int n = poll(p, 2, -1);
    if (n < 0 && errno != EINTR && errno != EAGAIN) return last_error();
    if (n <= 0) continue;
    if (p[1].revents != 0) return HostError::kInterrupted;
    return HostError::kNone;
  }
}

Outcome<size_t> read_some(Descriptor& d, const iovec* buffers, int count, const Interrupts& interrupts) {
  if (d.waiting == Waiting::kNever) [[likely]] {
    ssize_t n;
    do n = plain_read(d.host_fd, buffers, count);
    while (n < 0 && errno == EINTR);
    return outcome(n);
  }
  return waiting_read(d, buffers, count, interrupts);
}

Outcome<size_t> write_some(Descriptor& d, iovec* buffers, int count, const Interrupts& interrupts) {
  if (d.waiting == Waiting::kNever) [[likely]] {
    ssize_t n;
    do n = plain_write(d, buffers, count);
    while (n < 0 && errno == EINTR);
    return outcome(n);
  }
  return waiting_write(d, buffers, count, interrupts);
}

Outcome<size_t> read_at(Descriptor& d, const iovec* buffers, int count, uint64_t offset) {
  if (offset > static_cast<uint64_t>(INT64_MAX)) return HostError::kInvalid;
  if (d.virtual_file != nullptr) [[unlikely]]
    return d.virtual_file->read_at(buffers, count, offset);
  ssize_t n;
  auto at = static_cast<off_t>(offset);
  do n = count == 1 ? pread(d.host_fd, buffers->iov_base, buffers->iov_len, at) : preadv(d.host_fd, buffers, count, at);
  while (n < 0 && errno == EINTR);
  return outcome(n);
}

Outcome<size_t> write_at(Descriptor& d, const iovec* buffers, int count, uint64_t offset) {
  if (offset > static_cast<uint64_t>(INT64_MAX)) return HostError::kInvalid;
  if (d.virtual_file != nullptr) [[unlikely]]
    return d.virtual_file->write_at(buffers, count, offset);
  ssize_t n;
  auto at = static_cast<off_t>(offset);
  do
    n = count == 1 ? pwrite(d.host_fd, buffers->iov_base, buffers->iov_len, at)
                   : pwritev(d.host_fd, buffers, count, at);
  while (n < 0 && errno == EINTR);
  return outcome(n);
}

Outcome<size_t> write_at_end(const Descriptor& d, const iovec* buffers, int count) {
  if (d.virtual_file != nullptr) [[unlikely]]
    return d.virtual_file->write(buffers, count, true);
  ssize_t n;
  do n = pwritev2(d.host_fd, buffers, count, -1, RWF_APPEND);
  while (n < 0 && errno == EINTR);
  if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return outcome(n);
  // This file system cannot append in one step.
  const off_t end = lseek(d.host_fd, 0, SEEK_END);
  if (end < 0) return last_error();
  do n = pwritev(d.host_fd, buffers, count, end);
  while (n < 0 && errno == EINTR);
  return outcome(n);
}

HostError set_status(Descriptor& d, Status wanted) {
  constexpr Status kSyncs = status::kDataSync | status::kReadSync | status::kSync;
  // Linux fixes these when a file is opened.
  if ((wanted & kSyncs) != (d.status & kSyncs)) return HostError::kNotSupported;
  const bool append = (wanted & status::kAppend) != 0;
  if (!d.borrowed && d.virtual_file == nullptr && append != ((d.status & status::kAppend) != 0)) {
    int host = fcntl(d.host_fd, F_GETFL);
    if (host < 0) return last_error();
    host = append ? host | O_APPEND : host & ~O_APPEND;
    if (fcntl(d.host_fd, F_SETFL, host) < 0) return last_error();
  }
  d.status = wanted;  // kNonblocking is applied to each call
  return HostError::kNone;
}

}  // namespace ermine::wasi::host
