#include "component/runtime/waitables.h"

#include <algorithm>

#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/streams.h"

namespace ermine::component {

void WaitableSet::link(Waitable& waitable) {
  waitable.next = nullptr;
  waitable.previous = tail;
  (tail ? tail->next : head) = &waitable;
  tail = &waitable;
}

void WaitableSet::unlink(Waitable& waitable) {
  (waitable.previous ? waitable.previous->next : head) = waitable.next;
  (waitable.next ? waitable.next->previous : tail) = waitable.previous;
  waitable.next = waitable.previous = nullptr;
}

void Waitable::join(WaitableSet* to, Scheduler& scheduler) {
  if (set) {
    --set->members;
    if (has_event) set->unlink(*this);
  }
  set = to;
  if (!to) return;
  ++to->members;
  if (!has_event) return;
  to->link(*this);
  for (Thread* thread : to->waiting) scheduler.notify(*thread);
}

void Waitable::set_event(Scheduler& scheduler) {
  if (!has_event) {
    has_event = true;
    if (set) set->link(*this);
  }
  if (set)
    for (Thread* thread : set->waiting) scheduler.notify(*thread);
  if (waiter) scheduler.notify(*waiter);
}

void Waitable::clear_event() {
  if (has_event && set) set->unlink(*this);
  has_event = false;
}

Event take_event(Waitable& waitable) {
  waitable.clear_event();
  if (!Subtask::is(waitable.kind)) return static_cast<CopyEnd&>(waitable).finish_copy();
  auto& subtask = static_cast<Subtask&>(waitable);
  if (subtask.resolved() && !subtask.resolve_delivered) subtask.deliver_resolve();
  return {EventCode::kSubtask, subtask.index, static_cast<uint32_t>(subtask.state)};
}

Event take_event(WaitableSet& set) { return take_event(*set.head); }

void Subtask::deliver_resolve() {
  resolve_delivered = true;
  end_loans(loans);
}

void Subtask::progress(State to) {
  state = to;
  Scheduler& scheduler = root_.scheduler();
  // The caller does not know it yet while its call has not returned.
  if (index != 0) set_event(scheduler);
  else if (waiter) scheduler.notify(*waiter);
}

Result<void> Subtask::cancelled(Task&) {
  progress(state == State::kStarting ? State::kCancelledBeforeStarted : State::kCancelledBeforeReturned);
  return {};
}

Result<void> Subtask::request_cancellation(InstanceState* caller) {
  cancellation_requested = true;
  if (!task) return {};  // the callee's instance has trapped
  return root_.scheduler().request_cancellation(*task, caller);
}

}  // namespace ermine::component
