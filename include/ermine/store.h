// Store: the world that instances, memories and host objects live in. Nothing of one store can be used in
// another, save shared memories. A store runs on one thread at a time (which thread may change between
// calls); only InterruptHandle may be used from others while it runs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "ermine/engine.h"
#include "ermine/limits.h"

namespace ermine {

namespace runtime {
class Store;
class InterruptControl;
}  // namespace runtime

// What the collector has done in a store.
struct GcStats {
  // Of what is new since the last one, and of everything.
  uint64_t minor_collections = 0, full_collections = 0;
  std::chrono::nanoseconds total_pause{0}, max_pause{0};
  uint64_t allocated_bytes = 0;  // since the store was made
  uint64_t live_bytes = 0;       // after the last collection
};

// One collection.
struct GcCollection {
  bool full;
  std::chrono::nanoseconds pause;
  uint64_t live_bytes;
};

// Stops the code that runs in a store, from any thread (not from a signal handler). Counted, cheap to
// copy, and harmless after the store has gone.
class InterruptHandle {
 public:
  // The running call, or the next one, ends soon with a trap "interrupted" (TrapCode::kInterrupted),
  // wherever it is: in a loop, a recursion, or a host function that waits. Then the request is spent.
  void interrupt() const;

  explicit InterruptHandle(std::shared_ptr<runtime::InterruptControl> control) : control_(std::move(control)) {}

 private:
  std::shared_ptr<runtime::InterruptControl> control_;
};

// What can be done with a store; a pointer that does not own. Pass it by value.
class StoreRef {
 public:
  using Clock = std::chrono::steady_clock;

  Engine engine() const;

  // A pointer of the embedder's, not touched by the engine.
  void* data() const;
  void set_data(void* data) const;
  template <class T>
  T& data_as() const {
    return *static_cast<T*>(data());
  }

  const StoreLimits& limits() const;
  // Holds for what is made or grown later.
  void set_limits(const StoreLimits& limits) const;

  // Fuel is what instructions cost: 1 for most, more for bulk operations in proportion, and the bytes that WASI's
  // functions move for a program (Config::consume_fuel has the rates). Without it set_fuel fails with kUsage and
  // fuel() is nothing. When it is used up the program stops with TrapCode::kOutOfFuel, for good; an Execution
  // (execution.h) can go on.
  Result<void> set_fuel(uint64_t units) const;
  std::optional<uint64_t> fuel() const;
  // Called when fuel runs out; returns the units to go on with, or 0 to stop the program.
  void on_out_of_fuel(std::function<uint64_t(StoreRef)> callback) const;

  InterruptHandle interrupt_handle() const;
  // Code that still runs at `when` is interrupted, as are later calls until the deadline is moved or
  // cleared. Precise to about a millisecond.
  void set_deadline(Clock::time_point when) const;
  void set_timeout(Clock::duration from_now) const { set_deadline(Clock::now() + from_now); }
  void clear_deadline() const;
  // For host functions that wait: whether an interrupt is asked for, and a file descriptor that polls as
  // readable while one is (-1 where the system has none; owned by the store).
  bool interrupt_requested() const;
  // Answers a request: with the error that the host function is to return; or, where the running call is an
  // Execution, by stopping here, and nothing when it goes on: then wait again. Memories may have grown meanwhile.
  Result<void> check_interrupt() const;
  int interrupt_fd() const;
  // For host functions that do work worth paying for: takes that many units, nothing where fuel is not counted. When
  // fuel is used up on_out_of_fuel is asked; without more, the error that the host function is to return; or, where
  // the running call is an Execution, stops here, and nothing when it goes on. As after check_interrupt(), memories
  // may then have grown, and moved. Bytes cost 1 unit for kBytesPerFuel elsewhere. What takes long is best paid for
  // and checked for interrupts in pieces.
  Result<void> consume_fuel(uint64_t units) const;

  // Collects garbage now. Calls happen on their own when the heap needs it.
  void collect_garbage() const;
  // Bytes that live objects of the garbage-collected heap take.
  uint64_t gc_heap_size() const;
  GcStats gc_stats() const;
  // Called after each collection, on the thread that runs the store. It must not use the store.
  void on_collection(std::function<void(const GcCollection&)> callback) const;

  bool operator==(const StoreRef&) const = default;

  // For the library's own use.
  explicit StoreRef(runtime::Store* impl) : impl_(impl) {}
  runtime::Store* impl() const { return impl_; }

 protected:
  runtime::Store* impl_;
};

// Owns a store. When it goes, all instances and handles of the store are invalid; destroy it outside of
// calls into it.
class Store : public StoreRef {
 public:
  explicit Store(const Engine& engine, const StoreLimits& limits = {});
  ~Store();
  Store(Store&& o) noexcept : StoreRef(o.impl_) { o.impl_ = nullptr; }
  Store& operator=(Store&& o) noexcept {
    std::swap(impl_, o.impl_);
    return *this;
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
};

}  // namespace ermine
