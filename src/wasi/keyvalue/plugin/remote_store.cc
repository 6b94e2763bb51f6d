#include "wasi/keyvalue/plugin/remote_store.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace ermine::wasi::keyvalue {
namespace {

constexpr char kLost[] = "the worker of the store has ended";

}  // namespace

bool Channel::wait(KeyValueCall& call, bool write, Clock::time_point deadline, std::string& problem) {
  switch (call.wait(socket_.get(), write, deadline)) {
    case KeyValueCall::Wait::kReady: return true;
    case KeyValueCall::Wait::kTimeout: problem = "the store has not answered in time"; break;
    case KeyValueCall::Wait::kStopped: problem = "the program is being ended"; break;
  }
  return false;
}

// sendmsg and recvmsg: a confined process may use no others.
bool Channel::send(KeyValueCall& call, std::string_view bytes, Clock::time_point deadline, std::string& problem) {
  while (!bytes.empty()) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t n = sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait(call, true, deadline, problem)) return false;
    } else if (errno != EINTR) {
      return problem = kLost, false;
    }
  }
  return true;
}

bool Channel::receive(KeyValueCall& call, size_t size, std::string& to, Clock::time_point deadline,
                      std::string& problem) {
  to.clear();
  while (to.size() < size) {
    // Memory is taken for what has come, not for what was announced.
    const size_t before = to.size();
    to.resize(before + std::min<size_t>(size - before, 1 << 20));
    iovec part{to.data() + before, to.size() - before};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const ssize_t n = recvmsg(socket_.get(), &message, MSG_DONTWAIT);
    to.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0) return problem = kLost, false;
    if (n > 0 || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return problem = kLost, false;
    if (!wait(call, false, deadline, problem)) return false;
  }
  return true;
}

std::string Channel::ask(KeyValueCall& call, std::string frame, std::string& problem) {
  problem = kLost;
  if (!socket_) return {};
  const auto now = Clock::now();
  const auto most = std::chrono::nanoseconds::max() / 4;
  const Clock::time_point deadline = now + std::min<std::chrono::nanoseconds>(timeout_, most) + kPatience;
  std::string length, answer;
  uint32_t size = 0;
  if (send(call, frame, deadline, problem) && receive(call, sizeof size, length, deadline, problem)) {
    std::memcpy(&size, length.data(), sizeof size);
    if (size > 0 && size <= kMostFrame && receive(call, size, answer, deadline, problem)) return answer;
  }
  socket_.reset();
  return {};
}

}  // namespace ermine::wasi::keyvalue
