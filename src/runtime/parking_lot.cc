#include "runtime/parking_lot.h"

#include <chrono>

#include "runtime/store.h"

namespace ermine::runtime {

template <class T>
WaitResult ParkingLot::wait(Store* store, T* cell, T expected, int64_t timeout) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t kNoEnd = int64_t{1} << 60;  // 36 years: adding it to now cannot overflow
  const bool ends = timeout >= 0 && timeout < kNoEnd;
  const auto end = Clock::now() + std::chrono::nanoseconds(ends ? timeout : 0);
  const std::atomic<uint32_t>& interrupt = store->exec()->interrupt;

  Sleeper self;
  // Before the lock: an interrupt holds the control's lock while it takes this one.
  store->interrupt_control()->begin_wait(&mutex_, &self.wake);
  WaitResult result = WaitResult::kNotEqual;
  {
    std::unique_lock lock(mutex_);
    // A notifier that changed the value before takes the lock after this thread, or this thread sees its value.
    if (__atomic_load_n(cell, __ATOMIC_SEQ_CST) == expected) {
      Queue& queue = queues_[cell];
      const auto place = queue.insert(queue.end(), &self);
      const auto done = [&] { return self.woken || interrupt.load(std::memory_order_relaxed) != 0; };
      if (ends) self.wake.wait_until(lock, end, done);
      else self.wake.wait(lock, done);
      if (self.woken) {
        result = WaitResult::kWoken;  // the notifier removed this thread from the queue
      } else {
        result = interrupt.load(std::memory_order_relaxed) != 0 ? WaitResult::kInterrupted : WaitResult::kTimedOut;
        auto it = queues_.find(cell);
        it->second.erase(place);
        if (it->second.empty()) queues_.erase(it);
      }
    }
  }
  store->interrupt_control()->end_wait();
  return result;
}

template WaitResult ParkingLot::wait(Store*, uint32_t*, uint32_t, int64_t);
template WaitResult ParkingLot::wait(Store*, uint64_t*, uint64_t, int64_t);

uint32_t ParkingLot::notify(const void* cell, uint32_t count) {
  std::lock_guard lock(mutex_);
  auto it = queues_.find(cell);
  if (it == queues_.end()) return 0;
  uint32_t woken = 0;
  for (; woken < count && !it->second.empty(); ++woken) {
    Sleeper* sleeper = it->second.front();
    it->second.pop_front();
    sleeper->woken = true;
    sleeper->wake.notify_one();
  }
  if (it->second.empty()) queues_.erase(it);
  return woken;
}

}  // namespace ermine::runtime
