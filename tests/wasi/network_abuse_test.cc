// Limits of the network, and sockets that are used and dropped in every order.
#include <algorithm>
#include <chrono>
#include <random>

#include "tests/wasi/guest.h"
#include "tests/wasi/network_guest.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::Connection;
using test::must;
using test::NetworkGuest;
using test::number;
using test::OwnSocket;
using test::Streams;

TEST(WasiNetworkLimits, Sockets) {
  NetworkGuest guest(WasiConfig().allow_tcp("127.0.0.1:9").allow_udp("127.0.0.1:9").max_sockets(3));
  std::vector<Resource> sockets;
  sockets.push_back(guest.tcp());
  sockets.push_back(guest.udp());
  sockets.push_back(guest.tcp("ipv6"));
  EXPECT_EQ(guest.outcome("create-tcp", {Value::enumeration("ipv4")}), "new-socket-limit");
  EXPECT_EQ(guest.outcome("create-udp", {Value::enumeration("ipv4")}), "new-socket-limit");
  EXPECT_TRUE(guest.wasi().refusals().too_many_sockets);
  sockets.pop_back();
  sockets.push_back(guest.tcp());
  NetworkGuest none(WasiConfig().allow_tcp("127.0.0.1:9").max_sockets(0));
  EXPECT_EQ(none.outcome("create-tcp", {Value::enumeration("ipv4")}), "new-socket-limit");
  // They are open files as well.
  NetworkGuest files(WasiConfig().allow_tcp("127.0.0.1:9").max_open_files(5));
  const Resource first = files.tcp(), second = files.tcp();
  EXPECT_EQ(files.outcome("create-tcp", {Value::enumeration("ipv4")}), "new-socket-limit");
}

TEST(WasiNetworkLimits, AcceptedSockets) {
  NetworkGuest guest(WasiConfig().listen("127.0.0.1:0").max_sockets(2));
  const Resource listener = guest.tcp();
  ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
  ASSERT_EQ(guest.listen(listener), "ok");
  OwnSocket a(SOCK_STREAM), b(SOCK_STREAM);
  ASSERT_TRUE(a.connect(guest.local(listener)) && b.connect(guest.local(listener)));
  guest.wait(listener);
  {
    Connection first;
    ASSERT_EQ(guest.accept(listener, &first), "ok");
    EXPECT_EQ(guest.accept(listener), "new-socket-limit");
  }
  // The connection that was refused is still there.
  EXPECT_EQ(guest.accept(listener), "ok");
}

TEST(WasiNetworkLimits, Bytes) {
  OwnSocket server(SOCK_STREAM);
  server.listen();
  NetworkGuest guest(WasiConfig().allow_tcp(server.name()).max_network_bytes(10));
  const Resource socket = guest.tcp();
  Streams streams;
  ASSERT_EQ(guest.connect(socket, server.name(), &streams), "ok");
  OwnSocket peer = server.accept();
  EXPECT_EQ(guest.write(streams.out, "12345"), "ok");
  peer.write("67890abcde");
  EXPECT_EQ(guest.receive_some(streams.in), "67890");
  const Value v = guest.call("read", {guest.of(streams.in), number(10)});
  ASSERT_FALSE(v.is_ok());
  ASSERT_EQ(v.payload()->case_name(), "last-operation-failed");
  const Resource error = must(Resource::from_value(*v.payload()->payload()));
  EXPECT_EQ(guest.call("network-error-of", {guest.of(error)}).payload()->case_name(), "access-denied");
  EXPECT_EQ(guest.call("debug", {guest.of(error)}).as_string(), "the quota of bytes of the network is used up");
  EXPECT_EQ(guest.write(streams.out, "x"), "last-operation-failed");
  EXPECT_TRUE(guest.wasi().refusals().too_many_network_bytes);
}

TEST(WasiNetworkLimits, BytesOfDatagrams) {
  OwnSocket server(SOCK_DGRAM);
  NetworkGuest guest(WasiConfig().allow_udp(server.name()).max_network_bytes(10));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, server.name(), &streams), "ok");
  EXPECT_EQ(guest.send_one(streams.out, "12345"), "1");
  EXPECT_EQ(guest.send_one(streams.out, "123456"), "access-denied");
  EXPECT_EQ(guest.send_one(streams.out, "12345"), "1");
  EXPECT_EQ(guest.receive(streams.in), std::vector<std::string>{"access-denied"});
}

TEST(WasiNetworkLimits, WrittenBytes) {
  OwnSocket server(SOCK_DGRAM);
  NetworkGuest guest(WasiConfig().allow_udp(server.name()).max_written_bytes(4));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, server.name(), &streams), "ok");
  EXPECT_EQ(guest.send_one(streams.out, "1234"), "1");
  ASSERT_EQ(guest.outcome("check-send", {guest.of(streams.out)}), "ok");
  std::vector<Value> one;
  one.push_back(NetworkGuest::datagram("5"));
  const auto ended = guest.attempt("send", {guest.of(streams.out), Value::list(std::move(one))});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().limit(), Limit::kWrittenBytes);
}

TEST(WasiNetworkLimits, TimeOfAConnection) {
  OwnSocket server(SOCK_STREAM);
  server.listen();
  NetworkGuest guest(WasiConfig().allow_tcp(server.name()).max_connection_time(std::chrono::milliseconds(50)));
  const Resource socket = guest.tcp();
  Streams streams;
  ASSERT_EQ(guest.connect(socket, server.name(), &streams), "ok");
  OwnSocket peer = server.accept();
  const auto before = std::chrono::steady_clock::now();
  // The wait for something that never comes ends.
  const Value v = guest.call("blocking-read", {guest.of(streams.in), number(10)});
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(30));
  ASSERT_FALSE(v.is_ok());
  const Resource error = must(Resource::from_value(*v.payload()->payload()));
  EXPECT_EQ(guest.call("network-error-of", {guest.of(error)}).payload()->case_name(), "timeout");
  EXPECT_TRUE(guest.wasi().refusals().connection_time_over);
  EXPECT_EQ(peer.read(), "");
}

TEST(WasiNetworkLimits, TimeOfConnecting) {
  // A backlog that is full: the system drops further attempts.
  OwnSocket server(SOCK_STREAM);
  server.listen(0);
  std::vector<std::unique_ptr<OwnSocket>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::make_unique<OwnSocket>(SOCK_STREAM | SOCK_NONBLOCK));
    (void)waiting.back()->connect(server.name());
  }
  NetworkGuest guest(WasiConfig().allow_tcp(server.name()).connect_timeout(std::chrono::milliseconds(50)));
  const Resource socket = guest.tcp();
  ASSERT_EQ(guest.start_connect(socket, server.name()), "ok");
  EXPECT_EQ(guest.outcome("finish-connect", {guest.of(socket)}), "would-block");
  EXPECT_EQ(guest.finish_connect(socket), "timeout");
  EXPECT_EQ(guest.outcome("finish-connect", {guest.of(socket)}), "not-in-progress");
}

TEST(WasiNetworkLimits, ATimeoutEndsAWait) {
  NetworkGuest guest(WasiConfig().listen("127.0.0.1:0"));
  const Resource listener = guest.tcp();
  ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
  ASSERT_EQ(guest.listen(listener), "ok");
  const Resource pollable = guest.make("subscribe-tcp", {guest.of(listener)});
  guest.store().set_timeout(std::chrono::milliseconds(50));
  const auto ended = guest.attempt("block", {guest.of(pollable)});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().limit(), Limit::kDeadline);
}

TEST(WasiNetworkLimits, ManyDatagramsFromStrangers) {
  OwnSocket friendly(SOCK_DGRAM), stranger(SOCK_DGRAM);
  NetworkGuest guest(WasiConfig().allow_udp(friendly.name()));
  const Resource socket = guest.udp();
  ASSERT_EQ(guest.bind(socket, "127.0.0.1:0", "udp"), "ok");
  Streams streams;
  ASSERT_EQ(guest.stream(socket, "", &streams), "ok");
  ASSERT_TRUE(stranger.connect(guest.local(socket, "udp-local")) && friendly.connect(guest.local(socket, "udp-local")));
  for (int i = 0; i < 100; ++i) stranger.write("x");
  friendly.write("y");
  // Some are dropped at a time.
  EXPECT_EQ(guest.receive(streams.in).size(), 0u);
  EXPECT_EQ(guest.receive(streams.in), std::vector<std::string>{"y from " + friendly.name()});
}

// Connections within one guest, with whatever order of operations: nothing leaks, nothing hangs.
TEST(WasiNetworkAbuse, DroppedInEveryOrder) {
  const int before = test::open_sockets();
  {
    NetworkGuest guest(WasiConfig().listen("127.0.0.1:0").allow_tcp("127.0.0.1:*").allow_udp("127.0.0.1:*"));
    const Resource listener = guest.tcp();
    ASSERT_EQ(guest.bind(listener, "127.0.0.1:0"), "ok");
    ASSERT_EQ(guest.listen(listener), "ok");
    const std::string name = guest.local(listener);
    guest.store().set_timeout(std::chrono::seconds(300));
    std::mt19937 random(7);
    for (int round = 0; round < 60; ++round) {
      std::vector<Resource> held;
      const int connections = 1 + static_cast<int>(random() % 5);
      for (int i = 0; i < connections; ++i) {
        Resource client = guest.tcp();
        ASSERT_EQ(guest.start_connect(client, name), "ok");
        if (random() % 4 == 0) continue;  // dropped half-open
        held.push_back(guest.make("subscribe-tcp", {guest.of(client)}));
        Streams streams;
        if (random() % 4 != 0 && guest.finish_connect(client, &streams) == "ok") {
          if (random() % 2 == 0) EXPECT_EQ(guest.write(streams.out, "data"), "ok");
          held.push_back(guest.make("subscribe-in", {guest.of(streams.in)}));
          held.push_back(guest.make("subscribe-out", {guest.of(streams.out)}));
          held.push_back(std::move(streams.in));
          held.push_back(std::move(streams.out));
        }
        held.push_back(std::move(client));
      }
      while (true) {
        Connection c;
        if (guest.accept(listener, &c) != "ok") break;
        if (random() % 2 == 0) (void)guest.read(c.streams.in, 2);
        if (random() % 2 == 0) (void)guest.outcome("shutdown", {guest.of(c.socket), Value::enumeration("both")});
        held.push_back(guest.make("subscribe-in", {guest.of(c.streams.in)}));
        held.push_back(std::move(c.socket));
        held.push_back(std::move(c.streams.in));
        held.push_back(std::move(c.streams.out));
      }
      Resource udp = guest.udp();
      ASSERT_EQ(guest.bind(udp, "127.0.0.1:0", "udp"), "ok");
      Streams datagrams;
      ASSERT_EQ(guest.stream(udp, "", &datagrams), "ok");
      held.push_back(guest.make("subscribe-incoming", {guest.of(datagrams.in)}));
      held.push_back(std::move(udp));
      held.push_back(std::move(datagrams.in));
      held.push_back(std::move(datagrams.out));
      std::shuffle(held.begin(), held.end(), random);
      while (!held.empty()) held.pop_back();
    }
  }
  EXPECT_EQ(test::open_sockets(), before);
}

TEST(WasiNetworkAbuse, AbandonedLookups) {
  NetworkGuest guest(WasiConfig().allow_dns("*.invalid"));
  std::vector<Resource> streams;
  for (int i = 0; i < 600; ++i) {
    const Value v =
        guest.call("resolve", {guest.of(guest.network()), test::text("name-" + std::to_string(i) + ".invalid")});
    if (v.is_ok()) streams.push_back(must(Resource::from_value(*v.payload())));
    else EXPECT_EQ(v.payload()->case_name(), "temporary-resolver-failure");
    if (i % 2 == 0 && !streams.empty()) streams.erase(streams.begin());
  }
  EXPECT_GT(streams.size(), 100u);
  // More than wait at most are refused with an error that says that it may work later.
  EXPECT_LE(streams.size(), 300u);
}

}  // namespace
}  // namespace ermine
