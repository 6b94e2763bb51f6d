// sock_recv, sock_send and sock_shutdown, as the guest sees them. Its descriptors 0 and 1 are sockets; the test has
// their other ends.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/wasi/guest.h"

namespace ermine {
namespace {

using test::Guest;

enum : uint32_t { kSuccess = 0, kAgain = 6, kBadf = 8, kInval = 28, kNotsock = 57 };
constexpr uint32_t kPeek = 1, kWaitall = 2;
constexpr uint32_t kRead = 1, kWrite = 2;

class WasiSockets : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream_), 0);
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, datagrams_), 0);
    file_ = open("/dev/null", O_RDWR | O_CLOEXEC);
    WasiConfig config;
    config.stdio(stream_[0], datagrams_[0], file_);
    guest_.emplace(std::move(config));
  }
  void TearDown() override {
    for (const int fd : {stream_[0], stream_[1], datagrams_[0], datagrams_[1], file_}) close(fd);
  }
  // The error, or the received bytes and flags.
  std::string receive(uint32_t fd, uint32_t size, uint32_t flags) {
    guest_->buffer(32, 4096, size);
    guest_->put<uint16_t>(72, 0xffff);
    const uint32_t error = guest_->call("sock_recv", {fd, 32, 1, flags, 64, 72});
    if (error != kSuccess) return "error " + std::to_string(error);
    return guest_->text(4096, guest_->at<uint32_t>(64)) + " " + std::to_string(guest_->at<uint16_t>(72));
  }
  uint32_t send(uint32_t fd, std::string_view text, uint32_t flags = 0) {
    guest_->put_text(8192, text);
    guest_->buffer(32, 8192, static_cast<uint32_t>(text.size()));
    return guest_->call("sock_send", {fd, 32, 1, flags, 64});
  }
  int stream_[2] = {-1, -1}, datagrams_[2] = {-1, -1}, file_ = -1;
  std::optional<Guest> guest_;
};

TEST_F(WasiSockets, Receive) {
  ASSERT_EQ(write(stream_[1], "abcdef", 6), 6);
  EXPECT_EQ(receive(0, 4, kPeek), "abcd 0");
  EXPECT_EQ(receive(0, 4, 0), "abcd 0");
  EXPECT_EQ(receive(0, 4, 0), "ef 0");
  ASSERT_EQ(write(stream_[1], "0123456789", 10), 10);
  EXPECT_EQ(receive(0, 10, kWaitall), "0123456789 0");
  EXPECT_EQ(receive(0, 10, 4), "error 28");
  EXPECT_EQ(receive(2, 10, 0), "error 57");
  EXPECT_EQ(receive(9, 10, 0), "error 8");
  // The other end shuts down.
  ASSERT_EQ(write(stream_[1], "end", 3), 3);
  ASSERT_EQ(shutdown(stream_[1], SHUT_WR), 0);
  EXPECT_EQ(receive(0, 10, kWaitall), "end 0");
  EXPECT_EQ(receive(0, 10, 0), " 0");
}

TEST_F(WasiSockets, TruncatedDatagramsAreReported) {
  ASSERT_EQ(write(datagrams_[1], "a whole message", 15), 15);
  EXPECT_EQ(receive(1, 7, kPeek), "a whole 1");
  EXPECT_EQ(receive(1, 7, 0), "a whole 1");
  ASSERT_EQ(write(datagrams_[1], "next", 4), 4);
  EXPECT_EQ(receive(1, 7, 0), "next 0");
}

TEST_F(WasiSockets, DoesNotWaitIfNonblocking) {
  EXPECT_EQ(guest_->call("fd_fdstat_set_flags", {0, 4}), kSuccess);
  EXPECT_EQ(receive(0, 4, 0), "error 6");
  ASSERT_EQ(write(stream_[1], "ab", 2), 2);
  EXPECT_EQ(receive(0, 4, kWaitall), "ab 0");
}

TEST_F(WasiSockets, Send) {
  EXPECT_EQ(send(0, "over there"), kSuccess);
  EXPECT_EQ(guest_->at<uint32_t>(64), 10u);
  char text[20];
  ASSERT_EQ(read(stream_[1], text, sizeof text), 10);
  EXPECT_EQ(std::string(text, 10), "over there");
  EXPECT_EQ(send(1, "message"), kSuccess);
  ASSERT_EQ(read(datagrams_[1], text, sizeof text), 7);
  EXPECT_EQ(send(0, "x", 1), kInval);
  EXPECT_EQ(send(2, "x"), kNotsock);
  EXPECT_EQ(send(9, "x"), kBadf);
}

TEST_F(WasiSockets, Shutdown) {
  EXPECT_EQ(guest_->call("sock_shutdown", {2, kRead}), kNotsock);
  EXPECT_EQ(guest_->call("sock_shutdown", {9, kRead}), kBadf);
  EXPECT_EQ(guest_->call("sock_shutdown", {0, 0}), kInval);
  EXPECT_EQ(guest_->call("sock_shutdown", {0, 4}), kInval);
  // The other end detects the end, and can still send.
  EXPECT_EQ(guest_->call("sock_shutdown", {0, kWrite}), kSuccess);
  char text[4];
  EXPECT_EQ(read(stream_[1], text, sizeof text), 0);
  ASSERT_EQ(write(stream_[1], "ab", 2), 2);
  EXPECT_EQ(receive(0, 4, 0), "ab 0");
  EXPECT_EQ(guest_->call("sock_shutdown", {0, kRead}), kSuccess);
  EXPECT_EQ(receive(0, 4, 0), " 0");
  EXPECT_EQ(guest_->call("sock_shutdown", {1, kRead | kWrite}), kSuccess);
}

}  // namespace
}  // namespace ermine
