// Poller: what the programs of a store wait for: times and descriptors. The store's event loop waits in it.
//
// A descriptor is watched only while a component waits for its stream, and each time again, as poll() does; so nothing
// is read before it is wanted, and a stream costs nothing while it is not used. Belongs to the store's thread.
#pragma once

#include <poll.h>

#include <map>
#include <memory>
#include <vector>

#include "ermine/component/event_loop.h"
#include "wasi/host/channel.h"

namespace ermine::wasi::preview3 {

class Waiter {
 public:
  virtual ~Waiter() = default;
  // Called once, in the event loop, when what it waits for has happened, or is_over().
  virtual void ready() = 0;
  // Whether there is no reason to wait any more; asked before each wait.
  virtual bool is_over() const { return false; }
  // When it has happened in any case: nanoseconds of the monotonic clock; asked before each wait.
  virtual uint64_t deadline() const { return UINT64_MAX; }
};

class Poller final : public component::EventSource, public std::enable_shared_from_this<Poller> {
 public:
  using Times = std::multimap<uint64_t, std::shared_ptr<Waiter>>;  // nanoseconds of the monotonic clock

  // That of the store, which lives as long as its event loop.
  static Poller& of(StoreRef store);
  explicit Poller(StoreRef store) : store_(store), loop_(store) {}

  // The descriptor stays open until the waiter is destroyed. `events` as for poll(); 0: for its deadline.
  void wait_for(int fd, short events, std::shared_ptr<Waiter> waiter, const host::Signal* signal = nullptr);
  // For the work of another thread.
  void wait_for(const host::Awaited& awaited, std::shared_ptr<Waiter> waiter) {
    const host::Awaited::Wait wait = awaited.wait();
    wait_for(wait.descriptor->host_fd, POLLIN, std::move(waiter), wait.signal);
  }
  // `Waiter::ready` must only answer a call: it is called at once.
  Times::iterator wait_until(uint64_t when, std::shared_ptr<Waiter> waiter) {
    return times_.emplace(when, std::move(waiter));
  }
  void forget(Times::iterator time) { times_.erase(time); }
  // Expired when the store has ended.
  std::weak_ptr<Poller> alive() { return weak_from_this(); }

  void poll() override;
  Result<void> wait() override;

 private:
  Result<void> look(bool waits);

  struct Watch {
    int fd;
    short events;
    std::shared_ptr<Waiter> waiter;
    // Null: there is none. It is cleared before any of those that wait for it asks again, so that no change is lost.
    const host::Signal* signal;
  };
  StoreRef store_;
  component::EventLoop loop_;
  std::vector<Watch> watches_;
  std::vector<pollfd> fds_;  // of one look
  Times times_;
  component::Operation operation_;  // while there are watches; the answers to calls count by themselves
};

}  // namespace ermine::wasi::preview3
