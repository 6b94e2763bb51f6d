#include "wasi/net/resolver_process.h"

#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "wasi/net/names.h"
#include "wasi/net/resolver.h"

namespace ermine::wasi::net {
namespace {

// An answer as one packet: its error, the number of addresses, the addresses, each with its family, and the name.
constexpr size_t kAddressSize = 17, kMostName = 1024;
constexpr size_t kMostAnswer = 2 + PinnedNames::kMostAddresses * kAddressSize + kMostName;

size_t encode(const Answer& answer, uint8_t (&out)[kMostAnswer]) {
  size_t at = 0;
  out[at++] = static_cast<uint8_t>(answer.error);
  out[at++] = static_cast<uint8_t>(answer.addresses.size());
  for (const IpAddress& address : answer.addresses) {
    out[at++] = address.v6 ? 1 : 0;
    std::memcpy(out + at, address.bytes.data(), address.bytes.size());
    at += address.bytes.size();
  }
  const size_t name = std::min(answer.name.size(), kMostName);
  std::memcpy(out + at, answer.name.data(), name);
  return at + name;
}

bool decode(const uint8_t* in, size_t size, Answer& answer) {
  if (size < 2 || in[1] > PinnedNames::kMostAddresses || size < 2 + in[1] * kAddressSize) return false;
  answer.error = static_cast<NetError>(in[0]);
  size_t at = 2;
  for (unsigned i = 0; i < in[1]; ++i) {
    IpAddress address;
    address.v6 = in[at++] != 0;
    std::memcpy(address.bytes.data(), in + at, address.bytes.size());
    at += address.bytes.size();
    answer.addresses.push_back(address);
  }
  answer.name.assign(reinterpret_cast<const char*>(in) + at, size - at);
  return true;
}

ssize_t receive(int channel, void* to, size_t size) {
  iovec buffer{to, size};
  msghdr message{};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  ssize_t n;
  do n = recvmsg(channel, &message, 0);
  while (n < 0 && errno == EINTR);
  return n;
}

bool send(int channel, const void* from, size_t size) {
  iovec buffer{const_cast<void*>(from), size};
  msghdr message{};
  message.msg_iov = &buffer;
  message.msg_iovlen = 1;
  ssize_t n;
  do n = sendmsg(channel, &message, MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(size);
}

[[noreturn]] void serve(const Policy& policy, int channel) {
  char name[kMostName];
  uint8_t packet[kMostAnswer];
  while (true) {
    const ssize_t n = receive(channel, name, sizeof name);
    if (n <= 0) _exit(0);
    const Answer answer = resolve_by_system(policy, std::string(name, static_cast<size_t>(n)));
    if (!send(channel, packet, encode(answer, packet))) _exit(0);
  }
}

// Closes everything but the channels: the parent's files are not this process's.
void keep_only(const std::vector<host::UniqueFd>& channels) {
  unsigned next = 0;
  std::vector<unsigned> kept;
  for (const host::UniqueFd& channel : channels) kept.push_back(static_cast<unsigned>(channel.get()));
  std::sort(kept.begin(), kept.end());
  for (unsigned fd : kept) {
    if (fd > next) close_range(next, fd - 1, 0);
    next = fd + 1;
  }
  close_range(next, ~0u, 0);
}

[[noreturn]] void run(const Policy& policy, const std::vector<host::UniqueFd>& channels) {
  prctl(PR_SET_NAME, "ermine-resolver");
  // Timers are not inherited, but how signals are handled is.
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  for (int signal : {SIGALRM, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) sigaction(signal, &usual, nullptr);
  keep_only(channels);
  struct Work {
    const Policy& policy;
    int channel;
  };
  std::vector<Work> works;
  for (const host::UniqueFd& channel : channels) works.push_back({policy, channel.get()});
  auto work = [](void* argument) -> void* {
    const Work& own = *static_cast<const Work*>(argument);
    serve(own.policy, own.channel);
  };
  pthread_t thread;
  for (size_t i = 1; i < works.size(); ++i)
    if (pthread_create(&thread, nullptr, work, &works[i]) != 0) _exit(1);
  serve(policy, channels[0].get());
}

}  // namespace

Result<std::vector<host::UniqueFd>> start_resolver_process(const Policy& policy, unsigned count) {
  std::vector<host::UniqueFd> ours, theirs;
  auto failed = [] {
    return Error(ErrorKind::kIo, std::string("cannot start the process that looks names up: ") + std::strerror(errno));
  };
  for (unsigned i = 0; i < count; ++i) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return failed();
    ours.emplace_back(pair[0]);
    theirs.emplace_back(pair[1]);
  }
  // Forked twice: the child between ends at once, so that nothing has to wait for the resolver when that ends.
  const pid_t child = fork();
  if (child < 0) return failed();
  if (child == 0) {
    if (const pid_t resolver = fork(); resolver != 0) _exit(resolver < 0 ? errno : 0);
    for (host::UniqueFd& fd : ours) fd.reset();
    run(policy, theirs);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    errno = WEXITSTATUS(status);
    return failed();
  }
  return ours;
}

Answer ask_resolver_process(int channel, const std::string& name) {
  Answer answer;
  uint8_t packet[kMostAnswer];
  if (name.size() < kMostName && send(channel, name.data(), name.size()))
    if (const ssize_t n = receive(channel, packet, sizeof packet);
        n > 0 && decode(packet, static_cast<size_t>(n), answer))
      return answer;
  answer.error = NetError::kTemporaryResolverFailure;
  return answer;
}

}  // namespace ermine::wasi::net
