// Servers that tests of wasi:keyvalue have: Redis's own, and one that lies.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace ermine::test {

inline constexpr char kRedisServer[] = "/usr/bin/redis-server";

inline int tcp_socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
inline sockaddr_in loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
// A socket that listens, and its port.
inline std::pair<int, uint16_t> listener() {
  const int fd = tcp_socket();
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd, 16), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return {fd, ntohs(address.sin_port)};
}

class RedisServer {
 public:
  explicit RedisServer(std::vector<std::string> options = {}) : options_(std::move(options)) {
    const auto [fd, port] = listener();
    close(fd);
    port_ = port;
    start();
  }
  ~RedisServer() { stop(); }
  void start() {
    std::vector<std::string> words = {
        kRedisServer,   "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "",
        "--appendonly", "no",     "--daemonize",         "no",     "--dir",     "/"};
    words.insert(words.end(), options_.begin(), options_.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    child_ = fork();
    if (child_ == 0) {
      const int nothing = open("/dev/null", O_RDWR);
      dup2(nothing, 1);
      dup2(nothing, 2);
      execv(kRedisServer, arguments.data());
      _exit(127);
    }
    for (int i = 0; i < 1000; ++i) {
      const int fd = tcp_socket();
      const sockaddr_in address = loopback(port_);
      const bool up = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
      close(fd);
      if (up) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "redis-server does not start";
  }
  void stop() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  void pause() { kill(child_, SIGSTOP); }
  void resume() { kill(child_, SIGCONT); }
  std::string url(const std::string& login = "") const {
    return "redis://" + login + "127.0.0.1:" + std::to_string(port_);
  }

 private:
  std::vector<std::string> options_;
  uint16_t port_ = 0;
  pid_t child_ = -1;
};

// A server that answers what the test says, whatever it is asked.
class LyingServer {
 public:
  // `answer`: for each packet that comes. Empty: nothing is sent; "close": the connection is closed.
  explicit LyingServer(std::function<std::string()> answer) : answer_(std::move(answer)) {
    std::tie(listener_, port_) = listener();
    thread_ = std::thread([this] { serve(); });
  }
  ~LyingServer() {
    shutdown(listener_, SHUT_RDWR);
    if (const int c = connection_.load(); c >= 0) shutdown(c, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
  int connections() const { return connections_; }

 private:
  void serve() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      connection_ = fd;
      ++connections_;
      char in[65536];
      while (recv(fd, in, sizeof in, 0) > 0) {
        const std::string out = answer_();
        if (out == "close") break;
        for (size_t at = 0; at < out.size();) {
          const ssize_t n = send(fd, out.data() + at, out.size() - at, MSG_NOSIGNAL);
          if (n <= 0) break;
          at += static_cast<size_t>(n);
        }
      }
      connection_ = -1;
      close(fd);
    }
  }
  const std::function<std::string()> answer_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<int> connection_{-1}, connections_{0};
  std::thread thread_;
};

}  // namespace ermine::test
