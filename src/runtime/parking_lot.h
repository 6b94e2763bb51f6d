// ParkingLot: the sleeping threads of memory.atomic.wait on one shared memory, by address, first come first served.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <unordered_map>

#include "runtime/context.h"

namespace ermine::runtime {

enum class WaitResult : uint32_t { kWoken = 0, kNotEqual = 1, kTimedOut = 2, kInterrupted = 3 };

class ParkingLot {
 public:
  // Sleeps if the value of `cell` is `expected`. timeout in nanoseconds; negative: no end. An interrupt of the store
  // ends it.
  template <class T>
  WaitResult wait(Store* store, T* cell, T expected, int64_t timeout);
  // Wakes up to `count` sleepers; returns their number.
  uint32_t notify(const void* cell, uint32_t count);

 private:
  struct Sleeper {
    std::condition_variable wake;
    bool woken = false;
  };
  using Queue = std::list<Sleeper*>;

  std::mutex mutex_;
  std::unordered_map<const void*, Queue> queues_;
};

extern template WaitResult ParkingLot::wait(Store*, uint32_t*, uint32_t, int64_t);
extern template WaitResult ParkingLot::wait(Store*, uint64_t*, uint64_t, int64_t);

}  // namespace ermine::runtime
