// wasi:tls 0.2 against a server of OpenSSL's, over the loopback.
#include <algorithm>
#include <random>
#include <vector>

#include "tests/wasi/tls_guest.h"
#include "tests/wasi/tls_server.h"

namespace ermine {
namespace {

using component::Resource;
using component::Value;
using test::must;
using test::Streams;
using test::TlsServer;

WasiConfig granted(const TlsServer& server, WasiConfig config = {}) {
  TlsOptions options;
  options.ca_file = server.ca_file();
  options.plugin = ERMINE_TLS_PLUGIN_PATH;
  return std::move(config.allow_tcp("127.0.0.1:*").tls(must(TlsClient::open(options))));
}

class TlsGuest : public test::NetworkGuest {
 public:
  explicit TlsGuest(WasiConfig config) : NetworkGuest(std::move(config), test::tls_component()) {
    store().set_timeout(std::chrono::seconds(60));
  }

  Resource begin(const std::string& server, const std::string& name) {
    Streams streams;
    const Resource socket = tcp();
    EXPECT_EQ(connect(socket, server, &streams), "ok");
    return make("finish-handshake", {make_handshake(name, std::move(streams))});
  }
  Value make_handshake(const std::string& name, Streams streams) {
    return call("handshake",
                {test::text(name), std::move(streams.in).into_value(), std::move(streams.out).into_value()});
  }
  // Waits; "ok", or why it failed.
  std::string finish(const Resource& future) {
    wait(future, "subscribe-handshake");
    const Value v = call("client-streams", {of(future)});
    const Value& made = *v.payload()->payload();
    if (!made.is_ok()) return problem(*made.payload());
    const auto& parts = made.payload()->elements();
    connection = must(Resource::from_value(parts[0]));
    in = must(Resource::from_value(parts[1]));
    out = must(Resource::from_value(parts[2]));
    return "ok";
  }
  std::string handshake(const std::string& server, const std::string& name = "localhost") {
    return finish(begin(server, name));
  }
  std::string problem(const Value& error) { return call("debug", {of(must(Resource::from_value(error)))}).as_string(); }
  // What is read, "closed", or why it failed.
  std::string receive() {
    const Value v = call("blocking-read", {of(in), test::number(65'536)});
    if (!v.is_ok()) return v.payload()->case_name() == "closed" ? "closed" : problem(*v.payload()->payload());
    const auto span = v.payload()->numbers<uint8_t>();
    return {span.begin(), span.end()};
  }
  // All at once, as check-write permits; what it permitted, or an error.
  std::string write_permitted(std::string_view& data) {
    const Value v = call("check-write", {of(out)});
    if (!v.is_ok()) return v.payload()->case_name();
    const size_t n = std::min<size_t>(v.payload()->as_unsigned(), data.size());
    if (n == 0) return "";
    const std::string written = outcome("write", {of(out), test::bytes(data.substr(0, n))});
    data.remove_prefix(n);
    return written == "ok" ? "" : written;
  }

  Resource connection, in, out;
};

TEST(WasiTls, Echo) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION})
    for (const char* name : {"localhost", "127.0.0.1"}) {
      TlsServer server(TlsServer::echo, version);
      TlsGuest guest(granted(server));
      const Resource future = guest.begin(server.name(), name);
      ASSERT_EQ(guest.finish(future), "ok");
      // It is taken once.
      EXPECT_FALSE(guest.call("client-streams", {guest.of(future)}).payload()->is_ok());
      EXPECT_FALSE(guest.is_ready(guest.in, "subscribe-in"));
      EXPECT_EQ(guest.read(guest.in, 10), "");
      ASSERT_EQ(guest.write(guest.out, "hello"), "ok");
      guest.wait(guest.in, "subscribe-in");
      EXPECT_EQ(guest.read(guest.in, 3), "hel");
      EXPECT_TRUE(guest.is_ready(guest.in, "subscribe-in"));
      EXPECT_EQ(guest.receive(), "lo");
      must(guest.attempt("close-output", {guest.of(guest.connection)}));
      EXPECT_EQ(guest.write(guest.out, "more"), "closed");
      EXPECT_EQ(guest.outcome("check-write", {guest.of(guest.out)}), "closed");
      EXPECT_EQ(guest.receive(), "closed");
      EXPECT_EQ(guest.receive(), "closed");
      EXPECT_EQ(server.ended(), 1);
    }
}

// Both directions at once, with more than all buffers take.
TEST(WasiTls, ManyBytes) {
  TlsServer server;
  TlsGuest guest(granted(server));
  ASSERT_EQ(guest.handshake(server.name()), "ok");
  std::string sent(3'000'000, '\0');
  std::minstd_rand random(1);
  for (char& c : sent) c = static_cast<char>(random());
  std::string_view rest = sent;
  std::string received;
  while (received.size() < sent.size()) {
    if (!rest.empty()) { ASSERT_EQ(guest.write_permitted(rest), ""); }
    // With nothing to be written any more, there may still be something to be sent.
    const std::string some = rest.empty() ? guest.receive() : guest.read(guest.in, 100'000);
    ASSERT_NE(some, "closed");
    received += some;
  }
  EXPECT_TRUE(received == sent);
}

// The server takes nothing until the program waits for it.
TEST(WasiTls, WritesThatWait) {
  TlsServer server([](SSL* ssl, test::OwnSocket& socket) {
    usleep(100'000);
    TlsServer::echo(ssl, socket);
  });
  TlsGuest guest(granted(server));
  ASSERT_EQ(guest.handshake(server.name()), "ok");
  const std::string megabytes(20'000'000, 'x');
  std::string_view rest = megabytes;
  size_t before = 0;
  do {
    before = rest.size();
    ASSERT_EQ(guest.write_permitted(rest), "");
  } while (rest.size() != before && !rest.empty());
  ASSERT_FALSE(rest.empty());
  EXPECT_FALSE(guest.is_ready(guest.out, "subscribe-out"));
  // Waiting to read sends what is left, too.
  size_t received = guest.receive().size();
  while (received < megabytes.size() - rest.size()) received += guest.receive().size();
  EXPECT_TRUE(guest.is_ready(guest.out, "subscribe-out"));
}

TEST(WasiTls, OnlyIfGranted) {
  TlsServer server;
  TlsGuest guest(WasiConfig().allow_tcp("127.0.0.1:*"));
  EXPECT_EQ(guest.handshake(server.name()), "the program may not use TLS");
  EXPECT_TRUE(guest.wasi().refusals().tls);
}

TEST(WasiTls, Names) {
  TlsServer server;
  TlsGuest guest(granted(server));
  for (const std::string& name : {std::string("example.org"), std::string("127.0.0.2"), std::string("host")})
    EXPECT_TRUE(guest.handshake(server.name(), name).starts_with("the certificate of the server is not trusted: "))
        << name;
  for (const std::string& name : {std::string(), std::string("localhost\0x", 11)})
    EXPECT_EQ(guest.handshake(server.name(), name), "this is no name of a server");
  EXPECT_FALSE(guest.wasi().refusals().tls);
  EXPECT_EQ(server.served(), 0);
}

TEST(WasiTls, OnlyTrustedServers) {
  TlsServer server, other;
  TlsGuest guest(granted(other));
  EXPECT_TRUE(guest.handshake(server.name()).starts_with("the certificate of the server is not trusted: "));
  TlsOptions options;
  options.plugin = ERMINE_TLS_PLUGIN_PATH;
  options.ca_file = "/nonexistent";
  EXPECT_EQ(TlsClient::open(options).error().message(),
            "cannot read the certificates in '/nonexistent': No such file or directory");
  options.ca_file = "/dev/null";
  EXPECT_EQ(TlsClient::open(options).error().message(), "'/dev/null' has no certificate in the PEM format");
  options = {.ca_file = "", .plugin = "/nonexistent"};
  EXPECT_EQ(TlsClient::open(options).error().kind(), ErrorKind::kUnsupported);
}

// A server's end without close_notify may be an attacker's.
TEST(WasiTls, EndsThatAreNone) {
  TlsServer server([](SSL* ssl, test::OwnSocket&) { TlsServer::write(ssl, "half"); });
  TlsGuest guest(granted(server));
  ASSERT_EQ(guest.handshake(server.name()), "ok");
  EXPECT_EQ(guest.receive(), "half");
  EXPECT_EQ(guest.receive(), "the connection ended without the server's close_notify");
  EXPECT_EQ(guest.receive(), "closed");
}

TEST(WasiTls, AlertsOfTheServer) {
  TlsServer server(TlsServer::echo, TLS1_2_VERSION);
  TlsServer none([](SSL*, test::OwnSocket&) {}, 0x0302 /* TLS 1.1 */);
  TlsGuest guest(granted(server));
  EXPECT_NE(guest.handshake(none.name()), "ok");
}

TEST(WasiTls, ServersOfOtherProtocols) {
  test::OwnSocket listener(SOCK_STREAM);
  listener.listen();
  std::thread thread([&] {
    test::OwnSocket peer = listener.accept();
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    (void)peer.read();
  });
  TlsServer server;
  TlsGuest guest(granted(server));
  EXPECT_EQ(guest.handshake(listener.name()), "wrong version number");
  thread.join();
}

// What the server has sent is read although it takes nothing any more.
TEST(WasiTls, OutputThatBroke) {
  TlsServer server([](SSL* ssl, test::OwnSocket& socket) {
    TlsServer::write(ssl, "last words");
    SSL_shutdown(ssl);
    shutdown(socket.fd(), SHUT_RD);
    usleep(50'000);
  });
  TlsGuest guest(granted(server));
  ASSERT_EQ(guest.handshake(server.name()), "ok");
  EXPECT_EQ(guest.receive(), "last words");
  EXPECT_EQ(guest.receive(), "closed");
}

TEST(WasiTls, ConnectionsCountAsFiles) {
  TlsServer server;
  TlsGuest guest(granted(server, std::move(WasiConfig().max_open_files(6))));
  // Three standard streams, a socket, and its session.
  ASSERT_EQ(guest.handshake(server.name()), "ok");
  ASSERT_EQ(guest.write(guest.out, "x"), "ok");
  EXPECT_EQ(guest.receive(), "x");
  Streams streams;
  const Resource socket = guest.tcp();
  ASSERT_EQ(guest.connect(socket, server.name(), &streams), "ok");
  EXPECT_EQ(guest.finish(guest.make("finish-handshake", {guest.make_handshake("localhost", std::move(streams))})),
            "the program has reached the limit of open files");
  EXPECT_TRUE(guest.wasi().refusals().too_many_files);
}

// The parts are dropped in every order, also before the handshake is over.
TEST(WasiTls, AnyOrderOfDrops) {
  TlsServer server;
  TlsGuest guest(granted(server));
  const int sockets = test::open_sockets();
  int order[] = {0, 1, 2};
  do {
    ASSERT_EQ(guest.handshake(server.name()), "ok");
    ASSERT_EQ(guest.write(guest.out, "x"), "ok");
    for (const int part : order) (part == 0 ? guest.connection : part == 1 ? guest.in : guest.out) = Resource();
  } while (std::next_permutation(std::begin(order), std::end(order)));
  guest.begin(server.name(), "localhost");
  Streams streams;
  const Resource socket = guest.tcp();
  ASSERT_EQ(guest.connect(socket, server.name(), &streams), "ok");
  (void)guest.make_handshake("localhost", std::move(streams));
  // Those of the last socket, and of the server.
  EXPECT_LE(test::open_sockets(), sockets + 2);
}

// The encrypted bytes may come from anywhere; of files and the standard streams they are nothing.
TEST(WasiTls, StreamsThatAreNoConnections) {
  TlsServer server;
  TlsGuest guest(granted(server));
  // The input ends at once, the output is discarded.
  Streams streams{guest.make("stdin"), guest.make("stdout")};
  EXPECT_EQ(guest.finish(guest.make("finish-handshake", {guest.make_handshake("localhost", std::move(streams))})),
            "the connection ended without the server's close_notify");
}

}  // namespace
}  // namespace ermine
