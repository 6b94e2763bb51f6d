// Store: contains instances, memories and host objects. Nothing of one store can be used in another, except shared
// memories. A store runs on one thread at a time (the thread may change between calls); only InterruptHandle may be
// used from other threads while it runs.
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

// Statistics of a store's collector.
struct GcStats {
  uint64_t minor_collections = 0;  // of new objects only
  uint64_t full_collections = 0;   // of all objects
  std::chrono::nanoseconds total_pause{0};  // of all collections
  std::chrono::nanoseconds max_pause{0};    // of the longest one
  uint64_t allocated_bytes = 0;  // since the store was made
  uint64_t live_bytes = 0;       // after the last collection
};

// One collection.
struct GcCollection {
  bool full;                       // of all objects, not only of new ones
  std::chrono::nanoseconds pause;  // that it took
  uint64_t live_bytes;             // after it
};

// Stops the code that runs in a store, from any thread (but not from a signal handler). Reference-counted, cheap to
// copy, and harmless after the store was destroyed.
class InterruptHandle {
 public:
  // The running call, or the next one, soon ends with a trap "interrupted" (TrapCode::kInterrupted), wherever it is: in
  // a loop, a recursion, or a host function that waits. The request is then used up.
  void interrupt() const;

  explicit InterruptHandle(std::shared_ptr<runtime::InterruptControl> control) : control_(std::move(control)) {}

 private:
  std::shared_ptr<runtime::InterruptControl> control_;
};

// The operations on a store; a pointer that does not own it. Pass it by value.
class StoreRef {
 public:
  // Of deadlines.
  using Clock = std::chrono::steady_clock;

  // That it was made with.
  Engine engine() const;

  // A pointer of the embedder, which the engine does not use.
  void* data() const;
  // The store does nothing with it.
  void set_data(void* data) const;
  // The pointer as one to an object, which must be there.
  template <class T>
  T& data_as() const {
    return *static_cast<T*>(data());
  }

  // What it may use now.
  const StoreLimits& limits() const;
  // Applies to whatever is made or grown later.
  void set_limits(const StoreLimits& limits) const;

  // Fuel is the cost of instructions: 1 for most, proportionally more for bulk operations, and the bytes that WASI
  // functions move for a program (Config::consume_fuel has the rates). Without that option set_fuel fails with kUsage,
  // and fuel() is nothing. When fuel is used up, a plain call ends with TrapCode::kOutOfFuel and cannot be continued;
  // an Execution (execution.h) can.
  Result<void> set_fuel(uint64_t units) const;
  // What is left.
  std::optional<uint64_t> fuel() const;
  // Called when fuel runs out; returns the units to continue with, or 0 to stop the program.
  void on_out_of_fuel(std::function<uint64_t(StoreRef)> callback) const;

  // To end calls from other threads.
  InterruptHandle interrupt_handle() const;
  // Code that still runs at `when` is interrupted, as are later calls until the deadline is moved or
  // cleared. Precise to about a millisecond.
  void set_deadline(Clock::time_point when) const;
  // The same, this long after the present.
  void set_timeout(Clock::duration from_now) const { set_deadline(Clock::now() + from_now); }
  // Calls may take any time again.
  void clear_deadline() const;
  // For host functions that wait: whether an interrupt is requested, and a file descriptor that becomes readable while
  // one is (-1 if the system has none; owned by the store).
  bool interrupt_requested() const;
  // Answers a request: returns the error that the host function must return. If the running call is an Execution, it
  // suspends the call here, and returns nothing when it continues: then wait again. Memories may have grown in the
  // meantime.
  Result<void> check_interrupt() const;
  // See interrupt_requested().
  int interrupt_fd() const;
  // For host functions whose work should cost fuel: takes this many units; no effect if fuel is not counted. When fuel
  // is used up, on_out_of_fuel is called; if it gives no more, returns the error that the host function must return. If
  // the running call is an Execution, it is suspended here, and nothing is returned when it continues. As after
  // check_interrupt(), memories may then have grown and moved. Elsewhere, kBytesPerFuel bytes cost 1 unit. Long work
  // should be paid for, and checked for interrupts, in pieces.
  Result<void> consume_fuel(uint64_t units) const;

  // Collects garbage now. Collections happen automatically when the heap needs them.
  void collect_garbage() const;
  // Bytes of live objects on the garbage-collected heap.
  uint64_t gc_heap_size() const;
  // Of all collections until now.
  GcStats gc_stats() const;
  // Called after each collection, on the thread that runs the store. It must not use the store.
  void on_collection(std::function<void(const GcCollection&)> callback) const;

  bool operator==(const StoreRef&) const = default;

  // For the library's own code.
  explicit StoreRef(runtime::Store* impl) : impl_(impl) {}
  runtime::Store* impl() const { return impl_; }

 protected:
  runtime::Store* impl_;
};

// Owns a store. Its destruction invalidates all instances and handles of the store; destroy it outside of calls into
// it.
class Store : public StoreRef {
 public:
  // Without instances.
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
