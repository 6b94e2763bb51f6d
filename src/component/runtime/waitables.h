// What core code can wait for: waitables, which have events, and sets of them. (CanonicalABI.md, "Waitable State" and
// "Subtask State".) Streams and futures are in streams.h.
#pragma once

#include <vector>

#include "component/runtime/handles.h"
#include "component/runtime/tasks.h"

namespace ermine::component {

enum class EventCode : uint8_t {
  kNone,
  kSubtask,
  kStreamRead,
  kStreamWrite,
  kFutureRead,
  kFutureWrite,
  kTaskCancelled,
};

struct Event {
  EventCode code = EventCode::kNone;
  uint32_t index = 0, payload = 0;
};

inline constexpr uint32_t kBlocked = 0xFFFF'FFFF;

struct Waitable : HandleObject {
  using HandleObject::HandleObject;
  Waitable(const Waitable&) = delete;
  Waitable& operator=(const Waitable&) = delete;
  static constexpr std::string_view kNoun = "waitable";
  static bool is(HandleKind kind) {
    return kind == HandleKind::kSubtask || (kind >= HandleKind::kStreamReader && kind <= HandleKind::kFutureWriter);
  }

  bool has_event = false;
  bool has_sync_waiter = false;
  uint32_t index = 0;  // in the table that it is in
  WaitableSet* set = nullptr;
  Thread* waiter = nullptr;  // that waits for it alone
  // Among those of its set that have events.
  Waitable* next = nullptr;
  Waitable* previous = nullptr;

  void join(WaitableSet* to, Scheduler& scheduler);
  void set_event(Scheduler& scheduler);
  void clear_event();
};

// Waitables that have events are in a list of their own, in the order in which they came.
struct WaitableSet : HandleObject {
  WaitableSet() : HandleObject(HandleKind::kWaitableSet) {}
  static constexpr std::string_view kNoun = "waitable set";
  static bool is(HandleKind kind) { return kind == HandleKind::kWaitableSet; }

  uint32_t members = 0;
  std::vector<Thread*> waiting;  // threads that wait for an event of it
  Waitable* head = nullptr;
  Waitable* tail = nullptr;

  bool has_event() const { return head != nullptr; }
  void link(Waitable& waitable);
  void unlink(Waitable& waitable);
};

// A call of an asynchronous function by a component, as the caller sees it.
struct Subtask : Waitable, TaskClient {
  enum class State : uint8_t { kStarting, kStarted, kReturned, kCancelledBeforeStarted, kCancelledBeforeReturned };

  Subtask(ComponentInstance& root, InstanceState& caller)
      : Waitable(HandleKind::kSubtask), root_(root), caller_(caller) {}
  static constexpr std::string_view kNoun = "subtask";
  static bool is(HandleKind kind) { return kind == HandleKind::kSubtask; }

  State state = State::kStarting;
  bool cancellation_requested = false;
  bool resolve_delivered = false;
  runtime::Slot flat_result = 0;  // if the caller takes the result as a core value

  bool resolved() const { return state >= State::kReturned; }
  void deliver_resolve();
  // Asks the callee to cancel it. By `caller`, the instance that runs.
  virtual Result<void> request_cancellation(InstanceState* caller);

 protected:
  // The state changes, which the caller learns as an event.
  void progress(State to);
  ComponentInstance& root_;
  InstanceState& caller_;

 private:
  Result<void> cancelled(Task& task) final;
};

// Takes the event that a waitable has.
Event take_event(Waitable& waitable);
Event take_event(WaitableSet& set);

}  // namespace ermine::component
