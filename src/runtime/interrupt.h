// Stops a store from outside: InterruptControl is the part of a store that other threads may access, DeadlineTimer the
// thread that interrupts stores at their deadline.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "runtime/context.h"

namespace ermine::runtime {

// Bits of ExecContext::interrupt.
enum InterruptReason : uint32_t { kInterruptRequest = 1, kInterruptDeadline = 2 };

class InterruptControl {
 public:
  explicit InterruptControl(ExecContext* exec) : exec_(exec) {}
  ~InterruptControl();

  // Thread-safe.
  void interrupt(uint32_t reasons);
  // For the store's thread: takes the requested reasons, and lets code run without further interrupts.
  uint32_t take();
  // For the store's thread: drops these requests.
  void drop(uint32_t reasons);
  uint32_t pending() const;
  // For the store's thread: sets the value stack.
  void set_stack(Slot* base, Slot* end);
  // Readable while a reason is pending; -1 if the system has none.
  int event_fd();
  // The store is being destroyed: later interrupts do nothing.
  void detach();

  // While the store's thread sleeps in memory.atomic.wait, an interrupt wakes the registered condition variable.
  // `mutex` is the one that the sleeper waits with.
  void begin_wait(std::mutex* mutex, std::condition_variable* wake);
  void end_wait();

 private:
  mutable std::mutex mutex_;
  ExecContext* exec_;
  int event_fd_ = -1;
  std::mutex* wait_mutex_ = nullptr;
  std::condition_variable* wait_wake_ = nullptr;
};

// One per engine; its thread starts with the first deadline. Thread-safe.
class DeadlineTimer {
 public:
  using Clock = std::chrono::steady_clock;
  DeadlineTimer() = default;
  ~DeadlineTimer();
  DeadlineTimer(const DeadlineTimer&) = delete;
  DeadlineTimer& operator=(const DeadlineTimer&) = delete;

  // Replaces the control's deadline. After either call, the previous one no longer interrupts. The caller holds no lock
  // that an interrupt takes.
  void schedule(const std::shared_ptr<InterruptControl>& control, Clock::time_point when);
  void cancel(const std::shared_ptr<InterruptControl>& control);

 private:
  void run();
  void forget(std::unique_lock<std::mutex>& lock, InterruptControl* control);
  std::mutex mutex_;
  std::condition_variable changed_, fired_;
  InterruptControl* firing_ = nullptr;  // the one that is being interrupted, outside the lock
  std::multimap<Clock::time_point, std::shared_ptr<InterruptControl>> deadlines_;
  std::map<InterruptControl*, std::multimap<Clock::time_point, std::shared_ptr<InterruptControl>>::iterator>
      by_control_;
  std::thread thread_;
  bool stop_ = false;
};

}  // namespace ermine::runtime
