// What the stores of the whole churn share: the ports where guests listen, servers of HTTP and TLS that answer, answer
// a little, break off, reset or say nothing, and objects of the embedder.
#pragma once

#include <netinet/in.h>

#include <optional>
#include <string_view>
#include <thread>

#include "ermine/http.h"
#include "ermine/tls.h"
#include "ermine/virtual_directory.h"
#include "ermine/wasi_connect.h"
#include "ermine/wasi_stream.h"
#include "tests/wasi/churn/peers.h"
#ifdef ERMINE_TLS_PLUGIN_PATH
#include "tests/wasi/tls_server.h"
#endif

namespace ermine::churn {

// Ports where guests of the whole test listen.
class Ports {
 public:
  void add(uint32_t port) {
    const std::scoped_lock lock(mutex_);
    ports_.push_back(port);
    if (ports_.size() > 16) ports_.erase(ports_.begin());
  }
  uint32_t any(Random& random) {
    const std::scoped_lock lock(mutex_);
    return ports_.empty() ? 1 : ports_[random.below(static_cast<uint32_t>(ports_.size()))];
  }

 private:
  std::mutex mutex_;
  std::vector<uint32_t> ports_;
};

// Answers requests with the pattern, on several threads.
class HttpServer {
 public:
  explicit HttpServer(uint64_t seed) {
    listener_.listen(64);
    for (unsigned i = 0; i < kThreads; ++i) threads_.emplace_back([this, seed, i] { run(Random(seed + i)); });
  }
  ~HttpServer() {
    done_ = true;
    for (size_t i = 0; i < threads_.size(); ++i) (void)test::OwnSocket(SOCK_STREAM).connect(listener_.name());
    for (std::thread& thread : threads_) thread.join();
  }
  std::string name() const { return listener_.name(); }

 private:
  static constexpr unsigned kThreads = 6;

  void run(Random random) {
    while (true) {
      test::OwnSocket peer = listener_.accept();
      if (done_) return;
      const timeval patience{0, 300'000};
      (void)setsockopt(peer.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      (void)setsockopt(peer.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
      while (!done_ && answer(peer.fd(), random)) {}
    }
  }
  static bool send_all(int fd, std::string_view data) {
    while (!data.empty()) {
      const ssize_t n = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      data.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // Until the text ends with `end`.
  static bool receive(int fd, std::string& text, std::string_view end) {
    static constexpr size_t kEnough = 64;
    char buffer[20'000];
    while (!text.ends_with(end)) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      text.append(buffer, static_cast<size_t>(n));
      if (end != kHeadEnd && text.size() > kEnough) text.erase(0, text.size() - kEnough);
    }
    return true;
  }

  // False: the connection is to be closed.
  static bool answer(int fd, Random& random) {
    std::string request;
    char byte;
    // The head alone, whatever follows.
    while (!request.ends_with(kHeadEnd)) {
      if (::recv(fd, &byte, 1, 0) != 1) return false;
      request += byte;
    }
    switch (random.below(12)) {
      case 0: return false;
      case 1: {
        const linger now{1, 0};
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ++figures.resets;
        return false;
      }
      case 2: std::this_thread::sleep_for(std::chrono::milliseconds(random.below(100))); return false;
      default: break;
    }
    bool stays = true;
    if (request.contains("hunked")) {
      std::string rest = "\r\n";
      if (random.one_in(3)) stays = false;
      else if (!receive(fd, rest, "\r\n0\r\n\r\n")) return false;
    }
    const uint32_t size = random.size(300'000), sent = random.one_in(6) ? random.below(size) : size;
    const bool chunked = random.one_in(2);
    const std::string length = std::to_string(size);
    if (!send_all(fd, "HTTP/1.1 200 OK\r\n" + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + length) +
                          (stays ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n")))
      return false;
    for (uint32_t done = 0; done < sent;) {
      const uint32_t part = std::min(sent - done, random.size(100'000));
      const std::string_view data(reinterpret_cast<const char*>(Pattern::from(done % Pattern::kPeriod)), part);
      char head[16];
      if (chunked && !send_all(fd, {head, static_cast<size_t>(std::snprintf(head, sizeof head, "%x\r\n", part))}))
        return false;
      if (!send_all(fd, data) || (chunked && !send_all(fd, "\r\n"))) return false;
      done += part;
      if (random.one_in(8)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (sent < size) return false;
    if (chunked && !send_all(fd, random.one_in(2) ? "0\r\n\r\n" : "0\r\nX-Trailer: yes\r\n\r\n")) return false;
    return stays;
  }

  static constexpr std::string_view kHeadEnd = "\r\n\r\n";
  test::OwnSocket listener_{SOCK_STREAM};
  std::atomic<bool> done_{false};
  std::vector<std::thread> threads_;
};

// Streams of the embedder that take or give a little, or fail.
class RandomInput final : public WasiInputStream {
 public:
  explicit RandomInput(uint64_t seed) : random_(seed) {}
  WasiStreamResult read(uint8_t* to, size_t size) override {
    if (random_.one_in(50)) return component::Unexpected(std::errc::io_error);
    if (random_.one_in(50)) return 0;
    const size_t n = std::min<size_t>(size, random_.size(100'000));
    std::memcpy(to, Pattern::from(0), std::min<size_t>(n, Pattern::kMost));
    return std::min<size_t>(n, Pattern::kMost);
  }

 private:
  Random random_;
};
class RandomOutput final : public WasiOutputStream {
 public:
  explicit RandomOutput(uint64_t seed) : random_(seed) {}
  WasiStreamResult write(const uint8_t*, size_t size) override {
    if (random_.one_in(50)) return component::Unexpected(std::errc::no_space_on_device);
    if (random_.one_in(50)) return component::Unexpected(std::errc::broken_pipe);
    return std::min<size_t>(size, random_.size(100'000));
  }

 private:
  Random random_;
};

class Outside {
 public:
  Outside(uint64_t seed, std::string directory) : directory_(std::move(directory)) {
    must(virtual_directory_->write_file("data", {reinterpret_cast<const char*>(Pattern::from(0)), Pattern::kMost}));
#ifdef ERMINE_HTTP_PLUGIN_PATH
    http_server_.emplace(seed);
    pool_.emplace(open_pool());
#else
    (void)seed;
#endif
#ifdef ERMINE_TLS_PLUGIN_PATH
    tls_server_.emplace(test::TlsServer::echo, TLS1_3_VERSION, 8, std::chrono::milliseconds(300));
    TlsOptions options;
    options.ca_file = tls_server_->ca_file();
    options.plugin = ERMINE_TLS_PLUGIN_PATH;
    tls_.emplace(must(TlsClient::open(options)));
#endif
  }

  Ports ports;
  // "127.0.0.1:80", or empty if there is none.
  std::string http_name() const { return http_server_ ? http_server_->name() : ""; }
  uint32_t tls_port() const {
#ifdef ERMINE_TLS_PLUGIN_PATH
    return static_cast<uint32_t>(std::stoul(tls_server_->name().substr(tls_server_->name().rfind(':') + 1)));
#else
    return 0;
#endif
  }

  // What a program is granted; some of it is sometimes the embedder's own: its streams, its files, and its connections
  // to the peers.
  WasiConfig grants(Random& random, const OwnPipe& in, const OwnPipe& out, Peers& peers) {
    WasiConfig config;
    config.listen("127.0.0.1:0").allow_tcp("127.0.0.1:*").allow_udp("127.0.0.1:*").allow_dns("localhost");
    if (random.one_in(2)) config.preopen_dir(directory_, "/");
    else config.preopen_dir(virtual_directory_, "/");
    config.stdio(in.read.get(), out.write.get(), 2);
    if (random.one_in(3)) config.stdin_stream(std::make_shared<RandomInput>(random.seed()));
    if (random.one_in(3)) config.stdout_stream(std::make_shared<RandomOutput>(random.seed()));
    if (random.one_in(3)) config.connect_with(connector(random.seed(), peers));
#ifdef ERMINE_HTTP_PLUGIN_PATH
    config.allow_http(http_name()).http_pool(random.one_in(3) ? open_pool() : *pool_);
    if (random.one_in(4)) config.http_timeout(std::chrono::milliseconds(1 + random.below(200)));
    if (random.one_in(4)) config.http_limits(1 + random.below(10), 100'000, 1'000'000, 1'000'000);
#endif
    if (tls_) config.tls(*tls_);
    limit(config, random);
    return config;
  }

 private:
  template <class T>
  static T must(Result<T> r) {
    return test::must(std::move(r));
  }
  static void must(Result<void> r) { test::must(std::move(r)); }
#ifdef ERMINE_HTTP_PLUGIN_PATH
  static HttpPool open_pool() {
    HttpPoolOptions options;
    options.plugin = ERMINE_HTTP_PLUGIN_PATH;
    return must(HttpPool::open(options));
  }
#endif
  // It runs on the thread of the store, as the peers do.
  static WasiConnector connector(uint64_t seed, Peers& peers) {
    return [random = std::make_shared<Random>(seed), &peers, port = peers.tcp_port()](const WasiRemote& remote) {
      if (remote.port != port) return WasiConnection::by_system();
      if (random->one_in(10)) return WasiConnection::refuse(std::errc::host_unreachable);
      int ends[2];
      if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return WasiConnection::refuse();
      peers.adopt(UniqueFd(ends[1]));
      return WasiConnection::use(ends[0]);
    };
  }

  const std::string directory_;
  const std::shared_ptr<VirtualDirectory> virtual_directory_ = VirtualDirectory::create();
  std::optional<HttpServer> http_server_;
  std::optional<HttpPool> pool_;
#ifdef ERMINE_TLS_PLUGIN_PATH
  std::optional<test::TlsServer> tls_server_;
#endif
  std::optional<TlsClient> tls_;
};

std::unique_ptr<Churn> async_churn(uint64_t seed, Outside& outside);
std::unique_ptr<Churn> sync_churn(uint64_t seed, Outside& outside);

}  // namespace ermine::churn
