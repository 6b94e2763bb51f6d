// EventLoop: what makes asynchronous calls, replies and streams of a store progress. Either the embedder waits in it,
//
//   ERMINE_ASSIGN(auto call, fetch.call_async("https://…"));
//   ERMINE_ASSIGN(std::string page, call.wait());
//
// or has a loop of its own, and runs the store's when its descriptor is readable:
//
//   component::EventLoop loop(store);
//   ERMINE_ASSIGN(int fd, loop.event_fd());
//   …add fd to epoll…
//   while (!call.done()) {
//     if (Result<bool> ran = loop.run_some(); ran && !*ran) epoll_wait(…);
//   }
#pragma once

#include <functional>
#include <memory>

#include "ermine/result.h"
#include "ermine/store.h"

namespace ermine::component {

class Scheduler;
class Waker;

// Something that the host does, of which the store's event loop will hear: while one exists, a store where nothing can
// run is not in a deadlock. Copies are one. Begun on the store's thread, may be destroyed on any, and after the store.
class Operation {
 public:
  Operation() = default;

  // For the library's own code.
  explicit Operation(std::shared_ptr<void> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<void> impl_;
};

// Gives work to the store's thread. Copies are cheap. Thread-safe; harmless after the store.
class LoopHandle {
 public:
  // `work` is called by the event loop, once, in the order of the calls of post(). Destroyed without being called if
  // the store ends before.
  void post(std::function<void()> work) const;

  // For the library's own code.
  explicit LoopHandle(std::shared_ptr<Waker> waker) : waker_(std::move(waker)) {}

 private:
  std::shared_ptr<Waker> waker_;
};

// What a store's loop waits for besides its own work: descriptors and times that this object knows. Used on the store's
// thread.
class EventSource {
 public:
  virtual ~EventSource() = default;
  // Posts (LoopHandle) what has happened, without waiting. Called now and then while tasks run.
  virtual void poll() = 0;
  // Waits until something has happened, or was posted (begin_wait()), or StoreRef::interrupt_fd() is readable, and
  // posts it. An error ends EventLoop::run_until.
  virtual Result<void> wait() = 0;
  // Readable when poll() has something to post. Owned by this object; -1: the system has none.
  virtual int event_fd() = 0;
};

// A pointer to the loop of a store, valid as long as that. Used on the store's thread.
class EventLoop {
 public:
  explicit EventLoop(StoreRef store);

  // Runs a task that is ready, if there is one, and takes what has come from outside. False: there was nothing to do;
  // something may come when event_fd() is readable. An error is that of a task; calls into its component have failed
  // with it, all others continue, and so may the caller.
  Result<bool> run_some() const;
  // Runs until done() holds, and waits where nothing can run. Errors: kTrap if nothing can run or will come from
  // outside (a deadlock: no reply is awaited and no Operation exists) and for interrupts. Errors of tasks are those of
  // their calls.
  Result<void> run_until(const std::function<bool()>& done) const;
  // Readable while something from outside waits: an answer, a stream, or a time or descriptor that a program of WASI
  // 0.3 waits for. Owned by the store; it may be waited for by poll() or epoll. kIo if the system has no more
  // descriptors.
  Result<int> event_fd() const;
  // How run_until(), and calls that wait, wait while nothing can run: `wait` returns when event_fd(),
  // StoreRef::interrupt_fd() or something else of the embedder is ready, or with an error, which ends the waiting.
  // Empty: for the first two.
  void set_wait(std::function<Result<void>()> wait) const;
  // For the library's own code: of WASI 0.3. Kept until the store ends; null: there is none.
  void set_source(std::shared_ptr<EventSource> source) const;
  EventSource* source() const;
  Operation begin_operation() const;
  LoopHandle handle() const;
  // For the library's own code, around EventSource::wait(): what becomes readable when something is posted; -1:
  // something was posted already. kIo if the system has no more descriptors.
  Result<int> begin_wait() const;
  void end_wait() const;

 private:
  Scheduler* scheduler_;
};

}  // namespace ermine::component
