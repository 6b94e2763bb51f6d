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

namespace ermine::wasi {
namespace {

std::unique_ptr<Descriptor> borrow(int fd, bool owned = false) {
  auto d = std::make_unique<Descriptor>();
  d->host_fd = fd;
  d->borrowed = !owned;
  EXPECT_EQ(classify(*d, rights::kAll, 0), Errno::kSuccess);
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

uint64_t now() { return *clock_now(1); }

TEST(FdTable, LowestNumberFirst) {
  TempDir in;
  in.write("f");
  FdTable t;
  auto opened = [&] { return borrow(openat(in.fd(), "f", O_RDWR), true); };
  for (uint32_t i = 0; i < 5; ++i) EXPECT_EQ(*t.insert(opened()), i);
  EXPECT_EQ(t.close(1), Errno::kSuccess);
  EXPECT_EQ(t.close(3), Errno::kSuccess);
  EXPECT_EQ(t.close(3), Errno::kBadf);
  EXPECT_FALSE(t.get(1));
  EXPECT_FALSE(t.get(99));
  EXPECT_FALSE(t.get(~0u));
  EXPECT_EQ(*t.insert(opened()), 1u);
  EXPECT_EQ(*t.insert(opened()), 3u);
  EXPECT_EQ(*t.insert(opened()), 5u);
  EXPECT_EQ(*t.insert_from(10, opened()), 10u);
  EXPECT_EQ(*t.insert(opened()), 6u);
  EXPECT_EQ(t.renumber(0, 7), Errno::kBadf);
  EXPECT_EQ(t.renumber(0, 2), Errno::kSuccess);
  EXPECT_FALSE(t.get(0));
  EXPECT_TRUE(t.get(2));
  EXPECT_EQ(t.renumber(2, 2), Errno::kSuccess);
  EXPECT_EQ(*t.insert(opened()), 0u);
  t.set_limit(8);
  EXPECT_TRUE(t.full());
  EXPECT_EQ(t.insert(opened()).error, Errno::kMfile);
}

TEST(FdTable, ClosingABorrowedDescriptorLeavesTheHosts) {
  Pipe p;
  FdTable t;
  uint32_t fd = *t.insert(borrow(p.fds[1]));
  EXPECT_EQ(t.close(fd), Errno::kSuccess);
  EXPECT_EQ(write(p.fds[1], "x", 1), 1);
}

TEST(FdTable, SharedUseKeepsADescriptorOpenDuringACall) {
  Pipe p;
  FdTable t;
  t.share();
  uint32_t fd = *t.insert(borrow(dup(p.fds[0]), true));
  DescriptorRef held = t.get(fd);
  EXPECT_EQ(t.close(fd), Errno::kSuccess);
  EXPECT_GE(fcntl(held->host_fd, F_GETFD), 0);
}

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
  EXPECT_EQ(n.error, Errno::kSuccess);
  EXPECT_EQ(*n, 4u);
  // What the guest asks for itself does show, and the host's flags stay.
  EXPECT_EQ(set_flags(*d, fdflags::kNonblock), Errno::kSuccess);
  EXPECT_EQ(read_some(*d, &v, 1, -1).error, Errno::kAgain);
  fcntl(p.fds[0], F_SETFL, 0);
  EXPECT_EQ(read_some(*d, &v, 1, -1).error, Errno::kAgain);
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
  // Behind a part of it: a short write, so that no byte is written twice.
  Outcome<size_t> part = write_some(*d, &again, 1, interrupt.fds[0]);
  ASSERT_TRUE(part);
  EXPECT_GT(*part, 0u);
  EXPECT_LT(*part, big.size());
  again = {big.data(), big.size()};
  EXPECT_EQ(write_some(*d, &again, 1, interrupt.fds[0]).error, Errno::kIntr);
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
  EXPECT_EQ(write_some(*d, &v, 1, -1).error, Errno::kPipe);
}

TEST(Io, AppendingToABorrowedFileKeepsTheHostsFlags) {
  TempDir in;
  in.write("f", "0123");
  int fd = openat(in.fd(), "f", O_RDWR);
  auto d = borrow(fd, true);
  d->borrowed = true;
  EXPECT_EQ(set_flags(*d, fdflags::kAppend), Errno::kSuccess);
  EXPECT_EQ(set_flags(*d, fdflags::kAppend | fdflags::kSync), Errno::kNotsup);
  char c = 'x';
  iovec v{&c, 1};
  EXPECT_EQ(*write_some(*d, &v, 1, -1), 1u);
  EXPECT_EQ(fcntl(fd, F_GETFL) & O_APPEND, 0);
  char got[8] = {};
  EXPECT_EQ(pread(fd, got, 8, 0), 5);
  EXPECT_STREQ(got, "0123x");
  d->borrowed = false;
}

TEST(Poll, FilesPipesAndClocksTogether) {
  TempDir in;
  in.write("f", "12345");
  Pipe p;
  FdTable t;
  uint32_t file = *t.insert(borrow(openat(in.fd(), "f", O_RDWR), true));
  uint32_t reader = *t.insert(borrow(p.fds[0]));
  uint32_t writer = *t.insert(borrow(p.fds[1]));
  Subscription clock{.userdata = 1, .kind = Subscription::Kind::kClock, .clock = 1, .timeout = 30'000'000};
  Subscription read{.userdata = 2, .kind = Subscription::Kind::kRead, .fd = reader};
  Subscription write{.userdata = 3, .kind = Subscription::Kind::kWrite, .fd = writer};
  Subscription read_file{.userdata = 4, .kind = Subscription::Kind::kRead, .fd = file};
  Event out[4];

  Subscription quiet[] = {clock, read};
  uint64_t before = now();
  ASSERT_EQ(*poll_all(t, quiet, out, -1), 1u);
  EXPECT_GE(now() - before, 30'000'000u);
  EXPECT_EQ(out[0].userdata, 1u);

  Subscription busy[] = {clock, read, write, read_file};
  ASSERT_EQ(*poll_all(t, busy, out, -1), 2u);
  EXPECT_EQ(out[0].userdata, 3u);
  EXPECT_EQ(out[1].userdata, 4u);
  EXPECT_EQ(out[1].bytes, 5u);

  ASSERT_EQ(::write(p.fds[1], "abc", 3), 3);
  ASSERT_EQ(*poll_all(t, quiet, out, -1), 1u);
  EXPECT_EQ(out[0].userdata, 2u);
  EXPECT_EQ(out[0].bytes, 3u);
}

TEST(Poll, ErrorsAreEvents) {
  FdTable t;
  Pipe p;
  uint32_t write_end = *t.insert([&] {
    auto d = borrow(p.fds[1]);
    d->base &= ~rights::kFdRead;
    return d;
  }());
  Subscription subs[] = {
      {.userdata = 1, .kind = Subscription::Kind::kRead, .fd = 77},
      {.userdata = 2, .kind = Subscription::Kind::kRead, .fd = write_end},
      {.userdata = 3, .kind = Subscription::Kind::kClock, .clock = 2, .timeout = 5},
      {.userdata = 4, .kind = Subscription::Kind::kClock, .clock = 9, .timeout = 5},
      {.userdata = 5, .kind = Subscription::Kind::kClock, .clock = 1, .timeout = ~0ull},
  };
  Event out[5];
  ASSERT_EQ(*poll_all(t, subs, out, -1), 4u);
  EXPECT_EQ(out[0].error, Errno::kBadf);
  EXPECT_EQ(out[1].error, Errno::kNotcapable);
  EXPECT_EQ(out[2].error, Errno::kNotsup);
  EXPECT_EQ(out[3].error, Errno::kInval);
}

TEST(Poll, AbsoluteTimesAndInterrupts) {
  FdTable t;
  Event out[1];
  Subscription past{.userdata = 1, .clock = 0, .timeout = 1, .absolute = true};
  EXPECT_EQ(*poll_all(t, {&past, 1}, out, -1), 1u);
  Subscription soon{.userdata = 1, .clock = 1, .timeout = now() + 20'000'000, .absolute = true};
  EXPECT_EQ(*poll_all(t, {&soon, 1}, out, -1), 1u);
  EXPECT_GE(now(), soon.timeout);
  Pipe interrupt;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(write(interrupt.fds[1], "x", 1), 1);
  });
  Subscription never{.userdata = 1, .clock = 1, .timeout = ~0ull};
  EXPECT_EQ(poll_all(t, {&never, 1}, out, interrupt.fds[0]).error, Errno::kIntr);
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
  EXPECT_EQ(set_flags(*listener, fdflags::kNonblock), Errno::kSuccess);
  Descriptor none;
  EXPECT_EQ(accept_connection(*listener, 0, -1, none), Errno::kAgain);
  EXPECT_EQ(set_flags(*listener, 0), Errno::kSuccess);
  std::thread client([&] {
    int s = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(s, "hel", 3, 0), 3);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(send(s, "lo", 2, 0), 2);
    char answer[8];
    EXPECT_EQ(recv(s, answer, 2, MSG_WAITALL), 2);
    EXPECT_EQ(recv(s, answer, 1, 0), 0);  // the other side shut its sending down
    close(s);
  });
  Descriptor c;
  ASSERT_EQ(accept_connection(*listener, 0, -1, c), Errno::kSuccess);
  EXPECT_EQ(c.type, Filetype::kSocketStream);
  char got[5] = {};
  iovec peeked{got, 2};
  Outcome<Received> r = receive(c, &peeked, 1, riflags::kPeek, -1);
  EXPECT_EQ(r->bytes, 2u);
  iovec parts[2] = {{got, 2}, {got + 2, 3}};
  r = receive(c, parts, 2, riflags::kWaitall, -1);
  EXPECT_EQ(r->bytes, 5u);
  EXPECT_EQ(std::string(got, 5), "hello");
  iovec v{got, 2};
  EXPECT_EQ(*write_some(c, &v, 1, -1), 2u);
  EXPECT_EQ(shut_down(c, 0), Errno::kInval);
  EXPECT_EQ(shut_down(c, sdflags::kWr), Errno::kSuccess);
  client.join();
  iovec v2{got, 2};
  EXPECT_EQ(receive(c, &v2, 1, 0, -1)->bytes, 0u);
  EXPECT_EQ(accept_connection(*listener, fdflags::kAppend, -1, none), Errno::kInval);
}

TEST(Clocks, KnowTheirNames) {
  for (uint32_t id = 0; id < 4; ++id) {
    EXPECT_TRUE(clock_now(id));
    EXPECT_GT(*clock_resolution(id), 0u);
  }
  EXPECT_EQ(clock_now(4).error, Errno::kInval);
  EXPECT_EQ(clock_resolution(~0u).error, Errno::kInval);
}

TEST(Random, FillsBuffers) {
  std::vector<uint8_t> bytes(1 << 20);
  EXPECT_EQ(fill_random(bytes.data(), bytes.size()), Errno::kSuccess);
  size_t zeros = 0;
  for (uint8_t b : bytes) zeros += b == 0;
  EXPECT_GT(zeros, 2000u);
  EXPECT_LT(zeros, 8000u);
  EXPECT_EQ(fill_random(nullptr, 0), Errno::kSuccess);
}

TEST(Errno, MapsAndNames) {
  EXPECT_EQ(errno_from_host(0), Errno::kSuccess);
  EXPECT_EQ(errno_from_host(ENOENT), Errno::kNoent);
  EXPECT_EQ(errno_from_host(EOPNOTSUPP), Errno::kNotsup);
  EXPECT_EQ(errno_from_host(99999), Errno::kIo);
  EXPECT_EQ(errno_name(Errno::kNotcapable), "notcapable");
  EXPECT_EQ(static_cast<int>(Errno::kNotcapable), 76);
}

}  // namespace
}  // namespace ermine::wasi
