// wasi:sockets of WASI 0.3 over the loopback: every function, with the states and errors of the definitions, and what
// waits and is given up.
#include <algorithm>
#include <random>
#include <thread>

#include "tests/wasi/async_network_guest.h"
#include "tests/wasi/guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::AsyncNetworkGuest;
using test::must;
using test::number;
using test::OwnSocket;
using test::StreamHandles;
using Handles = StreamHandles;

constexpr auto kLong = std::chrono::seconds(30);
// The codes of subtask.cancel and stream.cancel-read.
constexpr uint32_t kCancelledBeforeReturned = 4, kCancelled = 2;

TEST(WasiAsyncNetwork, NothingByDefault) {
  AsyncNetworkGuest guest{WasiConfig()};
  EXPECT_EQ(guest.outcome("resolve", {test::text("localhost")}), "access-denied");
  const Resource tcp = guest.tcp();
  EXPECT_EQ(guest.bind(tcp, "127.0.0.1:0"), "access-denied");
  EXPECT_EQ(guest.connect(tcp, "127.0.0.1:9"), "access-denied");
  EXPECT_EQ(guest.listen(tcp), "access-denied");
  EXPECT_EQ(guest.outcome("set-keep-alive", {guest.of(tcp), Value::boolean(true)}), "access-denied");
  const Resource udp = guest.udp();
  EXPECT_EQ(guest.bind(udp, "127.0.0.1:5353", "udp"), "access-denied");
  EXPECT_EQ(guest.send_to(udp, "x", "127.0.0.1:53"), "access-denied");
  EXPECT_EQ(guest.receive_from(udp), "access-denied");
  EXPECT_EQ(guest.connect(guest.udp(), "127.0.0.1:54", "udp"), "access-denied");
  const WasiRefusals& refusals = guest.wasi().refusals();
  EXPECT_EQ(refusals.dns_name, "localhost");
  EXPECT_EQ(refusals.tcp_target, "127.0.0.1:9");
  EXPECT_EQ(refusals.tcp_listener, "127.0.0.1:0");
  EXPECT_EQ(refusals.udp_listener, "127.0.0.1:5353");
  EXPECT_EQ(refusals.udp_peer, "127.0.0.1:53");
}

class WasiAsyncSockets : public test::OfEachFamily {};
INSTANTIATE_TEST_SUITE_P(, WasiAsyncSockets, testing::Values("ipv4", "ipv6"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(WasiAsyncSockets, Client) {
  OwnSocket server(SOCK_STREAM, own());
  server.listen();
  AsyncNetworkGuest guest(WasiConfig().allow_tcp(server.name()));
  const Resource socket = guest.tcp(GetParam());
  EXPECT_EQ(guest.call("tcp-family", {guest.of(socket)}).case_name(), GetParam());
  EXPECT_FALSE(guest.call("is-listening", {guest.of(socket)}).as_bool());
  EXPECT_EQ(guest.local(socket), "invalid-state");
  EXPECT_EQ(guest.remote(socket), "invalid-state");
  // Without a connection: streams of nothing.
  const Handles no_input = guest.receive(socket), no_output = guest.send(socket);
  EXPECT_EQ(guest.read(no_input.stream), "");
  EXPECT_EQ(guest.end(no_input.end), "invalid-state");
  EXPECT_FALSE(guest.write(no_output.stream, "x"));
  EXPECT_EQ(guest.end(no_output.end), "invalid-state");

  ASSERT_EQ(guest.connect(socket, server.name()), "ok");
  EXPECT_EQ(guest.remote(socket), server.name());
  EXPECT_EQ(guest.connect(socket, server.name()), "invalid-state");
  EXPECT_EQ(guest.bind(socket, host() + ":0"), "invalid-state");
  EXPECT_EQ(guest.listen(socket), "invalid-state");
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(socket), number(1)}), "invalid-state");

  OwnSocket peer = server.accept();
  const Handles input = guest.receive(socket), output = guest.send(socket);
  // Once for a socket.
  EXPECT_EQ(guest.end(guest.receive(socket).end), "invalid-state");
  EXPECT_EQ(guest.end(guest.send(socket).end), "invalid-state");
  EXPECT_TRUE(guest.write(output.stream, "question"));
  EXPECT_EQ(peer.read(), "question");
  peer.write("answer");
  EXPECT_EQ(guest.read(input.stream, 4), "answ");
  EXPECT_EQ(guest.read(input.stream), "er");
  // The end of what is sent is the end of a half of the connection.
  guest.drop("drop-writer", output.stream);
  EXPECT_EQ(guest.end(output.end), "ok");
  EXPECT_EQ(peer.read(), "");
  peer.write("more");
  peer.close();
  EXPECT_EQ(guest.read(input.stream), "more");
  EXPECT_EQ(guest.read(input.stream), "");
  EXPECT_EQ(guest.end(input.end), "ok");
}

TEST_P(WasiAsyncSockets, Server) {
  AsyncNetworkGuest guest(WasiConfig().listen(host() + ":0"));
  const Resource listener = guest.tcp(GetParam());
  ASSERT_EQ(guest.bind(listener, host() + ":0"), "ok");
  EXPECT_EQ(guest.bind(listener, host() + ":0"), "invalid-state");
  const std::string name = guest.local(listener);
  EXPECT_TRUE(name.starts_with(host() + ":")) << name;
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(0)}), "invalid-argument");
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(~uint64_t{0})}), "ok");
  uint32_t connections = 0;
  ASSERT_EQ(guest.listen(listener, &connections), "ok");
  EXPECT_EQ(guest.listen(listener), "invalid-state");
  EXPECT_TRUE(guest.call("is-listening", {guest.of(listener)}).as_bool());
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(5)}), "ok");
  // There is no connection; giving up leaves the stream as it is.
  EXPECT_EQ(guest.value("accept-and-cancel", {Value::u32(connections)}) & 15, kCancelled);

  OwnSocket client(SOCK_STREAM, own());
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_TRUE(client.connect(name));
  });
  std::vector<Resource> accepted = guest.accept(connections);
  later.join();
  ASSERT_EQ(accepted.size(), 1u);
  EXPECT_EQ(guest.local(accepted[0]), name);
  EXPECT_EQ(guest.remote(accepted[0]), client.name());
  const Handles input = guest.receive(accepted[0]), output = guest.send(accepted[0]);
  // The streams keep the connection.
  accepted.clear();
  client.write("hello");
  EXPECT_EQ(guest.read(input.stream), "hello");
  EXPECT_TRUE(guest.write(output.stream, "bye"));
  EXPECT_EQ(client.read(), "bye");
  // Several at once.
  OwnSocket a(SOCK_STREAM, own()), b(SOCK_STREAM, own()), c(SOCK_STREAM, own());
  ASSERT_TRUE(a.connect(name) && b.connect(name) && c.connect(name));
  EXPECT_EQ(guest.accept(connections, 2).size(), 2u);
  EXPECT_EQ(guest.accept(connections, 100).size(), 1u);
  guest.drop("drop-listener", connections);
}

TEST(WasiAsyncTcp, Addresses) {
  AsyncNetworkGuest guest(WasiConfig().allow_tcp("*+loopback+private+multicast+reserved:*").listen("127.0.0.1:0"));
  for (const char* bad : {"[::1]:9", "0.0.0.0:9", "127.0.0.1:0", "224.0.0.1:9", "255.255.255.255:9"})
    EXPECT_EQ(guest.connect(guest.tcp(), bad), "invalid-argument") << bad;
  for (const char* bad : {"127.0.0.1:9", "[::]:9", "[::1]:0", "[ff02::1]:9", "[::ffff:127.0.0.1]:9"})
    EXPECT_EQ(guest.connect(guest.tcp("ipv6"), bad), "invalid-argument") << bad;
  EXPECT_EQ(guest.bind(guest.tcp(), "[::1]:0"), "invalid-argument");
  EXPECT_EQ(guest.bind(guest.tcp(), "192.0.2.1:0"), "address-not-bindable");
  const Resource refused = guest.tcp();
  EXPECT_EQ(guest.connect(refused, "127.0.0.1:1"), "connection-refused");
  EXPECT_EQ(guest.connect(refused, "127.0.0.1:1"), "invalid-state");
  EXPECT_EQ(guest.bind(refused, "127.0.0.1:0"), "invalid-state");
}

TEST(WasiAsyncTcp, AClientsPortIsNotForListening) {
  OwnSocket server(SOCK_STREAM);
  server.listen();
  AsyncNetworkGuest guest(WasiConfig().allow_tcp("127.0.0.1:" + server.port()));
  const Resource socket = guest.tcp();
  EXPECT_EQ(guest.bind(socket, "127.0.0.1:8080"), "access-denied");
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0"), "ok");
  EXPECT_EQ(guest.listen(socket), "access-denied");
  EXPECT_EQ(guest.connect(socket, server.name()), "ok");
  EXPECT_EQ(guest.connect(guest.tcp(), "127.0.0.2:" + server.port()), "access-denied");
  // Neither is the port that listening chooses.
  EXPECT_EQ(guest.listen(guest.tcp()), "access-denied");
  AsyncNetworkGuest any(WasiConfig().listen(":0"));
  const Resource unbound = any.tcp();
  EXPECT_EQ(any.listen(unbound), "ok");
  EXPECT_TRUE(any.local(unbound).starts_with("0.0.0.0:"));
}

// A port that the system chose is the program's own from then on; others are not.
TEST(WasiAsyncTcp, AGivenPortCanBeBoundAgain) {
  AsyncNetworkGuest guest(WasiConfig().listen("127.0.0.1:0").listen_udp("127.0.0.1:0"));
  for (const char* kind : {"tcp", "udp"}) {
    const bool tcp = std::string(kind) == "tcp";
    std::string name;
    {
      const Resource first = tcp ? guest.tcp() : guest.udp();
      ASSERT_EQ(guest.bind(first, "127.0.0.1:0", kind), "ok");
      name = guest.local(first, tcp ? "tcp-local" : "udp-local");
      if (!tcp) EXPECT_EQ(guest.bind(guest.udp(), name, kind), "address-in-use");
      EXPECT_EQ(guest.bind(tcp ? guest.tcp() : guest.udp(), "127.0.0.1:1", kind), "access-denied");
      EXPECT_EQ(guest.bind(tcp ? guest.tcp() : guest.udp(), "127.0.0.2" + name.substr(name.rfind(':')), kind),
                "access-denied");
    }
    EXPECT_EQ(guest.bind(tcp ? guest.tcp() : guest.udp(), name, kind), "ok");
  }
}

TEST_P(WasiAsyncSockets, Options) {
  AsyncNetworkGuest guest(WasiConfig().listen(host() + ":0").allow_udp(host() + ":9"));
  const Resource s = guest.tcp(GetParam()), u = guest.udp(GetParam());
  const auto hops = [](uint64_t n) { return Value::integer(component::ValueKind::kU8, n); };
  const auto check = [&](const Resource& socket, const std::string& name, Value zero, Value set, uint64_t expected) {
    const std::string setter = "set-" + name;
    EXPECT_EQ(guest.outcome(setter.c_str(), {guest.of(socket), std::move(zero)}), "invalid-argument") << name;
    EXPECT_EQ(guest.outcome(setter.c_str(), {guest.of(socket), std::move(set)}), "ok") << name;
    EXPECT_EQ(guest.call(name.c_str(), {guest.of(socket)}).payload()->as_unsigned(), expected) << name;
  };
  constexpr uint64_t kSecond = 1'000'000'000;
  EXPECT_EQ(guest.outcome("set-keep-alive", {guest.of(s), Value::boolean(true)}), "ok");
  EXPECT_TRUE(guest.call("keep-alive", {guest.of(s)}).payload()->as_bool());
  check(s, "idle-time", number(0), number(41 * kSecond + 1), 42 * kSecond);
  check(s, "interval", number(0), number(43 * kSecond), 43 * kSecond);
  check(s, "probes", Value::u32(0), Value::u32(5), 5);
  check(s, "tcp-hops", hops(0), hops(7), 7);
  check(s, "tcp-receive-buffer", number(0), number(100'000), 100'000);
  check(s, "tcp-send-buffer", number(0), number(100'000), 100'000);
  check(u, "udp-hops", hops(0), hops(9), 9);
  check(u, "udp-receive-buffer", number(0), number(100'000), 100'000);
  check(u, "udp-send-buffer", number(0), number(100'000), 100'000);
  // Accepted sockets have those of the listener.
  uint32_t connections = 0;
  ASSERT_EQ(guest.bind(s, host() + ":0"), "ok");
  ASSERT_EQ(guest.listen(s, &connections), "ok");
  OwnSocket client(SOCK_STREAM, own());
  ASSERT_TRUE(client.connect(guest.local(s)));
  const std::vector<Resource> accepted = guest.accept(connections);
  EXPECT_TRUE(guest.call("keep-alive", {guest.of(accepted[0])}).payload()->as_bool());
  EXPECT_EQ(guest.call("idle-time", {guest.of(accepted[0])}).payload()->as_unsigned(), 42 * kSecond);
  EXPECT_EQ(guest.call("tcp-hops", {guest.of(accepted[0])}).payload()->as_unsigned(), 7u);
}

// A guest and the test's other end of its connection.
struct Connected {
  OwnSocket server{SOCK_STREAM};
  std::optional<AsyncNetworkGuest> guest;
  Resource socket;
  Handles input, output;
  std::optional<OwnSocket> peer;
  explicit Connected(WasiConfig config = {}) {
    server.listen();
    guest.emplace(std::move(config.allow_tcp(server.name())));
    guest->store().set_timeout(kLong);
    socket = guest->tcp();
    EXPECT_EQ(guest->connect(socket, server.name()), "ok");
    input = guest->receive(socket);
    output = guest->send(socket);
    peer.emplace(server.accept());
  }
  void reset() {
    const linger now{1, 0};
    ASSERT_EQ(setsockopt(peer->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    peer->close();
  }
};

TEST(WasiAsyncTcpStreams, ResetByTheOtherSide) {
  Connected c;
  c.reset();
  EXPECT_EQ(c.guest->read(c.input.stream), "");
  EXPECT_EQ(c.guest->end(c.input.end), "connection-reset");
  EXPECT_FALSE(c.guest->write(c.output.stream, "x"));
  const std::string end = c.guest->end(c.output.end);
  EXPECT_TRUE(end == "connection-broken" || end == "connection-reset") << end;
}

TEST(WasiAsyncTcpStreams, ADroppedReaderEndsTheDirection) {
  Connected c;
  c.peer->write("never read");
  c.guest->drop("drop-reader", c.input.stream);
  EXPECT_EQ(c.guest->end(c.input.end), "ok");
  char byte;
  // As after shutdown(SHUT_RD): what comes is answered by a reset, or thrown away.
  EXPECT_TRUE(c.guest->write(c.output.stream, "still"));
  EXPECT_EQ(::recv(c.peer->fd(), &byte, 1, 0), 1);
}

TEST(WasiAsyncTcpStreams, ReadsAndWritesAreGivenUp) {
  Connected c;
  AsyncNetworkGuest& guest = *c.guest;
  EXPECT_EQ(guest.value("read-and-cancel", {Value::u32(c.input.stream)}) & 15, kCancelled);
  c.peer->write("later");
  EXPECT_EQ(guest.read(c.input.stream), "later");
  // All that counted as written arrives, and nothing else.
  const uint32_t written = guest.value("write-what-fits", {Value::u32(c.output.stream)});
  EXPECT_GT(written, 10'000u);
  guest.drop("drop-writer", c.output.stream);
  EXPECT_EQ(guest.end(c.output.end), "ok");
  uint64_t got = 0;
  for (std::string s; !(s = c.peer->read()).empty() && s != "error";) got += s.size();
  EXPECT_EQ(got, written);
}

TEST(WasiAsyncTcpStreams, ALotOfBytes) {
  Connected c;
  const std::string much(3'000'000, 'x');
  std::thread echo([&] {
    for (std::string s; !(s = c.peer->read()).empty() && s != "error";) c.peer->write(s);
    c.peer->close();
  });
  size_t sent = 0, received = 0;
  while (sent < much.size()) {
    const size_t part = std::min<size_t>(100'000, much.size() - sent);
    ASSERT_TRUE(c.guest->write(c.output.stream, std::string_view(much).substr(0, part)));
    sent += part;
    while (received < sent) received += c.guest->read(c.input.stream, 100'000).size();
  }
  c.guest->drop("drop-writer", c.output.stream);
  EXPECT_EQ(c.guest->read(c.input.stream), "");
  EXPECT_EQ(c.guest->end(c.input.end), "ok");
  echo.join();
  EXPECT_EQ(received, much.size());
}

TEST_P(WasiAsyncSockets, Datagrams) {
  OwnSocket server(SOCK_DGRAM, own()), other(SOCK_DGRAM, own()), stranger(SOCK_DGRAM, own());
  AsyncNetworkGuest guest(WasiConfig().allow_udp(server.name()).allow_udp(other.name()));
  guest.store().set_timeout(kLong);
  const Resource socket = guest.udp(GetParam());
  EXPECT_EQ(guest.call("udp-family", {guest.of(socket)}).case_name(), GetParam());
  EXPECT_EQ(guest.local(socket, "udp-local"), "invalid-state");
  EXPECT_EQ(guest.remote(socket, "udp-remote"), "invalid-state");
  EXPECT_EQ(guest.receive_from(socket), "invalid-state");
  EXPECT_EQ(guest.outcome("udp-disconnect", {guest.of(socket)}), "invalid-state");
  // What is wrong does not bind it.
  EXPECT_EQ(guest.send_to(socket, "x"), "invalid-argument");
  EXPECT_EQ(guest.send_to(socket, "x", host() + ":0"), "invalid-argument");
  EXPECT_EQ(guest.send_to(socket, "x", v6() ? "[::]:9" : "0.0.0.0:9"), "invalid-argument");
  EXPECT_EQ(guest.send_to(socket, "x", v6() ? "127.0.0.1:9" : "[::1]:9"), "invalid-argument");
  EXPECT_EQ(guest.connect(socket, host() + ":0", "udp"), "invalid-argument");
  EXPECT_EQ(guest.local(socket, "udp-local"), "invalid-state");
  EXPECT_EQ(guest.send_to(socket, "question", server.name()), "ok");
  EXPECT_EQ(server.read(), "question");
  EXPECT_EQ(guest.bind(socket, host() + ":0", "udp"), "invalid-state");
  EXPECT_EQ(guest.send_to(socket, "x", stranger.name()), "access-denied");
  EXPECT_EQ(guest.send_to(socket, std::string(65'530, 'x'), server.name()), "datagram-too-large");
  const std::string name =
      host() + guest.local(socket, "udp-local").substr(guest.local(socket, "udp-local").rfind(':'));
  ASSERT_TRUE(server.connect(name) && stranger.connect(name) && other.connect(name));
  // Those of others are dropped, and the wait continues.
  std::thread later([&] {
    stranger.write("surprise");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stranger.write("surprise");
    server.write("answer");
  });
  EXPECT_EQ(guest.receive_from(socket), "answer from " + server.name());
  later.join();
  // One peer.
  ASSERT_EQ(guest.connect(socket, other.name(), "udp"), "ok");
  EXPECT_EQ(guest.remote(socket, "udp-remote"), other.name());
  EXPECT_EQ(guest.send_to(socket, "a"), "ok");
  EXPECT_EQ(guest.send_to(socket, "b", other.name()), "ok");
  EXPECT_EQ(guest.send_to(socket, "c", server.name()), "invalid-argument");
  EXPECT_EQ(other.read() + other.read(), "ab");
  server.write("of the server");
  other.write("of the other");
  EXPECT_EQ(guest.receive_from(socket), "of the other from " + other.name());
  EXPECT_EQ(guest.outcome("udp-disconnect", {guest.of(socket)}), "ok");
  EXPECT_EQ(guest.remote(socket, "udp-remote"), "invalid-state");
  EXPECT_EQ(guest.send_to(socket, "x"), "invalid-argument");
  EXPECT_EQ(guest.send_to(socket, "again", server.name()), "ok");
  EXPECT_EQ(server.read(), "again");
}

TEST_P(WasiAsyncSockets, DatagramServer) {
  AsyncNetworkGuest guest(WasiConfig().listen_udp(host() + ":0"));
  const Resource socket = guest.udp(GetParam());
  ASSERT_EQ(guest.bind(socket, host() + ":0", "udp"), "ok");
  EXPECT_EQ(guest.value("udp-receive-and-cancel", {guest.of(socket)}), kCancelledBeforeReturned);
  OwnSocket client(SOCK_DGRAM, own()), stranger(SOCK_DGRAM, own());
  ASSERT_TRUE(client.connect(guest.local(socket, "udp-local")));
  client.write("question");
  EXPECT_EQ(guest.receive_from(socket), "question from " + client.name());
  EXPECT_EQ(guest.send_to(socket, "answer", client.name()), "ok");
  EXPECT_EQ(client.read(), "answer");
  EXPECT_EQ(guest.send_to(socket, "hello", stranger.name()), "access-denied");
}

TEST(WasiAsyncUdp, BytesCostFuel) {
  constexpr uint64_t kMuch = 1'000'000;
  Config engine = AsyncNetworkGuest::with_async();
  engine.consume_fuel = true;
  OwnSocket server(SOCK_DGRAM);
  AsyncNetworkGuest guest(WasiConfig().allow_udp(server.name()), engine);
  guest.store().set_timeout(kLong);
  const auto cost = [&](auto f) {
    must(guest.store().set_fuel(kMuch));
    f();
    return kMuch - *guest.store().fuel();
  };
  must(guest.store().set_fuel(kMuch));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.send_to(socket, "x", server.name()), "ok");
  const std::string local = guest.local(socket, "udp-local");
  ASSERT_TRUE(server.connect("127.0.0.1" + local.substr(local.rfind(':'))));
  ASSERT_EQ(server.read(), "x");
  const auto send = [&](size_t n) {
    return cost([&] { EXPECT_EQ(guest.send_to(socket, std::string(n, 'x'), server.name()), "ok"); });
  };
  EXPECT_EQ(send(16'016) - send(16), 1000u);
  // What is there, and what is waited for.
  const auto receive = [&](size_t n, int delay) {
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      server.write(std::string(n, 'y'));
    });
    if (delay == 0) later.join();
    const uint64_t all = cost([&] { EXPECT_EQ(guest.receive_from(socket).size(), n + 6 + server.name().size()); });
    if (later.joinable()) later.join();
    return all;
  };
  EXPECT_EQ(receive(16'016, 0) - receive(16, 0), 1000u);
  EXPECT_EQ(receive(16'016, 50) - receive(16, 50), 1000u);
  must(guest.store().set_fuel(900));
  const Result<std::optional<Value>> refused = guest.attempt(
      "udp-send", {guest.of(socket), test::bytes(std::string(16'016, 'x')), Value::some(test::address(server.name()))});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().trap_code(), TrapCode::kOutOfFuel);
}

TEST(WasiAsyncUdp, NoReceiver) {
  std::string closed;
  {
    OwnSocket gone(SOCK_DGRAM);
    closed = gone.name();
  }
  AsyncNetworkGuest guest(WasiConfig().allow_udp(closed));
  guest.store().set_timeout(kLong);
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.connect(socket, closed, "udp"), "ok");
  EXPECT_EQ(guest.send_to(socket, "x"), "ok");
  EXPECT_EQ(guest.receive_from(socket), "connection-refused");
}

TEST(WasiAsyncLookup, Addresses) {
  AsyncNetworkGuest guest(WasiConfig().allow_tcp("localhost:1").allow_dns("*.invalid"));
  guest.store().set_timeout(std::chrono::seconds(60));
  auto find = [&](std::string_view name) {
    const Value v = guest.call("resolve", {test::text(name)});
    if (!v.is_ok()) return v.payload()->case_name();
    std::string all;
    for (const Value& a : v.payload()->elements()) all += (all.empty() ? "" : " ") + test::to_text(a);
    return all;
  };
  EXPECT_EQ(find("localhost"), "127.0.0.1 ::1");
  EXPECT_EQ(find("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(find("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(find("127.1"), "invalid-argument");
  EXPECT_EQ(find("a b"), "invalid-argument");
  EXPECT_EQ(find("example.org"), "access-denied");
  EXPECT_EQ(guest.wasi().refusals().dns_name, "example.org");
  const std::string missing = find("missing.invalid");
  EXPECT_TRUE(missing == "name-unresolvable" || missing.ends_with("-resolver-failure")) << missing;
}

// ---- Limits

TEST(WasiAsyncNetworkLimits, Sockets) {
  AsyncNetworkGuest guest(WasiConfig().listen("127.0.0.1:0").max_sockets(2));
  guest.store().set_timeout(kLong);
  const Resource listener = guest.tcp();
  uint32_t connections = 0;
  ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
  ASSERT_EQ(guest.listen(listener, &connections), "ok");
  OwnSocket a(SOCK_STREAM), b(SOCK_STREAM);
  ASSERT_TRUE(a.connect(guest.local(listener)) && b.connect(guest.local(listener)));
  b.write("waits");
  {
    const std::vector<Resource> first = guest.accept(connections, 10);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(guest.outcome("create-udp", {Value::enumeration("ipv4")}), "other");
    EXPECT_TRUE(guest.wasi().refusals().too_many_sockets);
    EXPECT_EQ(guest.value("accept-and-cancel", {Value::u32(connections)}) & 15, kCancelled);
  }
  // The other connection has waited until there was a place.
  const std::vector<Resource> second = guest.accept(connections, 10);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(guest.read(guest.receive(second[0]).stream), "waits");
}

TEST(WasiAsyncNetworkLimits, Bytes) {
  Connected c(WasiConfig().max_network_bytes(10));
  EXPECT_TRUE(c.guest->write(c.output.stream, "12345"));
  c.peer->write("67890abcde");
  EXPECT_EQ(c.guest->read(c.input.stream), "67890");
  EXPECT_EQ(c.guest->read(c.input.stream), "");
  EXPECT_EQ(c.guest->end(c.input.end), "access-denied");
  EXPECT_FALSE(c.guest->write(c.output.stream, "x"));
  EXPECT_EQ(c.guest->end(c.output.end), "access-denied");
  EXPECT_TRUE(c.guest->wasi().refusals().too_many_network_bytes);
}

TEST(WasiAsyncNetworkLimits, WrittenBytes) {
  {
    Connected c(WasiConfig().max_written_bytes(4));
    EXPECT_TRUE(c.guest->write(c.output.stream, "1234"));
    const auto ended = c.guest->attempt("write", {Value::u32(c.output.stream), test::bytes("5")});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().limit(), Limit::kWrittenBytes);
  }
  OwnSocket server(SOCK_DGRAM);
  AsyncNetworkGuest guest(WasiConfig().allow_udp(server.name()).max_written_bytes(4));
  const Resource socket = guest.udp();
  EXPECT_EQ(guest.send_to(socket, "1234", server.name()), "ok");
  const auto ended =
      guest.attempt("udp-send", {guest.of(socket), test::bytes("5"), Value::some(test::address(server.name()))});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().limit(), Limit::kWrittenBytes);
}

TEST(WasiAsyncNetworkLimits, TimeOfAConnection) {
  Connected c(WasiConfig().max_connection_time(std::chrono::milliseconds(50)));
  EXPECT_EQ(c.guest->read(c.input.stream), "");
  EXPECT_EQ(c.guest->end(c.input.end), "timeout");
  EXPECT_TRUE(c.guest->wasi().refusals().connection_time_over);
  EXPECT_EQ(c.peer->read(), "");
}

// A listening socket whose backlog is full: the system drops further attempts.
struct FullListener {
  OwnSocket server{SOCK_STREAM};
  std::vector<std::unique_ptr<OwnSocket>> waiting;
  FullListener() {
    server.listen(0);
    for (int i = 0; i < 4; ++i) {
      waiting.push_back(std::make_unique<OwnSocket>(SOCK_STREAM | SOCK_NONBLOCK));
      (void)waiting.back()->connect(server.name());
    }
  }
};

TEST(WasiAsyncNetworkLimits, TimeOfConnecting) {
  FullListener full;
  AsyncNetworkGuest guest(WasiConfig().allow_tcp(full.server.name()).connect_timeout(std::chrono::milliseconds(50)));
  guest.store().set_timeout(kLong);
  const Resource socket = guest.tcp();
  EXPECT_EQ(guest.connect(socket, full.server.name()), "timeout");
  EXPECT_EQ(guest.connect(socket, full.server.name()), "invalid-state");
}

TEST(WasiAsyncNetworkLimits, ConnectingIsGivenUp) {
  FullListener full;
  AsyncNetworkGuest guest(WasiConfig().allow_tcp(full.server.name()));
  const Resource socket = guest.tcp();
  EXPECT_EQ(guest.value("connect-and-cancel", {guest.of(socket), Value::u32(std::stoul(full.server.port()))}),
            kCancelledBeforeReturned);
  EXPECT_EQ(guest.connect(socket, full.server.name()), "invalid-state");
}

TEST(WasiAsyncNetworkLimits, ATimeoutEndsAWait) {
  const auto ends = [](AsyncNetworkGuest& guest, const char* name, test::Values arguments) {
    guest.store().set_timeout(std::chrono::milliseconds(50));
    const auto ended = guest.attempt(name, std::move(arguments));
    ASSERT_FALSE(ended) << name;
    EXPECT_EQ(ended.error().limit(), Limit::kDeadline) << name;
  };
  {
    AsyncNetworkGuest guest(WasiConfig().listen("127.0.0.1:0"));
    uint32_t connections = 0;
    const Resource listener = guest.tcp();
    ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
    ASSERT_EQ(guest.listen(listener, &connections), "ok");
    ends(guest, "accept", {Value::u32(connections), Value::u32(1)});
  }
  {
    AsyncNetworkGuest guest(WasiConfig().listen_udp("127.0.0.1:0"));
    const Resource socket = guest.udp();
    ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
    ends(guest, "udp-receive", {guest.of(socket)});
  }
  Connected c;
  ends(*c.guest, "read", {Value::u32(c.input.stream), Value::u32(1)});
}

// Connections, streams and ends of one guest, dropped in every order: nothing leaks, nothing hangs.
TEST(WasiAsyncNetworkAbuse, DroppedInEveryOrder) {
  const int before = test::open_sockets();
  {
    AsyncNetworkGuest guest(WasiConfig().listen("127.0.0.1:0").allow_tcp("127.0.0.1:*").allow_udp("127.0.0.1:*"));
    guest.store().set_timeout(std::chrono::seconds(300));
    const Resource listener = guest.tcp();
    uint32_t connections = 0;
    ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
    ASSERT_EQ(guest.listen(listener, &connections), "ok");
    const std::string name = guest.local(listener);
    const auto port = static_cast<uint32_t>(std::stoul(name.substr(name.rfind(':') + 1)));
    std::mt19937 random(11);
    for (int round = 0; round < 60; ++round) {
      struct Kept {
        Resource socket;
        const char* drop = nullptr;
        uint32_t stream = 0;
      };
      std::vector<Kept> kept;
      const auto use = [&](Resource socket) {
        const Handles in = guest.receive(socket), out = guest.send(socket);
        const bool takes = random() % 2 != 0 || guest.write(out.stream, "data");
        if (random() % 4 == 0) (void)guest.value("read-and-cancel", {Value::u32(in.stream)});
        if (takes && random() % 8 == 0) (void)guest.value("write-what-fits", {Value::u32(out.stream)});
        kept.push_back({{}, "drop-reader", in.stream});
        kept.push_back({{}, "drop-writer", out.stream});
        // Ends that are not read are dropped with the guest.
        kept.push_back({std::move(socket)});
      };
      const int clients = 1 + static_cast<int>(random() % 5);
      for (int i = 0; i < clients; ++i) {
        Resource client = guest.tcp();
        if (random() % 4 == 0) {
          (void)guest.value("connect-and-cancel", {guest.of(client), Value::u32(port)});
          kept.push_back({std::move(client)});
          continue;
        }
        ASSERT_EQ(guest.connect(client, name), "ok");
        use(std::move(client));
        for (Resource& accepted : guest.accept(connections, 1 + random() % 3)) use(std::move(accepted));
      }
      Resource udp = guest.udp();
      ASSERT_EQ(guest.bind(udp, "127.0.0.1:0", "udp"), "ok");
      (void)guest.value("udp-receive-and-cancel", {guest.of(udp)});
      kept.push_back({std::move(udp)});
      std::shuffle(kept.begin(), kept.end(), random);
      for (; !kept.empty(); kept.pop_back())
        if (kept.back().drop != nullptr) guest.drop(kept.back().drop, kept.back().stream);
    }
  }
  EXPECT_EQ(test::open_sockets(), before);
}

}  // namespace
}  // namespace ermine
