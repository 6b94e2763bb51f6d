// Descriptors, reading and writing, polling, sockets.

#include "wasi/host/io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "temp_dir.h"
#include "wasi/host/clocks.h"
#include "wasi/host/polling.h"
#include "wasi/host/sockets.h"

namespace ermine::wasi::host {
namespace {

std::unique_ptr<OwnDescriptor> borrow(int fd, bool owned = false) {
  auto d = std::make_unique<OwnDescriptor>();
  d->host_fd = fd;
  d->borrowed = !owned;
  EXPECT_EQ(inspect(*d), HostError::kNone);
  return d;
}

struct Pipe {
  int fds[2];
  Pipe() { EXPECT_EQ(pipe(fds), 0); }
  ~Pipe() {
    close(fds[0]);
    close(fds[1]);
  }
};

uint64_t now() { return *clock_now(Clock::kMonotonic); }

TEST(Io, HostNonblockDoesNotShow) {
  Pipe p;
  fcntl(p.fds[0], F_SETFL, O_NONBLOCK);
  auto d = borrow(p.fds[0]);
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(write(p.fds[1], "late", 4), 4);
  });
  char got[8];
  iovec v{got, sizeof got};
  Outcome<size_t> n = read_some(*d, &v, 1, -1);
  writer.join();
  EXPECT_EQ(n.error, HostError::kNone);
  EXPECT_EQ(*n, 4u);
  // Flags that the guest itself requests are visible, and the host's flags stay.
  EXPECT_EQ(set_status(*d, status::kNonblocking), HostError::kNone);
  EXPECT_EQ(read_some(*d, &v, 1, -1).error, HostError::kAgain);
  fcntl(p.fds[0], F_SETFL, 0);
  EXPECT_EQ(read_some(*d, &v, 1, -1).error, HostError::kAgain);
  EXPECT_EQ(fcntl(p.fds[0], F_GETFL) & O_NONBLOCK, 0);
}

TEST(Io, WritesEverythingAndCanBeInterrupted) {
  Pipe p;
  auto d = borrow(p.fds[1]);
  std::vector<char> big(1 << 20, 'x');
  std::thread reader([&] {
    std::vector<char> buffer(1 << 16);
    size_t got = 0;
    while (got < big.size()) {
      ssize_t n = read(p.fds[0], buffer.data(), buffer.size());
      ASSERT_GT(n, 0);
      got += static_cast<size_t>(n);
    }
  });
  iovec v[2] = {{big.data(), 100}, {big.data(), big.size() - 100}};
  EXPECT_EQ(*write_some(*d, v, 2, -1), big.size());
  reader.join();

  Pipe interrupt;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(write(interrupt.fds[1], "x", 1), 1);
  });
  iovec again{big.data(), big.size()};
  // After a part of it: a short write, so that no byte is written twice.
  Outcome<size_t> part = write_some(*d, &again, 1, interrupt.fds[0]);
  ASSERT_TRUE(part);
  EXPECT_GT(*part, 0u);
  EXPECT_LT(*part, big.size());
  again = {big.data(), big.size()};
  EXPECT_EQ(write_some(*d, &again, 1, interrupt.fds[0]).error, HostError::kInterrupted);
  later.join();
}

TEST(Io, ClosedPipeIsAnError) {
  std::signal(SIGPIPE, SIG_IGN);
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  close(fds[0]);
  auto d = borrow(fds[1], true);
  char c = 'x';
  iovec v{&c, 1};
  EXPECT_EQ(write_some(*d, &v, 1, -1).error, static_cast<HostError>(EPIPE));
}

TEST(Io, AppendingToABorrowedFileKeepsTheHostsFlags) {
  TempDir in;
  in.write("f", "0123");
  int fd = openat(in.fd(), "f", O_RDWR);
  auto d = borrow(fd, true);
  d->borrowed = true;
  EXPECT_EQ(set_status(*d, status::kAppend), HostError::kNone);
  EXPECT_EQ(set_status(*d, status::kAppend | status::kSync), HostError::kNotSupported);
  char c = 'x';
  iovec v{&c, 1};
  EXPECT_EQ(*write_some(*d, &v, 1, -1), 1u);
  EXPECT_EQ(fcntl(fd, F_GETFL) & O_APPEND, 0);
  char got[8] = {};
  EXPECT_EQ(pread(fd, got, 8, 0), 5);
  EXPECT_STREQ(got, "0123x");
  d->borrowed = false;
}

HostError poll_without_end(std::span<const Subscription> subscriptions, std::span<Event> events, uint32_t& count,
                           const Interrupts& interrupts = -1, bool immediately = false) {
  PollStart start;
  Outcome<uint32_t> n = poll_all(subscriptions, events, immediately, interrupts, start);
  count = *n;
  return n.error;
}
uint32_t poll(std::span<const Subscription> subscriptions, std::span<Event> events, bool immediately = false) {
  uint32_t count = 0;
  EXPECT_EQ(poll_without_end(subscriptions, events, count, -1, immediately), HostError::kNone);
  return count;
}

TEST(Poll, FilesPipesAndClocksTogether) {
  TempDir in;
  in.write("f", "12345");
  Pipe p;
  auto file = borrow(openat(in.fd(), "f", O_RDWR), true);
  auto reader = borrow(p.fds[0]), writer = borrow(p.fds[1]);
  using Kind = Subscription::Kind;
  Subscription clock{.id = 1, .kind = Kind::kClock, .clock = Clock::kMonotonic, .timeout = 30'000'000};
  Subscription read{.id = 2, .kind = Kind::kRead, .descriptor = reader.get(), .counts_bytes = true};
  Subscription write{.id = 3, .kind = Kind::kWrite, .descriptor = writer.get()};
  Subscription read_file{.id = 4, .kind = Kind::kRead, .descriptor = file.get(), .counts_bytes = true};
  Event out[4];

  Subscription quiet[] = {clock, read};
  uint64_t before = now();
  ASSERT_EQ(poll(quiet, out), 1u);
  EXPECT_GE(now() - before, 30'000'000u);
  EXPECT_EQ(out[0].id, 1u);
  Subscription silent[] = {read};
  EXPECT_EQ(poll(silent, out, true), 0u);

  Subscription busy[] = {clock, read, write, read_file};
  ASSERT_EQ(poll(busy, out), 2u);
  EXPECT_EQ(out[0].id, 3u);
  EXPECT_EQ(out[1].id, 4u);
  EXPECT_EQ(out[1].bytes, 5u);

  ASSERT_EQ(::write(p.fds[1], "abc", 3), 3);
  ASSERT_EQ(poll(quiet, out), 1u);
  EXPECT_EQ(out[0].id, 2u);
  EXPECT_EQ(out[0].bytes, 3u);
  // Only if it is asked for.
  read.counts_bytes = false;
  ASSERT_EQ(poll({&read, 1}, out), 1u);
  EXPECT_EQ(out[0].bytes, 0u);
}

TEST(Poll, AbsoluteTimesAndInterrupts) {
  Event out[1];
  Subscription past{.clock = Clock::kRealtime, .absolute = true, .timeout = 1};
  EXPECT_EQ(poll({&past, 1}, out), 1u);
  Subscription soon{.clock = Clock::kMonotonic, .absolute = true, .timeout = now() + 20'000'000};
  EXPECT_EQ(poll({&soon, 1}, out), 1u);
  EXPECT_GE(now(), soon.timeout);
  Pipe interrupt;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(interrupt.fds[1], "x", 1), 1);
  });
  Subscription never{.clock = Clock::kMonotonic, .timeout = ~0ull};
  uint32_t count;
  EXPECT_EQ(poll_without_end({&never, 1}, out, count, interrupt.fds[0]), HostError::kInterrupted);
  later.join();
}

TEST(Sockets, AcceptReceiveSendShutDown) {
  EXPECT_FALSE(listen_on("nonsense"));
  EXPECT_FALSE(listen_on("127.0.0.1:"));
  Result<int> fd = listen_on("127.0.0.1:0");
  ASSERT_TRUE(fd) << fd.error().message();
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(getsockname(*fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  auto listener = borrow(*fd, true);
  EXPECT_TRUE(listener->listener);
  EXPECT_EQ(set_status(*listener, status::kNonblocking), HostError::kNone);
  OwnDescriptor none;
  EXPECT_EQ(accept_connection(*listener, false, -1, none), HostError::kAgain);
  EXPECT_EQ(set_status(*listener, 0), HostError::kNone);
  std::thread client([&] {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(s, "hel", 3, 0), 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(send(s, "lo", 2, 0), 2);
    char answer[8];
    EXPECT_EQ(recv(s, answer, 2, MSG_WAITALL), 2);
    EXPECT_EQ(recv(s, answer, 1, 0), 0);  // the other side has shut down sending
    close(s);
  });
  OwnDescriptor c;
  ASSERT_EQ(accept_connection(*listener, false, -1, c), HostError::kNone);
  EXPECT_EQ(c.type, FileType::kStreamSocket);
  char got[5] = {};
  iovec peeked{got, 2};
  Outcome<Received> r = receive(c, &peeked, 1, true, false, -1);
  EXPECT_EQ(r->bytes, 2u);
  iovec parts[2] = {{got, 2}, {got + 2, 3}};
  r = receive(c, parts, 2, false, true, -1);
  EXPECT_EQ(r->bytes, 5u);
  EXPECT_EQ(std::string(got, 5), "hello");
  iovec v{got, 2};
  EXPECT_EQ(*write_some(c, &v, 1, -1), 2u);
  EXPECT_EQ(shut_down(c, Shutdown::kWriting), HostError::kNone);
  client.join();
  iovec v2{got, 2};
  EXPECT_EQ(receive(c, &v2, 1, false, false, -1)->bytes, 0u);
}

TEST(Clocks, GiveTheTime) {
  for (Clock clock : {Clock::kRealtime, Clock::kMonotonic, Clock::kProcessCpuTime, Clock::kThreadCpuTime}) {
    EXPECT_TRUE(clock_now(clock));
    EXPECT_GT(*clock_resolution(clock), 0u);
  }
  EXPECT_GT(*clock_now(Clock::kRealtime), uint64_t{1'600'000'000} * 1'000'000'000);
}

TEST(Random, FillsBuffers) {
  std::vector<uint8_t> bytes(1 << 20);
  EXPECT_EQ(fill_random(bytes.data(), bytes.size()), HostError::kNone);
  size_t zeros = 0;
  for (uint8_t b : bytes) zeros += b == 0;
  EXPECT_GT(zeros, 2000u);
  EXPECT_LT(zeros, 8000u);
  EXPECT_EQ(fill_random(nullptr, 0), HostError::kNone);
}

}  // namespace
}  // namespace ermine::wasi::host
