// wasi:http of WASI 0.3: fields, messages, and requests that are sent by the plug-in to a server of the test.
#include <atomic>
#include <functional>
#include <thread>

#include "tests/wasi/async_http_guest.h"
#include "tests/wasi/guest.h"
#include "tests/wasi/network_guest.h"
#include "wasi/preview3/http_types.h"

namespace ermine {
namespace {

using component::CopyResult;
using component::Resource;
using component::Value;
using test::bytes;
using test::must;
using test::number;
using test::OwnSocket;
using test::text;
using wasi::preview2::HttpErrorCode;
using wasi::preview3::HttpEnd;
using wasi::preview3::HttpOutcome;
using wasi::preview3::Trailers;
using wasi::preview3::TrailersReader;
using Body = component::StreamReader<uint8_t>;

// Answers one connection after the other; what it received is kept.
class Server {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  // `ends`: how a request ends.
  explicit Server(Answer answer, std::string ends = "\r\n\r\n") : answer_(std::move(answer)), ends_(std::move(ends)) {
    listener_.listen();
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    done_ = true;
    OwnSocket last(SOCK_STREAM);
    (void)last.connect(name());
    thread_.join();
  }
  std::string name() const { return listener_.name(); }
  std::string request() const { return request_; }

 private:
  void run() {
    while (true) {
      OwnSocket connection = listener_.accept();
      if (done_) return;
      std::string request;
      while (!request.ends_with(ends_)) {
        const std::string part = connection.read();
        if (part.empty() || part == "error") break;
        request += part;
      }
      request_ = request;
      if (const std::string answer = answer_(request); !answer.empty()) connection.write(answer);
    }
  }
  OwnSocket listener_{SOCK_STREAM};
  const Answer answer_;
  const std::string ends_;
  std::string request_;
  std::atomic<bool> done_{false};
  std::thread thread_;
};
std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\nX-Test: yes\r\n\r\n" + std::string(body);
}

class HttpGuest : public test::ComponentGuest {
 public:
  explicit HttpGuest(WasiConfig config = {})
      : ComponentGuest(std::move(with_plugin(config)), with_async(), test::async_http_component()) {
    store().set_timeout(std::chrono::seconds(60));
  }
  static Config with_async() {
    Config config;
    config.enable_all_features();
    return config;
  }
  static WasiConfig& with_plugin(WasiConfig& config) {
#ifdef ERMINE_HTTP_PLUGIN_PATH
    HttpPoolOptions options;
    options.plugin = ERMINE_HTTP_PLUGIN_PATH;
    config.http_pool(must(HttpPool::open(options)));
#endif
    return config;
  }

  // "ok", or the error of a result without a payload for errors.
  std::string attempted(const char* name, test::Values arguments) {
    return call(name, std::move(arguments)).is_ok() ? "ok" : "error";
  }
  Resource headers(std::vector<std::pair<std::string, std::string>> list = {}) {
    Resource fields = make("fields");
    for (const auto& [name, value] : list)
      EXPECT_EQ(outcome("append", {of(fields), text(name), bytes(value)}), "ok") << name;
    return fields;
  }
  std::string all(const Resource& fields) {
    std::string out;
    const Value list = call("copy-all", {of(fields)});
    for (const Value& entry : list.elements()) {
      const auto value = entry.elements()[1].numbers<uint8_t>();
      out += entry.elements()[0].as_string() + "=" + std::string(value.begin(), value.end()) + ";";
    }
    return out;
  }

  struct Message {
    Resource message;
    HttpEnd end;
  };
  // `trailers`: null: it has none.
  Message request(Resource fields, std::optional<Body> body, TrailersReader trailers,
                  std::optional<Resource> options = std::nullopt) {
    auto made = must(
        typed<std::tuple<Resource, HttpEnd>(Resource, std::optional<Body>, TrailersReader, std::optional<Resource>)>(
            "request")
            .call(std::move(fields), std::move(body), std::move(trailers), std::move(options)));
    return {std::move(std::get<0>(made)), std::move(std::get<1>(made))};
  }
  TrailersReader no_trailers() {
    return future<Trailers>(std::optional<std::unique_ptr<wasi::preview2::HttpFields>>());
  }
  template <class T>
  component::FutureReader<T> future(T value) {
    auto pair = component::make_future<T>(store());
    must(pair.writer.write(std::move(value), [writer = pair.writer](CopyResult) {}));
    return std::move(pair.reader);
  }
  Body body_of(std::string_view contents) {
    auto pair = component::make_stream<uint8_t>(store());
    must(pair.writer.write({contents.begin(), contents.end()},
                           [writer = pair.writer](CopyResult, size_t) mutable { writer.close(); }));
    return std::move(pair.reader);
  }
  Message get(const std::string& authority, const std::string& path = "/") {
    Message m = request(headers(), std::nullopt, no_trailers());
    address(m, authority, path);
    return m;
  }
  Message post(const std::string& authority, Resource fields, std::string_view contents, TrailersReader trailers) {
    Message m = request(std::move(fields), body_of(contents), std::move(trailers));
    EXPECT_EQ(attempted("set-method", {of(m.message), Value::variant("post")}), "ok");
    address(m, authority, "/");
    return m;
  }
  void address(const Message& m, const std::string& authority, const std::string& path) {
    EXPECT_EQ(attempted("set-scheme", {of(m.message), Value::some(Value::variant("HTTP"))}), "ok");
    EXPECT_EQ(attempted("set-authority", {of(m.message), Value::some(text(authority))}), "ok");
    EXPECT_EQ(attempted("set-path", {of(m.message), Value::some(text(path))}), "ok");
  }
  struct Received {
    std::string error;  // of send
    uint64_t status = 0;
    std::string headers, body, trailers;  // "none", "error", or all
  };
  Received send(Message& m, bool reads = true) {
    Received out;
    const Value v = call("send", {std::move(m.message).into_value()});
    if (!v.is_ok()) return out.error = v.payload()->case_name(), out;
    Resource response = must(Resource::from_value(*v.payload()));
    out.status = call("status", {of(response)}).as_unsigned();
    out.headers = all(make("response-headers", {of(response)}));
    auto [body, trailers] = must(typed<std::tuple<Body, TrailersReader>(Resource, HttpEnd)>("consume-response")
                                     .call(std::move(response), future<HttpOutcome>({})));
    bool over = false;
    if (reads) {
      must(body.read_all(100 << 20, [&](CopyResult, std::vector<uint8_t> all) {
        out.body.assign(all.begin(), all.end());
        over = true;
      }));
      run_until(over);
    }
    body.close();
    out.trailers = read(trailers);
    return out;
  }
  std::string read(const TrailersReader& trailers) {
    std::string out;
    bool over = false;
    must(trailers.read([&](std::optional<Trailers> value) {
      over = true;
      if (!value || !*value) out = "error";
      else if (!**value) out = "none";
      else
        for (const auto& [name, text] : (**value)->get()->store->fields) out += name + "=" + text + ";";
    }));
    run_until(over);
    return out;
  }
  // "ok", or the number of the error's case.
  std::string read(const HttpEnd& end) {
    std::string out = "closed";
    bool over = false;
    must(end.read([&](std::optional<HttpOutcome> value) {
      over = true;
      if (value) out = *value ? "ok" : std::to_string(value->error().index());
    }));
    run_until(over);
    return out;
  }

 private:
  void run_until(bool& over) {
    must(component::EventLoop(store()).run_until([&] { return over; }));
  }
};
std::string number_of(wasi::http::FailureCode code) { return std::to_string(static_cast<int>(code)); }

TEST(WasiAsyncHttp, Fields) {
  HttpGuest guest;
  const Resource fields = guest.headers({{"a", "1"}, {"B", "2"}, {"A", "3"}});
  EXPECT_EQ(guest.all(fields), "a=1;B=2;a=3;");
  EXPECT_EQ(guest.call("get-and-delete", {guest.of(fields), text("a")}).payload()->size(), 2u);
  EXPECT_EQ(guest.all(fields), "B=2;");
  EXPECT_EQ(guest.call("get-and-delete", {guest.of(fields), text("a")}).payload()->size(), 0u);
  EXPECT_EQ(guest.outcome("get-and-delete", {guest.of(fields), text("a b")}), "invalid-syntax");
  EXPECT_EQ(guest.outcome("append", {guest.of(fields), text("Host"), bytes("x")}), "forbidden");
  EXPECT_EQ(guest.outcome("append", {guest.of(fields), text("x"), bytes("\n")}), "invalid-syntax");
  EXPECT_EQ(guest.outcome("delete", {guest.of(fields), text("b")}), "ok");
  EXPECT_FALSE(guest.call("has", {guest.of(fields), text("b")}).as_bool());
}

TEST(WasiAsyncHttp, Messages) {
  HttpGuest guest;
  const HttpGuest::Message m = guest.request(guest.headers({{"a", "1"}}), std::nullopt, guest.no_trailers());
  const auto of = [&] { return guest.of(m.message); };
  EXPECT_EQ(guest.call("method", {of()}).case_name(), "get");
  for (const char* absent : {"path", "scheme", "authority", "options"})
    EXPECT_EQ(guest.call(absent, {of()}).payload(), nullptr) << absent;
  // A text that says what a case does is that case.
  EXPECT_EQ(guest.attempted("set-method", {of(), Value::variant("other", text("PUT"))}), "ok");
  EXPECT_EQ(guest.call("method", {of()}).case_name(), "put");
  EXPECT_EQ(guest.attempted("set-method", {of(), Value::variant("other", text("A B"))}), "error");
  EXPECT_EQ(guest.attempted("set-scheme", {of(), Value::some(Value::variant("other", text("http")))}), "ok");
  EXPECT_EQ(guest.call("scheme", {of()}).payload()->case_name(), "HTTP");
  for (const char* path : {"/a?b", "a/b", "../..", "?q", "/\xc3\xa9", "*"}) {
    EXPECT_EQ(guest.attempted("set-path", {of(), Value::some(text(path))}), "ok") << path;
    EXPECT_EQ(guest.call("path", {of()}).payload()->as_string(), path);
  }
  EXPECT_EQ(guest.attempted("set-path", {of(), Value::some(text(""))}), "ok");
  EXPECT_EQ(guest.call("path", {of()}).payload()->as_string(), "/");
  for (const char* path : {"/a b", "/\r\nX: y", "/#f", "/<"})
    EXPECT_EQ(guest.attempted("set-path", {of(), Value::some(text(path))}), "error") << path;
  const Resource headers = guest.make("headers", {of()});
  EXPECT_EQ(guest.outcome("append", {guest.of(headers), text("x"), bytes("y")}), "immutable");
  EXPECT_EQ(guest.outcome("get-and-delete", {guest.of(headers), text("a")}), "immutable");
  EXPECT_EQ(guest.all(headers), "a=1;");
}

TEST(WasiAsyncHttp, Options) {
  HttpGuest guest;
  Resource options = guest.make("request-options");
  for (const char* name : {"connect-timeout", "first-byte-timeout", "between-bytes-timeout"}) {
    EXPECT_EQ(guest.call(name, {guest.of(options)}).payload(), nullptr);
    EXPECT_EQ(guest.outcome((std::string("set-") + name).c_str(), {guest.of(options), Value::some(number(7))}), "ok");
    EXPECT_EQ(guest.call(name, {guest.of(options)}).payload()->as_unsigned(), 7u);
  }
  const Resource copy = guest.make("clone-options", {guest.of(options)});
  EXPECT_EQ(guest.outcome("set-connect-timeout", {guest.of(copy), Value::none()}), "ok");
  EXPECT_EQ(guest.call("connect-timeout", {guest.of(options)}).payload()->as_unsigned(), 7u);
  const HttpGuest::Message m = guest.request(guest.headers(), std::nullopt, guest.no_trailers(), std::move(options));
  const Resource got = must(Resource::from_value(*guest.call("options", {guest.of(m.message)}).payload()));
  EXPECT_EQ(guest.call("connect-timeout", {guest.of(got)}).payload()->as_unsigned(), 7u);
  EXPECT_EQ(guest.outcome("set-connect-timeout", {guest.of(got), Value::none()}), "immutable");
}

// A program's own message gives back what it was made of.
TEST(WasiAsyncHttp, AMessageThatIsNotSent) {
  HttpGuest guest;
  HttpGuest::Message m = guest.request(guest.headers(), guest.body_of("contents"), guest.no_trailers());
  auto [body, trailers] = must(guest.typed<std::tuple<Body, TrailersReader>(Resource, HttpEnd)>("consume-request")
                                   .call(std::move(m.message), guest.future<HttpOutcome>({})));
  std::string got;
  must(body.read_all(100, [&](CopyResult, std::vector<uint8_t> all) { got.assign(all.begin(), all.end()); }));
  EXPECT_EQ(got, "contents");
  EXPECT_EQ(guest.read(trailers), "none");
  EXPECT_EQ(guest.read(m.end), "ok");
  // One that is dropped was not transmitted.
  m = guest.request(guest.headers(), std::nullopt, guest.no_trailers());
  m.message = {};
  EXPECT_EQ(guest.read(m.end), number_of(wasi::http::FailureCode::kInternalError));
}

TEST(WasiAsyncHttp, NothingByDefault) {
  HttpGuest guest;
  HttpGuest::Message m = guest.get("127.0.0.1:9");
  EXPECT_EQ(guest.send(m).error, "HTTP-request-denied");
  EXPECT_EQ(guest.read(m.end), number_of(wasi::http::FailureCode::kRequestDenied));
  EXPECT_EQ(guest.wasi().refusals().http_target, "127.0.0.1:9");
  // Its body is not read.
  m = guest.post("127.0.0.1:9", guest.headers(), "x", guest.no_trailers());
  EXPECT_EQ(guest.send(m).error, "HTTP-request-denied");
}

#ifdef ERMINE_HTTP_PLUGIN_PATH

TEST(WasiAsyncHttp, Get) {
  Server server([](const std::string&) { return ok("hello"); });
  HttpGuest guest(WasiConfig().allow_http(server.name()));
  HttpGuest::Message m = guest.get(server.name(), "path?q");
  const HttpGuest::Received r = guest.send(m);
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.status, 200u);
  EXPECT_EQ(r.body, "hello");
  EXPECT_EQ(r.trailers, "none");
  EXPECT_NE(r.headers.find("X-Test=yes;"), std::string::npos) << r.headers;
  EXPECT_EQ(guest.read(m.end), "ok");
  EXPECT_TRUE(server.request().starts_with("GET /path?q HTTP/1.1\r\n")) << server.request();
}

TEST(WasiAsyncHttp, BodiesAndTrailers) {
  Server server(
      [](const std::string&) {
        return "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
               "3\r\none\r\n3\r\ntwo\r\n0\r\nx-sum: 12\r\n\r\n";
      },
      "x-end: 1\r\n\r\n");
  HttpGuest guest(WasiConfig().allow_http(server.name()));
  auto trailers = component::make_future<Trailers>(guest.store());
  Resource fields = guest.headers({{"trailer", "x-end"}});
  HttpGuest::Message m = guest.post(server.name(), std::move(fields), "question", std::move(trailers.reader));
  auto given = std::make_unique<wasi::preview2::HttpFields>(
      std::make_shared<wasi::preview2::Counts>(),
      std::make_shared<wasi::preview2::FieldStore>(std::make_shared<wasi::preview2::Counts>()), false);
  given->store->fields = {{"x-end", "1"}};
  must(trailers.writer.write(Trailers(std::optional(std::move(given))), [w = trailers.writer](CopyResult) {}));
  const HttpGuest::Received r = guest.send(m);
  EXPECT_EQ(r.status, 201u);
  EXPECT_EQ(r.body, "onetwo");
  EXPECT_EQ(r.trailers, "x-sum=12;");
  EXPECT_EQ(guest.read(m.end), "ok");
  EXPECT_NE(server.request().find("question"), std::string::npos) << server.request();
}

TEST(WasiAsyncHttp, TrailersThatAreAnErrorBreakTheRequestOff) {
  Server server([](const std::string&) { return std::string(); }, "never");
  HttpGuest guest(WasiConfig().allow_http(server.name()));
  HttpErrorCode code(std::in_place_index<static_cast<size_t>(wasi::http::FailureCode::kLoopDetected)>);
  HttpGuest::Message m = guest.post(server.name(), guest.headers({{"trailer", "x-end"}}), "question",
                                    guest.future<Trailers>(component::Unexpected(std::move(code))));
  EXPECT_NE(guest.send(m).error, "");
  EXPECT_EQ(guest.read(m.end), number_of(wasi::http::FailureCode::kLoopDetected));
}

TEST(WasiAsyncHttp, NoServer) {
  std::string closed;
  {
    OwnSocket gone(SOCK_STREAM);
    closed = gone.name();
  }
  HttpGuest guest(WasiConfig().allow_http(closed));
  HttpGuest::Message m = guest.get(closed);
  EXPECT_EQ(guest.send(m).error, "connection-refused");
  EXPECT_EQ(guest.read(m.end), number_of(wasi::http::FailureCode::kConnectionRefused));
}

TEST(WasiAsyncHttp, AResponseThatIsNotRead) {
  const std::string much(500'000, 'x');
  Server server([&](const std::string&) { return ok(much); });
  HttpGuest guest(WasiConfig().allow_http(server.name()));
  HttpGuest::Message m = guest.get(server.name());
  const HttpGuest::Received r = guest.send(m, false);
  EXPECT_EQ(r.status, 200u);
  EXPECT_EQ(r.trailers, "none");
  // All of it, by the same program.
  m = guest.get(server.name());
  EXPECT_TRUE(guest.send(m).body == much);
}

TEST(WasiAsyncHttp, ATimeoutEndsAWait) {
  Server server([](const std::string&) { return std::string(); }, "never");
  HttpGuest guest(WasiConfig().allow_http(server.name()));
  HttpGuest::Message m = guest.get(server.name());
  guest.store().set_timeout(std::chrono::milliseconds(100));
  const auto ended = guest.attempt("send", {std::move(m.message).into_value()});
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().limit(), Limit::kDeadline);
}

#endif

}  // namespace
}  // namespace ermine
