// What all of the churn shares: its random choices and figures, the bytes that are sent, and the peers outside of
// guests.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "ermine/wasi.h"
#include "tests/wasi/network_guest.h"
#include "wasi/preview2/context.h"
#include "wasi/state.h"

namespace ermine::churn {

using wasi::host::UniqueFd;

// What was done in all, for the report. Connections: with two ends in guests they count twice.
struct Figures {
  std::atomic<uint64_t> steps{0}, stores{0}, connections{0}, accepted{0}, sockets{0}, streams{0}, relays{0}, cancels{0},
      resets{0}, bytes{0}, traps{0}, lookups{0}, requests{0}, responses{0}, tls{0};
  std::string text() const {
    std::string out;
    const auto add = [&](const char* name, const std::atomic<uint64_t>& n) {
      out += (out.empty() ? "" : ", ") + std::to_string(n.load()) + " " + name;
    };
    add("steps", steps), add("stores", stores), add("connections made", connections),
        add("connections accepted", accepted);
    add("other sockets", sockets), add("streams", streams), add("streams from host to host", relays);
    add("cancellations", cancels), add("resets", resets), add("kB compared", bytes), add("traps", traps),
        add("lookups", lookups);
    add("requests", requests), add("responses", responses), add("TLS handshakes", tls);
    return out;
  }
};
inline Figures figures;
// What a thread does, for the watchdog: since when (0: nothing), and the call of a guest that it has begun last.
struct Doing {
  std::atomic<int64_t> since{0};
  std::atomic<const char*> call{""};
};
inline thread_local Doing* doing = nullptr;
inline void note_call(const char* name) {
  if (doing != nullptr) doing->call = name;
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // Less than n.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(engine_() % n); }
  bool one_in(uint32_t n) { return below(n) == 0; }
  // Often small, sometimes `most`.
  uint32_t size(uint32_t most) {
    switch (below(6)) {
      case 0: return 1;
      case 1: return most;
      case 2: return below(most + 1);
      default: return 1 + below(std::min(most, 3000u));
    }
  }
  uint64_t seed() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// All that is sent is the numbers from 0 to 250 again and again; so a receiver sees from one byte to the next whether
// something was lost, repeated or exchanged on the way, however many streams it has passed.
class Pattern {
 public:
  static constexpr uint32_t kPeriod = 251;
  static const uint8_t* from(uint32_t phase) { return bytes().data() + phase; }
  static constexpr uint32_t kMost = 1 << 20;

 private:
  static const std::vector<uint8_t>& bytes() {
    static const std::vector<uint8_t> all = [] {
      std::vector<uint8_t> v(kMost + kPeriod);
      for (size_t i = 0; i < v.size(); ++i) v[i] = static_cast<uint8_t>(i % kPeriod);
      return v;
    }();
    return all;
  }
};

// One direction, as its receiver or its sender sees it.
class Sequence {
 public:
  uint32_t phase() const { return static_cast<uint32_t>(next_); }
  void advance(uint64_t n) { next_ = static_cast<int>((next_ + n) % Pattern::kPeriod); }
  // False: these bytes do not continue it. (The first may be any.)
  bool received(const uint8_t* data, size_t n) {
    if (n == 0) return true;
    if (!known_) next_ = data[0];
    known_ = true;
    figures.bytes += (n + 512) / 1024;
    for (size_t done = 0; done < n;) {
      const size_t part = std::min<size_t>(n - done, Pattern::kMost);
      if (next_ >= static_cast<int>(Pattern::kPeriod) || std::memcmp(data + done, Pattern::from(phase()), part) != 0)
        return false;
      advance(part);
      done += part;
    }
    return true;
  }

 private:
  int next_ = 0;
  bool known_ = false;
};

inline uint32_t port_of(int fd) {
  wasi::net::SystemAddress a;
  return getsockname(fd, a.get(), &a.size) == 0 ? a.endpoint().port : 0;
}

inline UniqueFd loopback(int type, uint32_t port, bool connects) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const wasi::net::SystemAddress a(
      wasi::net::Endpoint{*wasi::net::parse_address("127.0.0.1"), static_cast<uint16_t>(port)});
  if (connects) (void)::connect(fd.get(), a.get(), a.size);
  else (void)::bind(fd.get(), a.get(), a.size);
  return fd;
}

// The other ends of connections of a guest that are the test's own. They do what a peer may do: nothing for a long
// time, a little, close, half-close, reset.
class Peers {
 public:
  Peers()
      : listener_(loopback(SOCK_STREAM, 0, false)),
        udp_(loopback(SOCK_DGRAM, 0, false)),
        full_(loopback(SOCK_STREAM, 0, false)) {
    (void)::listen(listener_.get(), 64);
    (void)::listen(full_.get(), 0);
    // The system drops further attempts.
    for (UniqueFd& fd : filling_) fd = loopback(SOCK_STREAM, port_of(full_.get()), true);
    // Nothing listens there.
    UniqueFd gone = loopback(SOCK_STREAM, 0, false);
    closed_port_ = port_of(gone.get());
  }
  uint32_t tcp_port() const { return port_of(listener_.get()); }
  uint32_t udp_port() const { return port_of(udp_.get()); }
  // Where an attempt to connect is refused, and where it waits.
  uint32_t closed_port() const { return closed_port_; }
  uint32_t full_port() const { return port_of(full_.get()); }

  void connect(uint32_t port) {
    if (open_.size() < kMost) open_.push_back({loopback(SOCK_STREAM, port, true)});
  }
  // The other end of a connection that the embedder makes.
  void adopt(UniqueFd fd) {
    if (open_.size() < kMost) open_.push_back({std::move(fd)});
  }
  // False: what came is not what was sent.
  [[nodiscard]] bool step(Random& random) {
    if (open_.size() < kMost)
      if (UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); fd)
        open_.push_back({std::move(fd)});
    char datagram[2048];
    (void)!::recv(udp_.get(), datagram, sizeof datagram, 0);
    for (unsigned i = 0; i < 3 && !open_.empty(); ++i)
      if (!act(random, random.below(static_cast<uint32_t>(open_.size())))) return false;
    return true;
  }
  void send_datagram(uint32_t port, uint32_t size) {
    const wasi::net::SystemAddress a(
        wasi::net::Endpoint{*wasi::net::parse_address("127.0.0.1"), static_cast<uint16_t>(port)});
    (void)::sendto(udp_.get(), Pattern::from(0), size, MSG_NOSIGNAL, a.get(), a.size);
  }
  // Those as well that were not accepted yet.
  void close_all() {
    open_.clear();
    listener_.reset();
  }

 private:
  static constexpr size_t kMost = 150;
  struct Peer {
    UniqueFd fd;
    Sequence in, out;
    bool half_closed = false;
  };

  bool act(Random& random, uint32_t index) {
    Peer& peer = open_[index];
    switch (random.below(12)) {
      case 0:
        if (random.one_in(2)) {
          const linger now{1, 0};
          (void)setsockopt(peer.fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
          ++figures.resets;
        }
        std::swap(peer, open_.back());
        open_.pop_back();
        return true;
      case 1:
        if (!std::exchange(peer.half_closed, true)) (void)::shutdown(peer.fd.get(), SHUT_WR);
        return true;
      case 2: return true;
      case 3:
      case 4:
      case 5:
      case 6: {
        if (peer.half_closed) return true;
        const ssize_t n =
            ::send(peer.fd.get(), Pattern::from(peer.out.phase()), random.size(Pattern::kMost), MSG_NOSIGNAL);
        if (n > 0) peer.out.advance(static_cast<uint64_t>(n));
        return true;
      }
      default: {
        static thread_local std::vector<uint8_t> buffer(Pattern::kMost);
        const ssize_t n = ::recv(peer.fd.get(), buffer.data(), random.size(Pattern::kMost), 0);
        return n <= 0 || peer.in.received(buffer.data(), static_cast<size_t>(n));
      }
    }
  }

  UniqueFd listener_, udp_, full_;
  std::array<UniqueFd, 4> filling_;
  uint32_t closed_port_ = 0;
  std::vector<Peer> open_;
};

// What is destroyed on another thread than that of its store, perhaps after the store.
class Bin {
 public:
  void add(std::shared_ptr<void> thing) {
    const std::scoped_lock lock(mutex_);
    things_.push_back(std::move(thing));
  }
  void empty() {
    std::vector<std::shared_ptr<void>> taken;
    const std::scoped_lock lock(mutex_);
    taken.swap(things_);
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> things_;
};
inline Bin bin;

// A pipe that one of the standard streams of a guest is an end of. Both ends are closed with it.
struct OwnPipe {
  UniqueFd read, write;
  OwnPipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
};
inline void do_not_block(int fd) { (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

// Some programs reach their limits again and again.
inline void limit(WasiConfig& config, Random& random) {
  if (random.one_in(4)) config.max_sockets(5 + random.below(60));
  if (random.one_in(6)) config.max_open_files(10 + random.below(80));
  if (random.one_in(4)) config.connect_timeout(std::chrono::milliseconds(random.below(30)));
  if (random.one_in(6)) config.max_connection_time(std::chrono::milliseconds(random.below(50)));
  if (random.one_in(8)) config.max_network_bytes(random.below(10'000'000));
}

// What is left of a program that is over.
struct Leaks {
  std::shared_ptr<wasi::preview2::Counts> counts;
  std::shared_ptr<wasi::net::Quota> quota;
  explicit Leaks(const Wasi& wasi) {
    const auto context = test::must(wasi.impl()->components());
    counts = context->counts();
    quota = context->network().quota();
  }
  // Requests that were given up end on the thread of their pool.
  void wait_for_sockets() const {
    for (int i = 0; i < 3000 && quota->sockets() != 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Lookups end on threads of their own.
  std::string text() const {
    return std::to_string(counts->resources) + " resources, " + std::to_string(counts->files) + " files, " +
           std::to_string(quota->sockets()) + " sockets";
  }
  bool none() const { return counts->resources == 0 && counts->files == 0 && quota->sockets() == 0; }
};

enum class End : uint8_t {
  kDropped,  // everything is given up and dropped first, and nothing may be left then
  kClosed,  // the store is closed with all that is in progress
  kTrapped,  // its program does what is a trap
  kInterrupted,  // it is interrupted where it waits
  kOutOfFuel,
};

// One store with its program, in the middle of all kinds of things.
class Churn {
 public:
  virtual ~Churn() = default;
  virtual void step() = 0;
  // The last step. What is wrong, or "". Nothing of the store is left afterwards.
  virtual std::string end(End how) = 0;
  const std::string& wrong() const { return wrong_; }

 protected:
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }
  std::string wrong_;
};

}  // namespace ermine::churn
