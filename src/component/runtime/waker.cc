#include <sys/eventfd.h>
#include <unistd.h>

#include "component/runtime/scheduler.h"

namespace ermine::component {

Waker::~Waker() {
  if (event_fd_ >= 0) ::close(event_fd_);
}

void Waker::post(std::function<bool()> work) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  work_.push_back(std::move(work));
  signal();
  wake_.notify_all();
}

void Waker::make_fd() {
  if (event_fd_ < 0) event_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void Waker::signal() {
  if (!is_watched_ || is_signalled_ || event_fd_ < 0) return;
  is_signalled_ = true;
  eventfd_write(event_fd_, 1);
}

int Waker::event_fd() {
  std::lock_guard lock(mutex_);
  make_fd();
  is_watched_ = for_good_ = true;
  if (!work_.empty()) signal();
  return event_fd_;
}

Waker::Waiting Waker::begin_wait() {
  std::lock_guard lock(mutex_);
  make_fd();
  is_watched_ = true;
  return {event_fd_, !work_.empty()};
}

void Waker::end_wait() {
  std::lock_guard lock(mutex_);
  is_watched_ = for_good_;
}

std::vector<std::function<bool()>> Waker::take() {
  std::lock_guard lock(mutex_);
  eventfd_t value;
  if (std::exchange(is_signalled_, false)) eventfd_read(event_fd_, &value);
  return std::exchange(work_, {});
}

// False: an interrupt of the store came first.
bool Waker::wait(runtime::Store& store) {
  runtime::InterruptControl& interrupts = *store.interrupt_control();
  interrupts.begin_wait(&mutex_, &wake_);
  bool has_work = false;
  {
    std::unique_lock lock(mutex_);
    const auto interrupted = [&] { return store.exec()->interrupt.load(std::memory_order_relaxed) != 0; };
    wake_.wait(lock, [&] { return !work_.empty() || interrupted(); });
    has_work = !work_.empty();
  }
  interrupts.end_wait();
  return has_work;
}

bool Waker::is_closed() {
  std::lock_guard lock(mutex_);
  return closed_;
}

void Waker::close() {
  std::vector<std::function<bool()>> dropped;
  std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(work_);
}

}  // namespace ermine::component
