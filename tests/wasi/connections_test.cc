// Connections that are made by a function of the embedder, as components of WASI 0.2 and 0.3 see them.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "ermine/wasi_connect.h"
#include "tests/wasi/async_network_guest.h"
#include "tests/wasi/network_guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::AsyncNetworkGuest;
using test::NetworkGuest;
using test::number;
using test::OwnSocket;
using test::StreamHandles;
using test::Streams;
using wasi::host::UniqueFd;

// A function that connects to the test: what it was asked, and the other ends.
class Server {
 public:
  WasiConnector connector() {
    return [this](const WasiRemote& remote) {
      int ends[2];
      EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
      const std::lock_guard lock(mutex_);
      asked.push_back(remote);
      peers.emplace_back(UniqueFd(ends[1]));
      return WasiConnection::use(ends[0]);
    };
  }
  std::vector<WasiRemote> asked;
  std::vector<OwnSocket> peers;

 private:
  std::mutex mutex_;
};

WasiConnector always(WasiConnection answer) {
  return [answer](const WasiRemote&) { return answer; };
}

class EmbedderSockets : public test::OfEachFamily {
 protected:
  std::string remote() const { return v6() ? "[2001:db8::1]:80" : "192.0.2.1:80"; }
  std::string unbound() const { return v6() ? "[::]:0" : "0.0.0.0:0"; }
};
INSTANTIATE_TEST_SUITE_P(, EmbedderSockets, testing::Values("ipv4", "ipv6"),
                         [](const auto& p) { return std::string(p.param); });

WasiConfig granted() { return WasiConfig().allow_tcp("192.0.2.1:80").allow_tcp("[2001:db8::1]:80"); }

TEST_P(EmbedderSockets, ComponentsReadAndWrite) {
  Server server;
  NetworkGuest guest(granted().connect_with(server.connector()));
  const Resource socket = guest.tcp(GetParam());
  EXPECT_TRUE(server.asked.empty());
  Streams streams;
  ASSERT_EQ(guest.start_connect(socket, remote()), "ok");
  EXPECT_EQ(guest.start_connect(socket, remote()), "concurrency-conflict");
  ASSERT_EQ(guest.finish_connect(socket, &streams), "ok");
  ASSERT_EQ(server.asked.size(), 1u);
  EXPECT_EQ(server.asked[0].address, v6() ? "2001:db8::1" : "192.0.2.1");
  EXPECT_EQ(server.asked[0].port, 80);
  EXPECT_TRUE(server.asked[0].names.empty());
  EXPECT_EQ(guest.remote(socket), remote());
  EXPECT_EQ(guest.local(socket), unbound());
  EXPECT_EQ(guest.start_connect(socket, remote()), "invalid-state");
  EXPECT_EQ(guest.listen(socket), "invalid-state");

  EXPECT_EQ(guest.read(streams.in, 100), "");
  EXPECT_FALSE(guest.is_ready(streams.in, "subscribe-in"));
  EXPECT_TRUE(guest.is_ready(streams.out, "subscribe-out"));
  EXPECT_EQ(guest.write(streams.out, "question"), "ok");
  EXPECT_EQ(server.peers[0].read(), "question");
  // A read waits for what comes later.
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    server.peers[0].write("answer");
  });
  EXPECT_EQ(guest.receive_some(streams.in), "answer");
  later.join();
  EXPECT_EQ(guest.outcome("shutdown", {guest.of(socket), Value::enumeration("send")}), "ok");
  EXPECT_EQ(server.peers[0].read(), "");
  server.peers[0].close();
  EXPECT_EQ(guest.receive_some(streams.in), "closed");
}

TEST_P(EmbedderSockets, AsyncComponentsReadAndWrite) {
  Server server;
  AsyncNetworkGuest guest(granted().connect_with(server.connector()));
  const Resource socket = guest.tcp(GetParam());
  ASSERT_EQ(guest.connect(socket, remote()), "ok");
  EXPECT_EQ(guest.connect(socket, remote()), "invalid-state");
  EXPECT_EQ(guest.remote(socket), remote());
  EXPECT_EQ(guest.local(socket), unbound());
  const StreamHandles input = guest.receive(socket), output = guest.send(socket);
  EXPECT_TRUE(guest.write(output.stream, "question"));
  EXPECT_EQ(server.peers.at(0).read(), "question");
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    server.peers[0].write("answer");
  });
  EXPECT_EQ(guest.read(input.stream), "answer");
  later.join();
  guest.drop("drop-writer", output.stream);
  EXPECT_EQ(guest.end(output.end), "ok");
  EXPECT_EQ(server.peers[0].read(), "");
  server.peers[0].close();
  EXPECT_EQ(guest.read(input.stream), "");
  EXPECT_EQ(guest.end(input.end), "ok");
}

// More than any buffer holds, both ways at once.
TEST_P(EmbedderSockets, MuchIsMoved) {
  const std::string much(3 << 20, 'm');
  Server server;
  NetworkGuest guest(granted().connect_with(server.connector()));
  Streams streams;
  ASSERT_EQ(guest.connect(guest.tcp(GetParam()), remote(), &streams), "ok");
  std::string echoed;
  std::thread echo([&] {
    for (std::string s; (s = server.peers[0].read()) != ""; echoed += s)
      if (s == "error") return;
  });
  for (size_t at = 0; at < much.size(); at += 4096) ASSERT_EQ(guest.write(streams.out, much.substr(at, 4096)), "ok");
  streams = {};
  echo.join();
  EXPECT_TRUE(echoed == much);
}

// A descriptor of another family has no such options: what is set stays, before and after connecting.
TEST_P(EmbedderSockets, HaveTheOptionsOfTcp) {
  Server server;
  NetworkGuest guest(granted().connect_with(server.connector()));
  const Resource socket = guest.tcp(GetParam());
  const auto set = [&](const char* name, Value v) { return guest.outcome(name, {guest.of(socket), std::move(v)}); };
  const auto value = [&](const char* name) {
    const Value v = guest.call(name, {guest.of(socket)});
    if (!v.is_ok()) return ~uint64_t{0};
    return v.payload()->kind() == component::ValueKind::kBool ? v.payload()->as_bool() : v.payload()->as_unsigned();
  };
  const auto hops = [](uint64_t n) { return Value::integer(component::ValueKind::kU8, n); };
  constexpr uint64_t kSecond = 1'000'000'000;
  ASSERT_EQ(set("set-keep-alive", Value::boolean(true)), "ok");
  ASSERT_EQ(set("set-tcp-hops", hops(42)), "ok");
  ASSERT_EQ(set("set-idle-time", number(7 * kSecond)), "ok");
  ASSERT_EQ(guest.connect(socket, remote()), "ok");
  EXPECT_EQ(value("keep-alive"), 1u);
  EXPECT_EQ(value("tcp-hops"), 42u);
  EXPECT_EQ(value("idle-time"), 7 * kSecond);
  EXPECT_EQ(set("set-keep-alive", Value::boolean(false)), "ok");
  EXPECT_EQ(set("set-tcp-hops", hops(43)), "ok");
  EXPECT_EQ(set("set-tcp-hops", hops(0)), "invalid-argument");
  EXPECT_EQ(set("set-idle-time", number(8 * kSecond)), "ok");
  EXPECT_EQ(set("set-interval", number(9 * kSecond)), "ok");
  EXPECT_EQ(set("set-probes", Value::u32(10)), "ok");
  EXPECT_EQ(value("keep-alive"), 0u);
  EXPECT_EQ(value("tcp-hops"), 43u);
  EXPECT_EQ(value("idle-time"), 8 * kSecond);
  EXPECT_EQ(value("interval"), 9 * kSecond);
  EXPECT_EQ(value("probes"), 10u);
  EXPECT_EQ(set("set-tcp-receive-buffer", number(100'000)), "ok");
  EXPECT_EQ(set("set-tcp-send-buffer", number(100'000)), "ok");
  EXPECT_GT(value("tcp-receive-buffer"), 0u);
  EXPECT_LT(value("tcp-receive-buffer"), ~uint64_t{0});
  EXPECT_EQ(value("tcp-send-buffer"), 100'000u);
  EXPECT_EQ(set("set-backlog", number(1)), "invalid-state");
}

TEST_P(EmbedderSockets, ABoundSocketKeepsItsAddress) {
  Server server;
  NetworkGuest guest(granted().connect_with(server.connector()));
  const Resource socket = guest.tcp(GetParam());
  ASSERT_EQ(guest.bind(socket, host() + ":0"), "ok");
  const std::string bound = guest.local(socket);
  ASSERT_EQ(guest.connect(socket, remote()), "ok");
  EXPECT_EQ(guest.local(socket), bound);
}

TEST(EmbedderConnections, RefusalsAreTheProgramsErrors) {
  struct Case {
    WasiConnection answer;
    const char *error, *async_error;
  };
  using Connection = WasiConnection;
  for (const Case& c : {
           Case{Connection::refuse(), "connection-refused", "connection-refused"},
           Case{Connection::refuse(std::errc::timed_out), "timeout", "timeout"},
           Case{Connection::refuse(std::errc::permission_denied), "access-denied", "access-denied"},
           Case{Connection::refuse(std::errc::host_unreachable), "remote-unreachable", "remote-unreachable"},
           // What would make it wait, or be no error.
           Case{Connection::refuse(std::errc::resource_unavailable_try_again), "unknown", "other"},
           Case{Connection::refuse(std::errc::operation_in_progress), "unknown", "other"},
           Case{Connection::refuse(std::errc()), "unknown", "other"},
           Case{Connection::refuse(static_cast<std::errc>(-3)), "unknown", "other"},
           Case{Connection::use(-1), "unknown", "other"},
           Case{Connection::use(999'999), "unknown", "other"},
       }) {
    NetworkGuest guest(granted().connect_with(always(c.answer)));
    const Resource socket = guest.tcp();
    ASSERT_EQ(guest.start_connect(socket, "192.0.2.1:80"), "ok");
    EXPECT_TRUE(guest.is_ready(socket));
    EXPECT_EQ(guest.finish_connect(socket), c.error);
    EXPECT_EQ(guest.start_connect(socket, "192.0.2.1:80"), "invalid-state");
    AsyncNetworkGuest async(granted().connect_with(always(c.answer)));
    EXPECT_EQ(async.connect(async.tcp(), "192.0.2.1:80"), c.async_error);
  }
}

TEST(EmbedderConnections, OnlyConnectedStreamSocketsAreUsed) {
  const int before = test::open_sockets();
  const auto with = [&](int descriptor) {
    NetworkGuest guest(granted().connect_with(always(WasiConnection::use(descriptor))));
    const std::string outcome = guest.connect(guest.tcp(), "192.0.2.1:80");
    EXPECT_EQ(fcntl(descriptor, F_GETFD), -1) << "it is not closed";
    return outcome;
  };
  int pipe[2];
  ASSERT_EQ(pipe2(pipe, O_CLOEXEC), 0);
  EXPECT_EQ(with(pipe[0]), "unknown");
  close(pipe[1]);
  EXPECT_EQ(with(socket(AF_INET, SOCK_DGRAM, 0)), "unknown");
  OwnSocket listener(SOCK_STREAM);
  listener.listen();
  EXPECT_EQ(with(dup(listener.fd())), "unknown");
  EXPECT_EQ(with(socket(AF_UNIX, SOCK_SEQPACKET, 0)), "unknown");
  listener.close();
  EXPECT_EQ(test::open_sockets(), before);
}

TEST(EmbedderConnections, AreAskedForAfterTheGrants) {
  Server server;
  NetworkGuest guest(granted().connect_with(server.connector()));
  for (const char* other : {"192.0.2.1:81", "192.0.2.2:80", "127.0.0.1:80"})
    EXPECT_EQ(guest.start_connect(guest.tcp(), other), "access-denied");
  AsyncNetworkGuest async(granted().connect_with(server.connector()));
  EXPECT_EQ(async.connect(async.tcp(), "192.0.2.1:81"), "access-denied");
  NetworkGuest none(WasiConfig().connect_with(server.connector()));
  EXPECT_EQ(none.start_connect(none.tcp(), "192.0.2.1:80"), "access-denied");
  EXPECT_TRUE(server.asked.empty());
  EXPECT_EQ(guest.wasi().refusals().tcp_target, "192.0.2.1:81");
}

TEST(EmbedderConnections, NamesThatWereLookedUpAreTold) {
  Server server;
  NetworkGuest guest(WasiConfig().allow_tcp("localhost:80").connect_with(server.connector()));
  ASSERT_EQ(guest.connect(guest.tcp(), "127.0.0.1:80"), "ok");
  ASSERT_EQ(server.asked.size(), 1u);
  EXPECT_EQ(server.asked[0].names, std::vector<std::string>{"localhost"});
}

TEST(EmbedderConnections, TheSystemMayConnect) {
  OwnSocket real(SOCK_STREAM);
  real.listen();
  NetworkGuest guest(WasiConfig().allow_tcp(real.name()).connect_with(always(WasiConnection::by_system())));
  Streams streams;
  const Resource socket = guest.tcp();
  ASSERT_EQ(guest.connect(socket, real.name(), &streams), "ok");
  OwnSocket peer = real.accept();
  EXPECT_EQ(guest.local(socket).substr(0, 10), "127.0.0.1:");
  EXPECT_EQ(guest.write(streams.out, "x"), "ok");
  EXPECT_EQ(peer.read(), "x");
  // A proxy: another connection of the system, which is still being made.
  NetworkGuest proxied(granted().connect_with([&](const WasiRemote&) {
    UniqueFd other(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const wasi::net::SystemAddress to(
        wasi::net::Endpoint{wasi::net::IpAddress::v4(127, 0, 0, 1), static_cast<uint16_t>(std::stoul(real.port()))});
    (void)::connect(other.get(), to.get(), to.size);
    return WasiConnection::use(other.release());
  }));
  const Resource far = proxied.tcp();
  ASSERT_EQ(proxied.connect(far, "192.0.2.1:80", &streams), "ok");
  OwnSocket second = real.accept();
  EXPECT_EQ(proxied.remote(far), "192.0.2.1:80");
  EXPECT_EQ(proxied.write(streams.out, "y"), "ok");
  EXPECT_EQ(second.read(), "y");
  streams = {};
}

TEST(EmbedderConnections, QuotasAreTheSame) {
  Server server;
  {
    NetworkGuest guest(granted().connect_with(server.connector()).max_sockets(1));
    const Resource first = guest.tcp();
    ASSERT_EQ(guest.connect(first, "192.0.2.1:80"), "ok");
    EXPECT_EQ(guest.outcome("create-tcp", {Value::enumeration("ipv4")}), "new-socket-limit");
  }
  {
    NetworkGuest guest(granted().connect_with(server.connector()).max_network_bytes(5));
    Streams streams;
    ASSERT_EQ(guest.connect(guest.tcp(), "192.0.2.1:80", &streams), "ok");
    EXPECT_EQ(guest.write(streams.out, "12345"), "ok");
    EXPECT_EQ(guest.write(streams.out, "6"), "last-operation-failed");
    EXPECT_TRUE(guest.wasi().refusals().too_many_network_bytes);
    EXPECT_EQ(server.peers.back().read(), "12345");
  }
  {
    NetworkGuest guest(granted().connect_with(server.connector()).max_connection_time(std::chrono::milliseconds(30)));
    Streams streams;
    ASSERT_EQ(guest.connect(guest.tcp(), "192.0.2.1:80", &streams), "ok");
    EXPECT_EQ(guest.receive_some(streams.in), "last-operation-failed");
    EXPECT_TRUE(guest.wasi().refusals().connection_time_over);
    EXPECT_EQ(server.peers.back().read(), "");
  }
  {
    NetworkGuest guest(granted().connect_with(server.connector()).max_written_bytes(3));
    Streams streams;
    ASSERT_EQ(guest.connect(guest.tcp(), "192.0.2.1:80", &streams), "ok");
    const auto stopped = guest.attempt("write-flush", {guest.of(streams.out), test::bytes("1234")});
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().limit(), Limit::kWrittenBytes);
  }
}

// A function that all programs share, on several threads and several programs on each.
TEST(EmbedderConnections, AreSharedByProgramsOnManyThreads) {
  constexpr size_t kThreads = 4, kPrograms = 3, kConnections = 5;
  Server server;
  const WasiConnector connector = server.connector();
  const auto run = [&] {
    std::vector<std::unique_ptr<NetworkGuest>> guests;
    for (size_t i = 0; i < kPrograms; ++i)
      guests.push_back(std::make_unique<NetworkGuest>(granted().connect_with(connector)));
    for (size_t n = 0; n < kConnections; ++n)
      for (const auto& guest : guests) {
        Streams streams;
        ASSERT_EQ(guest->connect(guest->tcp(), "192.0.2.1:80", &streams), "ok");
        EXPECT_EQ(guest->write(streams.out, "hello"), "ok");
      }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) threads.emplace_back(run);
  for (std::thread& t : threads) t.join();
  ASSERT_EQ(server.peers.size(), kThreads * kPrograms * kConnections);
  for (OwnSocket& peer : server.peers) {
    EXPECT_EQ(peer.read(), "hello");
    EXPECT_EQ(peer.read(), "");
  }
}

}  // namespace
}  // namespace ermine
