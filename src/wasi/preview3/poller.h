// Poller: what the programs of a store wait for: times and descriptors. The store's event loop waits in it.
//
// A descriptor is watched only while a component waits for its stream, and each time again, as poll() does; so nothing
// is read before it is wanted, and a stream costs nothing while it is not used. A few descriptors are watched by
// ppoll(); if there are many, or the embedder has a loop of its own, by epoll, where a wait costs what happens and not
// what is watched. Belongs to the store's thread.
#pragma once

#include <poll.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ermine/component/event_loop.h"
#include "wasi/host/channel.h"

namespace ermine::wasi::preview3 {

class Poller;
class Waiter;

struct Watch {
  short events = 0;
  std::shared_ptr<Waiter> waiter;
  std::multimap<uint64_t, Waiter*>::iterator deadline;  // the end: it has none, or is asked
  // Of the work of another thread:
  bool is_awaited = false;
  // Null: there is none. It is cleared before any of those that wait for it asks again, so that no change is lost.
  const host::Signal* signal = nullptr;
};

class Waiter {
 public:
  using Watches = std::multimap<int, Watch>;  // by the descriptor

  virtual ~Waiter() = default;
  // Called once, in the event loop, when what it waits for has happened, or is_over().
  virtual void ready() = 0;
  // Whether there is no reason to wait any more. Asked before each wait for the work of another thread; in other waits
  // Poller::give_up() says it.
  virtual bool is_over() const { return false; }
  // When it has happened in any case: nanoseconds of the monotonic clock. Asked when the wait begins, and also before
  // each wait for the work of another thread.
  virtual uint64_t deadline() const { return UINT64_MAX; }

 private:
  friend class Poller;
  // While it waits for a descriptor:
  std::optional<Watches::iterator> place_;
  std::weak_ptr<Poller> poller_;  // expired when the store has ended
};

class Poller final : public component::EventSource, public std::enable_shared_from_this<Poller> {
 public:
  using Times = std::multimap<uint64_t, std::shared_ptr<Waiter>>;  // nanoseconds of the monotonic clock

  // That of the store, which lives as long as its event loop.
  static Poller& of(StoreRef store);
  explicit Poller(StoreRef store) : store_(store), loop_(store) {}
  ~Poller() override;

  // The descriptor stays open until the waiter is destroyed. `events` as for poll(); 0: for its deadline. The waiter
  // waits for nothing else.
  void wait_for(int fd, short events, std::shared_ptr<Waiter> waiter);
  // For the work of another thread, or for a channel of this poller.
  void wait_for(const host::Awaited& awaited, std::shared_ptr<Waiter> waiter);
  // A channel connects waiters with what the store's own code does: all that wait for it are asked again after
  // notify(). It has a number that no descriptor has, and there is nothing to be freed.
  int new_channel() { return --last_channel_; }
  void notify(int channel) { happened(watches_, channel, POLLERR); }
  // It does not wait any more. False: it did not.
  static bool forget(Waiter& waiter);
  // The same, and its ready() will be called.
  static void give_up(Waiter& waiter);
  // `Waiter::ready` must only answer a call: it is called at once.
  Times::iterator wait_until(uint64_t when, std::shared_ptr<Waiter> waiter) {
    return times_.emplace(when, std::move(waiter));
  }
  void forget(Times::iterator time) { times_.erase(time); }
  // In a turn of the loop.
  void post(std::function<void()> work) { loop_.handle().post(std::move(work)); }
  // Expired when the store has ended.
  std::weak_ptr<Poller> alive() { return weak_from_this(); }

  void poll() override;
  Result<void> wait() override;
  int event_fd() override;

 private:
  using Watches = Waiter::Watches;
  bool any() const { return !watches_.empty() || !awaited_.empty(); }
  Watches& of(const Watch& watch) { return watch.is_awaited ? awaited_ : watches_; }
  void add(int fd, Watch watch);
  std::shared_ptr<Waiter> take(Watches::iterator place);
  void post(Watches::iterator place);
  void happened(Watches& watches, int fd, short what);
  // epoll
  bool watch_many();
  bool arm(int fd);
  void take_events();
  void set_timer(uint64_t due);

  Result<void> look(bool waits);

  StoreRef store_;
  component::EventLoop loop_;
  Watches watches_, awaited_;
  std::multimap<uint64_t, Waiter*> deadlines_;  // of watches_
  Times times_;
  std::vector<pollfd> fds_;  // of one look
  component::Operation operation_;  // while there are watches; the answers to calls count by themselves
  // -1: not used yet, or the system has none for this process.
  int epoll_fd_ = -1, timer_fd_ = -1;
  bool has_epoll_ = true, is_external_ = false;
  int last_channel_ = -1;
  uint64_t timer_at_ = UINT64_MAX;
};

}  // namespace ermine::wasi::preview3
