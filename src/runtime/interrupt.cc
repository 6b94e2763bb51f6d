#include "runtime/interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace ermine::runtime {

InterruptControl::~InterruptControl() {
  if (event_fd_ >= 0) close(event_fd_);
}

void InterruptControl::interrupt(uint32_t reasons) {
  std::lock_guard lock(mutex_);
  if (!exec_) return;
  exec_->interrupt.fetch_or(reasons, std::memory_order_relaxed);
  exec_->stack_limit.store(nullptr, std::memory_order_relaxed);
  if (event_fd_ >= 0) eventfd_write(event_fd_, 1);
  if (wait_wake_) {
    // With the lock, so that a sleeper between its last check and its sleep is not missed.
    std::lock_guard sleeper(*wait_mutex_);
    wait_wake_->notify_all();
  }
}

uint32_t InterruptControl::take() {
  std::lock_guard lock(mutex_);
  if (!exec_) return 0;
  const uint32_t reasons = exec_->interrupt.exchange(0, std::memory_order_relaxed);
  exec_->stack_limit.store(exec_->stack_end, std::memory_order_relaxed);
  eventfd_t value;
  if (event_fd_ >= 0) eventfd_read(event_fd_, &value);
  return reasons;
}

void InterruptControl::drop(uint32_t reasons) {
  std::lock_guard lock(mutex_);
  if (!exec_) return;
  const uint32_t before = exec_->interrupt.fetch_and(~reasons, std::memory_order_relaxed);
  if (before == 0 || (before & ~reasons) != 0) return;
  exec_->stack_limit.store(exec_->stack_end, std::memory_order_relaxed);
  eventfd_t value;
  if (event_fd_ >= 0) eventfd_read(event_fd_, &value);
}

void InterruptControl::set_stack(Slot* base, Slot* end) {
  std::lock_guard lock(mutex_);
  exec_->stack_base = base;
  exec_->stack_end = end;
  exec_->stack_limit.store(exec_->interrupt.load(std::memory_order_relaxed) != 0 ? nullptr : end,
                           std::memory_order_relaxed);
}

uint32_t InterruptControl::pending() const {
  std::lock_guard lock(mutex_);
  return exec_ ? exec_->interrupt.load(std::memory_order_relaxed) : 0;
}

int InterruptControl::event_fd() {
  std::lock_guard lock(mutex_);
  if (event_fd_ < 0) {
    event_fd_ =
        eventfd(exec_ && exec_->interrupt.load(std::memory_order_relaxed) != 0 ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  return event_fd_;
}

void InterruptControl::detach() {
  std::lock_guard lock(mutex_);
  exec_ = nullptr;
}

void InterruptControl::begin_wait(std::mutex* mutex, std::condition_variable* wake) {
  std::lock_guard lock(mutex_);
  wait_mutex_ = mutex;
  wait_wake_ = wake;
}

void InterruptControl::end_wait() {
  std::lock_guard lock(mutex_);
  wait_mutex_ = nullptr;
  wait_wake_ = nullptr;
}

DeadlineTimer::~DeadlineTimer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DeadlineTimer::schedule(const std::shared_ptr<InterruptControl>& control, Clock::time_point when) {
  std::unique_lock lock(mutex_);
  forget(lock, control.get());
  auto place = deadlines_.emplace(when, control);
  by_control_.emplace(control.get(), place);
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  else if (place == deadlines_.begin()) changed_.notify_all();
}

void DeadlineTimer::cancel(const std::shared_ptr<InterruptControl>& control) {
  std::unique_lock lock(mutex_);
  forget(lock, control.get());
}

void DeadlineTimer::forget(std::unique_lock<std::mutex>& lock, InterruptControl* control) {
  fired_.wait(lock, [&] { return firing_ != control; });
  auto it = by_control_.find(control);
  if (it == by_control_.end()) return;
  deadlines_.erase(it->second);
  by_control_.erase(it);
}

void DeadlineTimer::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (deadlines_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const Clock::time_point next = deadlines_.begin()->first;
    if (Clock::now() < next) {
      changed_.wait_until(lock, next);
      continue;
    }
    std::shared_ptr<InterruptControl> control = std::move(deadlines_.begin()->second);
    by_control_.erase(control.get());
    deadlines_.erase(deadlines_.begin());
    // Not under this lock: the control takes locks of its own.
    firing_ = control.get();
    lock.unlock();
    control->interrupt(kInterruptDeadline);
    lock.lock();
    firing_ = nullptr;
    fired_.notify_all();
    lock.unlock();
    control.reset();  // may be the last reference
    lock.lock();
  }
}

}  // namespace ermine::runtime
