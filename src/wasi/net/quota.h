// Quotas of a program's network: how many sockets, how many bytes, how long. Sockets share it, because they may outlive
// the program's state. For any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "ermine/grants.h"

namespace ermine::wasi::net {

class Quota {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Quota(const NetworkGrants& grants)
      : connect_timeout_(grants.connect_timeout),
        max_connection_time_(grants.max_connection_time),
        max_bytes_(grants.max_bytes),
        max_sockets_(grants.max_sockets) {}

  // False: as many as allowed are open.
  bool take_socket() {
    if (sockets_.fetch_add(1, std::memory_order_relaxed) < max_sockets_) return true;
    give_socket_back();
    return false;
  }
  void give_socket_back() { sockets_.fetch_sub(1, std::memory_order_relaxed); }
  uint32_t sockets() const { return sockets_.load(std::memory_order_relaxed); }

  // The bytes that may still be sent or received; what was is counted afterwards.
  uint64_t bytes_left() const {
    const uint64_t used = bytes_.load(std::memory_order_relaxed);
    return used >= max_bytes_ ? 0 : max_bytes_ - used;
  }
  void count_bytes(uint64_t bytes) {
    if (max_bytes_ != ~uint64_t{0}) bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }

  // When a connection that begins now must be established, and when it is broken. time_point::max(): never.
  Clock::time_point connect_deadline() const { return after(connect_timeout_); }
  Clock::time_point connection_end() const { return after(max_connection_time_); }

 private:
  static Clock::time_point after(std::chrono::nanoseconds time) {
    const Clock::time_point now = Clock::now();
    return time > Clock::time_point::max() - now ? Clock::time_point::max() : now + time;
  }

  const std::chrono::nanoseconds connect_timeout_, max_connection_time_;
  const uint64_t max_bytes_;
  const uint32_t max_sockets_;
  std::atomic<uint64_t> bytes_{0};
  std::atomic<uint32_t> sockets_{0};
};

}  // namespace ermine::wasi::net
