// wasi:tls 0.3 against a server of OpenSSL's, over the loopback. The component passes everything on; the streams
// between it and the network are the host's.
#include <random>
#include <vector>

#include "tests/wasi/async_tls_guest.h"
#include "tests/wasi/tls_server.h"
#include "wasi/preview2/context.h"
#include "wasi/preview3/tls.h"
#include "wasi/state.h"

namespace ermine {
namespace {

using component::CopyResult;
using component::Resource;
using component::ResourceRef;
using component::Value;
using test::must;
using test::TlsServer;
using wasi::preview3::TlsEnd;
using wasi::preview3::TlsOutcome;
using Bytes = component::StreamReader<uint8_t>;
using Ended = std::tuple<Bytes, TlsEnd>;

class AsyncTlsGuest : public test::AsyncNetworkGuest {
 public:
  explicit AsyncTlsGuest(WasiConfig config) : AsyncNetworkGuest(std::move(config), test::async_tls_component()) {
    store().set_timeout(std::chrono::seconds(60));
  }
  static WasiConfig granted(const TlsServer& server) {
    TlsOptions options;
    options.ca_file = server.ca_file();
    options.plugin = ERMINE_TLS_PLUGIN_PATH;
    return std::move(WasiConfig().allow_tcp("127.0.0.1:*").tls(must(TlsClient::open(options))));
  }

  // Connects a socket, and the connector between it and `writer` and `reader`.
  void prepare(const std::string& server) {
    const Resource socket = tcp();
    ASSERT_EQ(connect(socket, server), "ok");
    connector = make("connector");
    auto input = component::make_stream<uint8_t>(store());
    writer = std::move(input.writer);
    auto [encrypted, send_end] =
        must(typed<Ended(ResourceRef, Bytes)>("tls-send").call(connector, std::move(input.reader)));
    sent = std::move(send_end);
    network_end = call("tcp-send", {of(socket), must(std::move(encrypted).into_value())});
    Value received_of = call("tcp-receive", {of(socket)});
    auto [decrypted, receive_end] =
        must(typed<Ended(ResourceRef, Bytes)>("tls-receive")
                 .call(connector, must(Bytes::from_value(store(), received_of.elements()[0]))));
    reader = std::move(decrypted);
    received = std::move(receive_end);
  }
  // "ok", or why it failed.
  std::string handshake(const std::string& name = "localhost") {
    const Value v = call("tls-connect", {std::move(connector).into_value(), test::text(name)});
    return v.is_ok() ? "ok" : call("debug", {of(must(Resource::from_value(*v.payload())))}).as_string();
  }
  void write(std::string_view text, bool closes = false) {
    must(writer.write({text.begin(), text.end()}, [this, closes](CopyResult, size_t n) {
      written += n;
      if (closes) writer.close();
    }));
  }
  // Until there is something, or the end: "".
  std::string read(size_t most = 100'000) {
    std::string out;
    bool over = false;
    const Result<void> begun = reader.read(most, [&](CopyResult, std::vector<uint8_t> bytes) {
      out.assign(bytes.begin(), bytes.end());
      over = true;
    });
    if (!begun) return "";
    run_until(over);
    return out;
  }
  std::string end(const TlsEnd& future) {
    std::string out = "closed";
    bool over = false;
    must(future.read([&](std::optional<TlsOutcome> value) {
      over = true;
      if (value) out = *value ? "ok" : value->error()->text;
    }));
    run_until(over);
    return out;
  }
  void run_until(const bool& over) {
    must(component::EventLoop(store()).run_until([&] { return over; }));
  }

  Resource connector;
  component::StreamWriter<uint8_t> writer;
  Bytes reader;
  TlsEnd sent, received;
  Value network_end = Value::boolean(false);
  size_t written = 0;
};

TEST(WasiAsyncTls, Echo) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(TlsServer::echo, version);
    AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
    guest.prepare(server.name());
    // What is written before the handshake waits for it.
    guest.write("hello");
    ASSERT_EQ(guest.handshake(), "ok");
    EXPECT_EQ(guest.read(), "hello");
    guest.write("bye", true);
    EXPECT_EQ(guest.read(), "bye");
    EXPECT_EQ(guest.read(), "");
    EXPECT_EQ(guest.end(guest.sent), "ok");
    EXPECT_EQ(guest.end(guest.received), "ok");
    EXPECT_EQ(server.ended(), 1);
  }
}

TEST(WasiAsyncTls, ManyBytes) {
  TlsServer server;
  AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
  guest.prepare(server.name());
  ASSERT_EQ(guest.handshake(), "ok");
  std::string all(3'000'000, '\0');
  std::minstd_rand random(1);
  for (char& c : all) c = static_cast<char>(random());
  guest.write(all, true);
  std::string got;
  while (true) {
    const std::string some = guest.read();
    if (some.empty()) break;
    got += some;
  }
  EXPECT_TRUE(got == all);
  EXPECT_EQ(guest.end(guest.sent), "ok");
  EXPECT_EQ(guest.end(guest.received), "ok");
}

TEST(WasiAsyncTls, Refusals) {
  TlsServer server, other;
  AsyncTlsGuest guest(std::move(WasiConfig().allow_tcp("127.0.0.1:*")));
  guest.prepare(server.name());
  EXPECT_EQ(guest.handshake(), "the program may not use TLS");
  EXPECT_TRUE(guest.wasi().refusals().tls);
  EXPECT_EQ(guest.read(), "");
  EXPECT_EQ(guest.end(guest.received), "the program may not use TLS");
  EXPECT_EQ(guest.end(guest.sent), "the program may not use TLS");

  AsyncTlsGuest untrusting(AsyncTlsGuest::granted(other));
  untrusting.prepare(server.name());
  EXPECT_TRUE(untrusting.handshake().starts_with("the certificate of the server is not trusted: "));
  untrusting.prepare(other.name());
  EXPECT_TRUE(untrusting.handshake("example.org").starts_with("the certificate of the server is not trusted: "));
  untrusting.prepare(other.name());
  EXPECT_EQ(untrusting.handshake(""), "this is no name of a server");
  untrusting.prepare(other.name());
  EXPECT_EQ(untrusting.handshake("127.0.0.1"), "ok");
}

TEST(WasiAsyncTls, EndsThatAreNone) {
  TlsServer server([](SSL* ssl, test::OwnSocket&) { TlsServer::write(ssl, "half"); });
  AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
  guest.prepare(server.name());
  ASSERT_EQ(guest.handshake(), "ok");
  EXPECT_EQ(guest.read(), "half");
  EXPECT_EQ(guest.read(), "");
  EXPECT_EQ(guest.end(guest.received), "the connection ended without the server's close_notify");
}

// What is dropped early ends the other streams.
TEST(WasiAsyncTls, Drops) {
  TlsServer server;
  AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
  guest.prepare(server.name());
  guest.connector = Resource();
  EXPECT_EQ(guest.read(), "");
  EXPECT_EQ(guest.end(guest.received), "the connector was dropped before it was connected");
  EXPECT_EQ(guest.end(guest.sent), "the connector was dropped before it was connected");

  guest.prepare(server.name());
  ASSERT_EQ(guest.handshake(), "ok");
  guest.reader.close();
  guest.write("x", true);
  EXPECT_EQ(guest.end(guest.sent), "ok");

  // Without the encrypted stream, nothing can be sent.
  guest.connector = guest.make("connector");
  auto input = component::make_stream<uint8_t>(guest.store());
  auto [encrypted, send_end] =
      must(guest.typed<Ended(ResourceRef, Bytes)>("tls-send").call(guest.connector, std::move(input.reader)));
  encrypted.close();
  EXPECT_EQ(guest.end(send_end), "the encrypted stream to the server was closed");
}

// Once the program has dropped everything, so does the host: whether the server sends more than was read, waits, or is
// not connected yet.
TEST(WasiAsyncTls, DroppedConnectionsEnd) {
  const auto flood = [](SSL* ssl, test::OwnSocket&) {
    while (SSL_write(ssl, std::string(10'000, 'x').data(), 10'000) > 0) {}
  };
  const auto silence = [](SSL*, test::OwnSocket& peer) {
    // Not by SSL_read: the client's close_notify is no end.
    while (!peer.read().empty()) {}
  };
  for (const TlsServer::Serve& serve : {TlsServer::Serve(flood), TlsServer::Serve(silence)}) {
    for (const bool connects : {true, false}) {
      TlsServer server(serve);
      AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
      const auto counts = must(guest.wasi().impl()->components())->counts();
      const uint32_t before = counts->resources;
      guest.prepare(server.name());
      if (connects) EXPECT_EQ(guest.handshake(), "ok");
      guest.connector = Resource();
      guest.reader.close();
      guest.writer.close();
      guest.sent = guest.received = {};
      guest.network_end = Value::boolean(false);
      const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
      while (counts->resources > before && std::chrono::steady_clock::now() < until)
        (void)must(component::EventLoop(guest.store()).run_some());
      EXPECT_EQ(counts->resources, before) << connects;
    }
  }
}

TEST(WasiAsyncTls, CallsInTheWrongOrder) {
  TlsServer server;
  {
    AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
    const Result<std::optional<Value>> r =
        guest.attempt("tls-connect", {guest.make("connector").into_value(), test::text("localhost")});
    ASSERT_FALSE(r);
    EXPECT_TRUE(r.error().message().contains("before send and receive")) << r.error().message();
  }
  AsyncTlsGuest guest(AsyncTlsGuest::granted(server));
  guest.connector = guest.make("connector");
  auto send = guest.typed<Ended(ResourceRef, Bytes)>("tls-send");
  auto one = component::make_stream<uint8_t>(guest.store()), two = component::make_stream<uint8_t>(guest.store());
  ASSERT_TRUE(send.call(guest.connector, std::move(one.reader)));
  EXPECT_FALSE(send.call(guest.connector, std::move(two.reader)));
}

TEST(WasiAsyncTls, ConnectionsCountAsFiles) {
  TlsServer server;
  AsyncTlsGuest guest(std::move(AsyncTlsGuest::granted(server).max_open_files(5)));
  guest.prepare(server.name());
  EXPECT_EQ(guest.handshake(), "ok");
  guest.connector = guest.make("connector");
  auto input = component::make_stream<uint8_t>(guest.store());
  auto ended = must(guest.typed<Ended(ResourceRef, Bytes)>("tls-send").call(guest.connector, std::move(input.reader)));
  guest.reader = std::move(std::get<0>(ended));
  EXPECT_EQ(guest.read(), "");
  EXPECT_EQ(guest.end(std::get<1>(ended)), "the program has reached the limit of open files");
}

}  // namespace
}  // namespace ermine
