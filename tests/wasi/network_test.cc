// wasi:sockets of WASI 0.2 over the loopback: every function, with the states and errors of the definitions.
#include <thread>

#include "tests/wasi/guest.h"
#include "tests/wasi/network_guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::must;
using test::NetworkGuest;
using test::number;
using test::OwnSocket;
using test::Streams;

TEST(WasiNetwork, NothingByDefault) {
  NetworkGuest guest{WasiConfig()};
  EXPECT_EQ(guest.outcome("resolve", {guest.of(guest.network()), test::text("localhost")}), "access-denied");
  const Resource tcp = guest.tcp();
  EXPECT_EQ(guest.bind(tcp, "127.0.0.1:0"), "access-denied");
  EXPECT_EQ(guest.start_connect(tcp, "127.0.0.1:9"), "access-denied");
  EXPECT_EQ(guest.outcome("set-keep-alive", {guest.of(tcp), Value::boolean(true)}), "access-denied");
  const Resource udp = guest.udp();
  EXPECT_EQ(guest.bind(udp, "127.0.0.1:5353", "udp"), "access-denied");
  // A client's socket is bound, so that it can say where it wants to send.
  ASSERT_EQ(guest.bind(udp, "0.0.0.0:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(udp, "", &streams), "ok");
  EXPECT_TRUE(guest.is_ready(streams.out, "subscribe-outgoing"));
  EXPECT_EQ(guest.send_one(streams.out, "x", "127.0.0.1:53"), "access-denied");
  EXPECT_EQ(guest.receive(streams.in), std::vector<std::string>{"access-denied"});
  const WasiRefusals& refusals = guest.wasi().refusals();
  EXPECT_EQ(refusals.dns_name, "localhost");
  EXPECT_EQ(refusals.tcp_target, "127.0.0.1:9");
  EXPECT_EQ(refusals.tcp_listener, "127.0.0.1:0");
  EXPECT_EQ(refusals.udp_listener, "127.0.0.1:5353");
  EXPECT_EQ(refusals.udp_peer, "127.0.0.1:53");
}

TEST(WasiNetwork, MalformedGrants) {
  for (WasiConfig config :
       {WasiConfig().allow_tcp("example.org"), WasiConfig().allow_udp("0x7f.1:80"), WasiConfig().allow_dns("a:80"),
        WasiConfig().allow_http("*.*"), WasiConfig().listen_udp("a:80")}) {
    const auto wasi = Wasi::create(std::move(config));
    ASSERT_FALSE(wasi);
    EXPECT_EQ(wasi.error().kind(), ErrorKind::kUsage);
  }
}

class WasiTcp : public test::OfEachFamily {};
INSTANTIATE_TEST_SUITE_P(, WasiTcp, testing::Values("ipv4", "ipv6"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(WasiTcp, Client) {
  OwnSocket server(SOCK_STREAM, own());
  server.listen();
  NetworkGuest guest(WasiConfig().allow_tcp(server.name()));
  const Resource socket = guest.tcp(GetParam());
  EXPECT_EQ(guest.call("tcp-family", {guest.of(socket)}).case_name(), GetParam());
  EXPECT_FALSE(guest.call("is-listening", {guest.of(socket)}).as_bool());
  EXPECT_EQ(guest.local(socket), "invalid-state");
  EXPECT_EQ(guest.remote(socket), "invalid-state");
  EXPECT_EQ(guest.outcome("finish-connect", {guest.of(socket)}), "not-in-progress");
  EXPECT_EQ(guest.outcome("tcp-finish-bind", {guest.of(socket)}), "not-in-progress");
  EXPECT_EQ(guest.outcome("finish-listen", {guest.of(socket)}), "not-in-progress");
  EXPECT_EQ(guest.outcome("start-listen", {guest.of(socket)}), "invalid-state");
  EXPECT_EQ(guest.accept(socket), "invalid-state");
  EXPECT_EQ(guest.outcome("shutdown", {guest.of(socket), Value::enumeration("both")}), "invalid-state");

  Streams streams;
  ASSERT_EQ(guest.start_connect(socket, server.name()), "ok");
  EXPECT_EQ(guest.start_connect(socket, server.name()), "concurrency-conflict");
  ASSERT_EQ(guest.finish_connect(socket, &streams), "ok");
  EXPECT_EQ(guest.remote(socket), server.name());
  EXPECT_EQ(guest.outcome("finish-connect", {guest.of(socket)}), "not-in-progress");
  EXPECT_EQ(guest.start_connect(socket, server.name()), "invalid-state");
  EXPECT_EQ(guest.bind(socket, host() + ":0"), "invalid-state");
  EXPECT_EQ(guest.listen(socket), "invalid-state");
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(socket), number(1)}), "invalid-state");

  OwnSocket peer = server.accept();
  EXPECT_EQ(guest.read(streams.in, 100), "");
  EXPECT_FALSE(guest.is_ready(streams.in, "subscribe-in"));
  EXPECT_TRUE(guest.is_ready(streams.out, "subscribe-out"));
  EXPECT_EQ(guest.write(streams.out, "question"), "ok");
  EXPECT_EQ(peer.read(), "question");
  peer.write("answer");
  EXPECT_EQ(guest.receive_some(streams.in), "answer");
  peer.close();
  EXPECT_EQ(guest.receive_some(streams.in), "closed");
}

TEST_P(WasiTcp, Server) {
  NetworkGuest guest(WasiConfig().listen(host() + ":0"));
  const Resource listener = guest.tcp(GetParam());
  ASSERT_EQ(
      guest.outcome("tcp-start-bind", {guest.of(listener), guest.of(guest.network()), test::address(host() + ":0")}),
      "ok");
  EXPECT_EQ(guest.local(listener), "invalid-state");
  EXPECT_EQ(guest.bind(listener, host() + ":0"), "concurrency-conflict");
  EXPECT_EQ(guest.start_connect(listener, host() + ":9"), "concurrency-conflict");
  ASSERT_EQ(guest.outcome("tcp-finish-bind", {guest.of(listener)}), "ok");
  EXPECT_EQ(guest.bind(listener, host() + ":0"), "invalid-state");
  const std::string name = guest.local(listener);
  EXPECT_TRUE(name.starts_with(host() + ":")) << name;
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(0)}), "invalid-argument");
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(~uint64_t{0})}), "ok");
  ASSERT_EQ(guest.outcome("start-listen", {guest.of(listener)}), "ok");
  EXPECT_EQ(guest.outcome("start-listen", {guest.of(listener)}), "concurrency-conflict");
  EXPECT_FALSE(guest.call("is-listening", {guest.of(listener)}).as_bool());
  ASSERT_EQ(guest.outcome("finish-listen", {guest.of(listener)}), "ok");
  EXPECT_TRUE(guest.call("is-listening", {guest.of(listener)}).as_bool());
  EXPECT_EQ(guest.outcome("set-backlog", {guest.of(listener), number(5)}), "ok");
  EXPECT_EQ(guest.accept(listener), "would-block");
  EXPECT_FALSE(guest.is_ready(listener));

  OwnSocket client(SOCK_STREAM, own());
  ASSERT_TRUE(client.connect(name));
  guest.wait(listener);
  test::Connection connection;
  ASSERT_EQ(guest.accept(listener, &connection), "ok");
  EXPECT_EQ(guest.local(connection.socket), name);
  EXPECT_EQ(guest.remote(connection.socket), client.name());
  client.write("hello");
  EXPECT_EQ(guest.receive_some(connection.streams.in), "hello");
  EXPECT_EQ(guest.write(connection.streams.out, "bye"), "ok");
  EXPECT_EQ(client.read(), "bye");
}

TEST(WasiTcpArguments, Addresses) {
  NetworkGuest guest(WasiConfig().allow_tcp("*+loopback+private+multicast+reserved:*").listen("127.0.0.1:0"));
  for (const char* bad : {"[::1]:9", "0.0.0.0:9", "127.0.0.1:0", "224.0.0.1:9", "255.255.255.255:9"})
    EXPECT_EQ(guest.start_connect(guest.tcp(), bad), "invalid-argument") << bad;
  for (const char* bad : {"127.0.0.1:9", "[::]:9", "[::1]:0", "[ff02::1]:9", "[::ffff:127.0.0.1]:9"})
    EXPECT_EQ(guest.start_connect(guest.tcp("ipv6"), bad), "invalid-argument") << bad;
  for (const char* bad : {"[::1]:0", "224.0.0.1:0", "255.255.255.255:0"})
    EXPECT_EQ(guest.bind(guest.tcp(), bad), "invalid-argument") << bad;
  for (const char* bad : {"127.0.0.1:0", "[::ffff:127.0.0.1]:0", "[ff02::1]:0"})
    EXPECT_EQ(guest.bind(guest.tcp("ipv6"), bad), "invalid-argument") << bad;
  EXPECT_EQ(guest.bind(guest.tcp(), "192.0.2.1:0"), "address-not-bindable");
  const Resource refused = guest.tcp();
  EXPECT_EQ(guest.connect(refused, "127.0.0.1:1"), "connection-refused");
  EXPECT_EQ(guest.start_connect(refused, "127.0.0.1:1"), "invalid-state");
  EXPECT_EQ(guest.bind(refused, "127.0.0.1:0"), "invalid-state");
  EXPECT_EQ(guest.local(refused), "invalid-state");
}

TEST(WasiTcpArguments, AClientsPortIsNotForListening) {
  OwnSocket server(SOCK_STREAM);
  server.listen();
  NetworkGuest guest(WasiConfig().allow_tcp("127.0.0.1:" + server.port()));
  const Resource socket = guest.tcp();
  EXPECT_EQ(guest.bind(socket, "127.0.0.1:8080"), "access-denied");
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0"), "ok");
  EXPECT_EQ(guest.listen(socket), "access-denied");
  EXPECT_EQ(guest.connect(socket, server.name()), "ok");
  EXPECT_EQ(guest.start_connect(guest.tcp(), "127.0.0.2:" + server.port()), "access-denied");
  EXPECT_EQ(guest.wasi().refusals().tcp_target, "127.0.0.2:" + server.port());
}

TEST(WasiTcpArguments, WhereToListen) {
  OwnSocket taken(SOCK_STREAM);
  taken.listen();
  NetworkGuest guest(WasiConfig().listen(":0").listen("127.0.0.2:0"));
  const Resource any = guest.tcp();
  EXPECT_EQ(guest.bind(any, "0.0.0.0:0"), "ok");
  EXPECT_EQ(guest.listen(any), "ok");
  const Resource v6 = guest.tcp("ipv6");
  EXPECT_EQ(guest.bind(v6, "[::]:0"), "ok");
  EXPECT_EQ(guest.listen(v6), "ok");
  EXPECT_EQ(guest.bind(guest.tcp(), "127.0.0.1:" + taken.port()), "access-denied");
  NetworkGuest one(WasiConfig().listen("127.0.0.2:0"));
  EXPECT_EQ(one.bind(one.tcp(), "0.0.0.0:0"), "access-denied");
  EXPECT_EQ(one.bind(one.tcp(), "127.0.0.1:0"), "access-denied");
  EXPECT_EQ(one.bind(one.tcp("ipv6"), "[::1]:0"), "access-denied");
  const Resource ok = one.tcp();
  EXPECT_EQ(one.bind(ok, "127.0.0.2:0"), "ok");
  // An address that is in use.
  NetworkGuest twice(WasiConfig().listen("127.0.0.3:18099"));
  const Resource first = twice.tcp(), second = twice.tcp();
  ASSERT_EQ(twice.bind(first, "127.0.0.3:18099"), "ok");
  ASSERT_EQ(twice.listen(first), "ok");
  EXPECT_EQ(twice.bind(second, "127.0.0.3:18099"), "address-in-use");
  // The failed bind can be repeated with other arguments.
  EXPECT_EQ(twice.bind(second, "127.0.0.3:18099"), "address-in-use");
}

TEST_P(WasiTcp, Options) {
  NetworkGuest guest(WasiConfig().allow_tcp(host() + ":9"));
  const Resource s = guest.tcp(GetParam());
  auto value = [&](const char* name) {
    const Value v = guest.call(name, {guest.of(s)});
    EXPECT_TRUE(v.is_ok()) << name;
    return v.payload()->kind() == component::ValueKind::kBool ? uint64_t{v.payload()->as_bool()}
                                                              : v.payload()->as_unsigned();
  };
  auto set = [&](const char* name, Value v) { return guest.outcome(name, {guest.of(s), std::move(v)}); };
  constexpr uint64_t kSecond = 1'000'000'000;
  EXPECT_EQ(value("keep-alive"), 0u);
  EXPECT_EQ(set("set-keep-alive", Value::boolean(true)), "ok");
  EXPECT_EQ(value("keep-alive"), 1u);
  for (const char* name : {"idle-time", "interval"}) {
    const std::string setter = std::string("set-") + name;
    EXPECT_EQ(set(setter.c_str(), number(0)), "invalid-argument");
    EXPECT_EQ(set(setter.c_str(), number(1)), "ok");
    EXPECT_EQ(value(name), kSecond) << name;
    EXPECT_EQ(set(setter.c_str(), number(90 * kSecond + 1)), "ok");
    EXPECT_EQ(value(name), 91 * kSecond) << name;
    EXPECT_EQ(set(setter.c_str(), number(~uint64_t{0})), "ok");
    EXPECT_EQ(value(name), 32767 * kSecond) << name;
  }
  EXPECT_EQ(set("set-probes", Value::u32(0)), "invalid-argument");
  EXPECT_EQ(set("set-probes", Value::u32(5)), "ok");
  EXPECT_EQ(value("probes"), 5u);
  EXPECT_EQ(set("set-probes", Value::u32(~0u)), "ok");
  EXPECT_EQ(value("probes"), 127u);
  const auto hops = [](uint64_t n) { return Value::integer(component::ValueKind::kU8, n); };
  EXPECT_EQ(set("set-tcp-hops", hops(0)), "invalid-argument");
  EXPECT_EQ(set("set-tcp-hops", hops(255)), "ok");
  EXPECT_EQ(value("tcp-hops"), 255u);
  EXPECT_EQ(set("set-tcp-hops", hops(7)), "ok");
  EXPECT_EQ(value("tcp-hops"), 7u);
  for (const char* name : {"tcp-receive-buffer", "tcp-send-buffer"}) {
    const std::string setter = std::string("set-") + name;
    EXPECT_GT(value(name), 0u);
    EXPECT_EQ(set(setter.c_str(), number(0)), "invalid-argument");
    EXPECT_EQ(set(setter.c_str(), number(100'000)), "ok");
    EXPECT_EQ(value(name), 100'000u) << name;
    EXPECT_EQ(set(setter.c_str(), number(~uint64_t{0})), "ok");
    EXPECT_GT(value(name), 100'000u) << name;
    EXPECT_EQ(set(setter.c_str(), number(1)), "ok");
  }
}

TEST_P(WasiTcp, AcceptedSocketsInheritOptions) {
  NetworkGuest guest(WasiConfig().listen(host() + ":0"));
  const Resource listener = guest.tcp(GetParam());
  ASSERT_EQ(guest.outcome("set-keep-alive", {guest.of(listener), Value::boolean(true)}), "ok");
  ASSERT_EQ(guest.outcome("set-idle-time", {guest.of(listener), number(42'000'000'000)}), "ok");
  ASSERT_EQ(guest.outcome("set-tcp-hops", {guest.of(listener), Value::integer(component::ValueKind::kU8, 42)}), "ok");
  ASSERT_EQ(guest.outcome("set-tcp-receive-buffer", {guest.of(listener), number(50'000)}), "ok");
  ASSERT_EQ(guest.bind(listener, host() + ":0"), "ok");
  ASSERT_EQ(guest.listen(listener), "ok");
  OwnSocket client(SOCK_STREAM, own());
  ASSERT_TRUE(client.connect(guest.local(listener)));
  guest.wait(listener);
  test::Connection c;
  ASSERT_EQ(guest.accept(listener, &c), "ok");
  EXPECT_TRUE(guest.call("keep-alive", {guest.of(c.socket)}).payload()->as_bool());
  EXPECT_EQ(guest.call("idle-time", {guest.of(c.socket)}).payload()->as_unsigned(), 42'000'000'000u);
  EXPECT_EQ(guest.call("tcp-hops", {guest.of(c.socket)}).payload()->as_unsigned(), 42u);
  EXPECT_EQ(guest.call("tcp-receive-buffer", {guest.of(c.socket)}).payload()->as_unsigned(), 50'000u);
}

// A guest and the test's other end of its connection.
struct Connected {
  OwnSocket server{SOCK_STREAM};
  std::optional<NetworkGuest> guest;
  Resource socket;
  Streams streams;
  std::optional<OwnSocket> peer;
  explicit Connected(WasiConfig config = {}) {
    server.listen();
    guest.emplace(std::move(config.allow_tcp(server.name())));
    socket = guest->tcp();
    EXPECT_EQ(guest->connect(socket, server.name(), &streams), "ok");
    peer.emplace(server.accept());
  }
};

TEST(WasiTcpStreams, ShutDown) {
  Connected c;
  NetworkGuest& guest = *c.guest;
  const Value send = Value::enumeration("send"), receive = Value::enumeration("receive");
  EXPECT_EQ(guest.write(c.streams.out, "last words"), "ok");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(guest.outcome("shutdown", {guest.of(c.socket), send.clone()}), "ok");
  EXPECT_EQ(guest.outcome("check-write", {guest.of(c.streams.out)}), "closed");
  EXPECT_EQ(guest.write(c.streams.out, "x"), "closed");
  EXPECT_EQ(c.peer->read(), "last words");
  EXPECT_EQ(c.peer->read(), "");
  // The other direction is still there.
  c.peer->write("answer");
  EXPECT_EQ(guest.receive_some(c.streams.in), "answer");
  c.peer->write("lost");
  EXPECT_EQ(guest.outcome("shutdown", {guest.of(c.socket), receive.clone()}), "ok");
  EXPECT_EQ(guest.read(c.streams.in, 10), "closed");
  EXPECT_TRUE(guest.is_ready(c.streams.in, "subscribe-in"));
}

TEST(WasiTcpStreams, ResetByTheOtherSide) {
  Connected c;
  NetworkGuest& guest = *c.guest;
  const linger now{1, 0};
  ASSERT_EQ(setsockopt(c.peer->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
  c.peer->close();
  const Value v = guest.call("blocking-read", {guest.of(c.streams.in), number(10)});
  ASSERT_FALSE(v.is_ok());
  ASSERT_EQ(v.payload()->case_name(), "last-operation-failed");
  const Resource error = must(Resource::from_value(*v.payload()->payload()));
  EXPECT_EQ(guest.call("network-error-of", {guest.of(error)}).payload()->case_name(), "connection-reset");
  EXPECT_EQ(guest.call("error-code", {guest.of(error)}).payload(), nullptr);
  EXPECT_EQ(guest.write(c.streams.out, "x"), "closed");
}

// What check-write permits is taken at once, whatever the other side does.
TEST(WasiTcpStreams, PermittedWritesDoNotWait) {
  for (uint64_t buffer : {0, 1, 200'000}) {
    Connected c;
    NetworkGuest& guest = *c.guest;
    if (buffer != 0) ASSERT_EQ(guest.outcome("set-tcp-send-buffer", {guest.of(c.socket), number(buffer)}), "ok");
    guest.store().set_timeout(std::chrono::seconds(20));
    uint64_t written = 0;
    while (true) {
      const Value v = guest.call("check-write", {guest.of(c.streams.out)});
      ASSERT_TRUE(v.is_ok());
      const uint64_t permitted = v.payload()->as_unsigned();
      if (permitted == 0) break;
      ASSERT_EQ(guest.outcome("write", {guest.of(c.streams.out), test::bytes(std::string(permitted, 'x'))}), "ok");
      written += permitted;
    }
    EXPECT_GT(written, 10'000u);
    EXPECT_FALSE(guest.is_ready(c.streams.out, "subscribe-out"));
    // It all arrives.
    std::thread reader([&] {
      uint64_t got = 0;
      for (std::string s; !(s = c.peer->read()).empty();) got += s.size();
      EXPECT_EQ(got, written);
    });
    guest.wait(c.streams.out, "subscribe-out");
    EXPECT_EQ(guest.outcome("shutdown", {guest.of(c.socket), Value::enumeration("send")}), "ok");
    reader.join();
  }
}

TEST(WasiTcpStreams, SpliceAndSkip) {
  Connected a, b;
  a.peer->write("0123456789");
  NetworkGuest& guest = *a.guest;
  a.guest->wait(a.streams.in, "subscribe-in");
  EXPECT_EQ(guest.call("skip", {guest.of(a.streams.in), number(4)}).payload()->as_unsigned(), 4u);
  EXPECT_EQ(
      guest.call("splice", {guest.of(a.streams.out), guest.of(a.streams.in), number(100)}).payload()->as_unsigned(),
      6u);
  EXPECT_EQ(a.peer->read(), "456789");
}

TEST(WasiLookup, Addresses) {
  NetworkGuest guest(WasiConfig().allow_tcp("localhost:1").allow_dns("*.invalid"));
  auto find = [&](std::string_view name) {
    const Value v = guest.call("resolve", {guest.of(guest.network()), test::text(name)});
    if (!v.is_ok()) return v.payload()->case_name();
    const Resource stream = must(Resource::from_value(*v.payload()));
    std::string all;
    while (true) {
      const Value next = guest.call("next-address", {guest.of(stream)});
      if (!next.is_ok() && next.payload()->case_name() == "would-block") {
        guest.wait(stream, "subscribe-lookup");
        continue;
      }
      if (!next.is_ok()) return next.payload()->case_name();
      if (next.payload()->payload() == nullptr) return all;
      all += (all.empty() ? "" : " ") + test::to_text(*next.payload()->payload());
    }
  };
  EXPECT_EQ(find("localhost"), "127.0.0.1 ::1");
  EXPECT_EQ(find("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(find("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(find("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(find("127.1"), "invalid-argument");
  EXPECT_EQ(find("a b"), "invalid-argument");
  EXPECT_EQ(find("example.org"), "access-denied");
  EXPECT_EQ(guest.wasi().refusals().dns_name, "example.org");
  const std::string missing = find("missing.invalid");
  EXPECT_TRUE(missing == "name-unresolvable" || missing.ends_with("-resolver-failure")) << missing;
}

class WasiUdp : public WasiTcp {};
INSTANTIATE_TEST_SUITE_P(, WasiUdp, testing::Values("ipv4", "ipv6"),
                         [](const auto& p) { return std::string(p.param); });

TEST_P(WasiUdp, Client) {
  OwnSocket server(SOCK_DGRAM, own()), stranger(SOCK_DGRAM, own());
  NetworkGuest guest(WasiConfig().allow_udp(server.name()));
  const Resource socket = guest.udp(GetParam());
  EXPECT_EQ(guest.call("udp-family", {guest.of(socket)}).case_name(), GetParam());
  EXPECT_EQ(guest.local(socket, "udp-local"), "invalid-state");
  EXPECT_EQ(guest.remote(socket, "udp-remote"), "invalid-state");
  EXPECT_EQ(guest.stream(socket, ""), "invalid-state");
  EXPECT_EQ(guest.outcome("udp-finish-bind", {guest.of(socket)}), "not-in-progress");
  EXPECT_EQ(guest.bind(socket, host() + ":5353", "udp"), "access-denied");
  ASSERT_EQ(guest.bind(socket, host() + ":0", "udp"), "ok");
  EXPECT_EQ(guest.bind(socket, host() + ":0", "udp"), "invalid-state");
  const std::string name = guest.local(socket, "udp-local");

  Streams streams;
  ASSERT_EQ(guest.stream(socket, "", &streams), "ok");
  EXPECT_EQ(guest.receive(streams.in).size(), 0u);
  EXPECT_FALSE(guest.is_ready(streams.in, "subscribe-incoming"));
  EXPECT_TRUE(guest.is_ready(streams.out, "subscribe-outgoing"));
  EXPECT_EQ(guest.send_one(streams.out, "x"), "invalid-argument");
  EXPECT_EQ(guest.send_one(streams.out, "x", host() + ":0"), "invalid-argument");
  EXPECT_EQ(guest.send_one(streams.out, "x", v6() ? "[::]:9" : "0.0.0.0:9"), "invalid-argument");
  EXPECT_EQ(guest.send_one(streams.out, "x", v6() ? "127.0.0.1:9" : "[::1]:9"), "invalid-argument");
  EXPECT_EQ(guest.send_one(streams.out, "x", stranger.name()), "access-denied");
  EXPECT_EQ(guest.wasi().refusals().udp_peer, stranger.name());
  EXPECT_EQ(guest.send_one(streams.out, std::string(65'530, 'x'), server.name()), "datagram-too-large");
  EXPECT_EQ(guest.send_one(streams.out, "question", server.name()), "1");
  EXPECT_EQ(server.read(), "question");
  // Those of others are dropped.
  ASSERT_TRUE(server.connect(name) && stranger.connect(name));
  stranger.write("surprise");
  server.write("answer");
  server.write("");
  guest.wait(streams.in, "subscribe-incoming");
  std::vector<std::string> got = guest.receive(streams.in);
  if (got.size() < 2)
    for (std::string& more : guest.receive(streams.in)) got.push_back(std::move(more));
  EXPECT_EQ(got, (std::vector<std::string>{"answer from " + server.name(), " from " + server.name()}));
}

TEST_P(WasiUdp, OnePeer) {
  OwnSocket server(SOCK_DGRAM, own()), other(SOCK_DGRAM, own());
  NetworkGuest guest(WasiConfig().allow_udp(server.name()).allow_udp(other.name()));
  const Resource socket = guest.udp(GetParam());
  ASSERT_EQ(guest.bind(socket, host() + ":0", "udp"), "ok");
  const std::string name = guest.local(socket, "udp-local");
  Streams first, second, third;
  EXPECT_EQ(guest.stream(socket, host() + ":0"), "invalid-argument");
  EXPECT_EQ(guest.stream(socket, host() + ":9"), "access-denied");
  ASSERT_EQ(guest.stream(socket, server.name(), &first), "ok");
  EXPECT_EQ(guest.remote(socket, "udp-remote"), server.name());
  EXPECT_EQ(guest.send_one(first.out, "a"), "1");
  EXPECT_EQ(guest.send_one(first.out, "b", server.name()), "1");
  EXPECT_EQ(guest.send_one(first.out, "c", other.name()), "invalid-argument");
  EXPECT_EQ(server.read() + server.read(), "ab");
  ASSERT_TRUE(other.connect(name) && server.connect(name));
  other.write("of the other");
  server.write("of the server");
  guest.wait(first.in, "subscribe-incoming");
  EXPECT_EQ(guest.receive(first.in), std::vector<std::string>{"of the server from " + server.name()});
  // Another association: the port stays, and the former streams are closed.
  ASSERT_EQ(guest.stream(socket, other.name(), &second), "ok");
  EXPECT_EQ(guest.local(socket, "udp-local"), name);
  EXPECT_EQ(guest.outcome("check-send", {guest.of(first.out)}), "invalid-state");
  EXPECT_EQ(guest.receive(first.in), std::vector<std::string>{"invalid-state"});
  EXPECT_TRUE(guest.is_ready(first.in, "subscribe-incoming"));
  EXPECT_EQ(guest.send_one(second.out, "to the other"), "1");
  EXPECT_EQ(other.read(), "to the other");
  ASSERT_EQ(guest.stream(socket, "", &third), "ok");
  EXPECT_EQ(guest.local(socket, "udp-local"), name);
  EXPECT_EQ(guest.remote(socket, "udp-remote"), "invalid-state");
  EXPECT_EQ(guest.send_one(third.out, "again", server.name()), "1");
  EXPECT_EQ(server.read(), "again");
}

TEST(WasiUdpStreams, NobodyThere) {
  std::string closed;
  {
    OwnSocket gone(SOCK_DGRAM);
    closed = gone.name();
  }
  NetworkGuest guest(WasiConfig().allow_udp(closed));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, closed, &streams), "ok");
  EXPECT_EQ(guest.send_one(streams.out, "x"), "1");
  guest.wait(streams.in, "subscribe-incoming");
  EXPECT_EQ(guest.receive(streams.in), std::vector<std::string>{"connection-refused"});
}

TEST_P(WasiUdp, Server) {
  NetworkGuest guest(WasiConfig().listen_udp(host() + ":0"));
  const Resource socket = guest.udp(GetParam());
  ASSERT_EQ(guest.bind(socket, host() + ":0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, "", &streams), "ok");
  OwnSocket client(SOCK_DGRAM, own()), stranger(SOCK_DGRAM, own());
  ASSERT_TRUE(client.connect(guest.local(socket, "udp-local")));
  client.write("question");
  guest.wait(streams.in, "subscribe-incoming");
  EXPECT_EQ(guest.receive(streams.in), std::vector<std::string>{"question from " + client.name()});
  // It answers those that it has heard, and no others.
  EXPECT_EQ(guest.send_one(streams.out, "answer", client.name()), "1");
  EXPECT_EQ(client.read(), "answer");
  EXPECT_EQ(guest.send_one(streams.out, "hello", stranger.name()), "access-denied");
}

TEST_P(WasiUdp, Options) {
  NetworkGuest guest(WasiConfig().allow_udp(host() + ":9"));
  const Resource s = guest.udp(GetParam());
  auto set = [&](const char* name, Value v) { return guest.outcome(name, {guest.of(s), std::move(v)}); };
  auto value = [&](const char* name) { return guest.call(name, {guest.of(s)}).payload()->as_unsigned(); };
  EXPECT_EQ(set("set-udp-hops", Value::integer(component::ValueKind::kU8, 0)), "invalid-argument");
  EXPECT_EQ(set("set-udp-hops", Value::integer(component::ValueKind::kU8, 3)), "ok");
  EXPECT_EQ(value("udp-hops"), 3u);
  for (const char* name : {"udp-receive-buffer", "udp-send-buffer"}) {
    const std::string setter = std::string("set-") + name;
    EXPECT_EQ(set(setter.c_str(), number(0)), "invalid-argument");
    EXPECT_EQ(set(setter.c_str(), number(100'000)), "ok");
    EXPECT_EQ(value(name), 100'000u);
  }
  EXPECT_TRUE(guest.is_ready(s, "subscribe-udp"));
}

TEST(WasiUdpStreams, SendingNeedsPermission) {
  OwnSocket server(SOCK_DGRAM);
  NetworkGuest guest(WasiConfig().allow_udp(server.name()));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, server.name(), &streams), "ok");
  EXPECT_EQ(guest.send(streams.out, {}), "0");
  const uint64_t permitted = guest.call("check-send", {guest.of(streams.out)}).payload()->as_unsigned();
  std::vector<Value> many;
  for (uint64_t i = 0; i < permitted; ++i) many.push_back(NetworkGuest::datagram(std::to_string(i)));
  EXPECT_EQ(guest.call("send", {guest.of(streams.out), Value::list(std::move(many))}).payload()->as_unsigned(),
            permitted);
  EXPECT_EQ(server.read(), "0");
  std::vector<Value> one;
  one.push_back(NetworkGuest::datagram("x"));
  const auto trapped = guest.attempt("send", {guest.of(streams.out), Value::list(std::move(one))});
  ASSERT_FALSE(trapped);
  EXPECT_NE(trapped.error().message().find("permitted 0"), std::string::npos) << trapped.error().message();
}

}  // namespace
}  // namespace ermine
