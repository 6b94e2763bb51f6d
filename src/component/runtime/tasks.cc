// The life of tasks: how they start, what their threads do, and how they end. (CanonicalABI.md, "Tasks", `canon lift`.)
#include "component/runtime/tasks.h"

#include <algorithm>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"

namespace ermine::component {

using runtime::Slot;
using Wait = Thread::Wait;

// ---- Task

Result<void> Task::check_borrows() const {
  if (borrows == 0) return {};
  return component_trap("borrow handles still remain at the end of the call");
}

Result<void> Task::return_(const Slot* results) {
  if (state == State::kResolved)
    return component_trap("invalid `task.return` call for current task: it has returned or was cancelled already");
  ERMINE_TRY(check_borrows());
  ERMINE_TRY(client->returned(*this, results));
  state = State::kResolved;
  return {};
}

Result<void> Task::cancel() {
  if (state != State::kCancelDelivered)
    return component_trap("invalid `task.cancel` call for current task: it was not asked to cancel");
  ERMINE_TRY(check_borrows());
  ERMINE_TRY(client->cancelled(*this));
  state = State::kResolved;
  return {};
}

// ---- Frames

void Scheduler::enter_call(ComponentInstance* root, InstanceState* instance) {
  if (free_frames_.empty()) {
    frames_.push_back(std::make_unique<TaskFrame>());
    free_frames_.push_back(frames_.back().get());
    frames_.back()->task.loans = &frames_.back()->loans;
    frames_.back()->task.frame = frames_.back().get();
  }
  TaskFrame& frame = *free_frames_.back();
  free_frames_.pop_back();
  frame.task.root = root;
  frame.task.instance = instance;
  frame.task.state = Task::State::kStarted;
  frame.task.borrows = 0;
  frame.task.implicit = &frame.thread;
  frame.thread.task = &frame.task;
  frame.thread.wait = Wait::kNothing;
  frame.thread.storage[0] = frame.thread.storage[1] = 0;
  frame.thread.outer = current();
  if (instance && instance->sees_tasks) instance->threads.add(frame.thread);
  set_current(&frame.thread);
}

Result<void> Scheduler::exit_call() {
  ERMINE_TRY(current()->task->check_borrows());
  Thread& thread = *current();
  end_loans(*thread.task->loans);
  thread.task->state = Task::State::kResolved;
  set_current(thread.outer);
  forget(thread);
  return {};
}

void Scheduler::drop_frames(Thread* outer) {
  while (current() != outer && current() && current()->kind == Thread::Kind::kFrame) {
    Thread& thread = *current();
    thread.task->loans->clear();
    set_current(thread.outer);
    forget(thread);
  }
  set_current(outer);
}

// The implicit thread of a frame is over. Other threads of the task may continue.
void Scheduler::forget(Thread& thread) {
  Task& task = *thread.task;
  ThreadQueue::remove(thread);
  if (task.instance) task.instance->threads.remove(thread);
  task.implicit = nullptr;
  if (task.threads.empty()) free_frames_.push_back(task.frame);
}

// ---- Starting

Result<void> Scheduler::start(ComponentInstance& root, const PlanFunc& func, std::shared_ptr<TaskClient> client) {
  if (threads_ >= kMaxThreads)
    return component_trap(
        base::format("too many tasks and threads of components: at most {} are supported", kMaxThreads));
  auto* task = new Task;
  task->root = &root;
  task->instance = &root.state(func.instance);
  task->func = &func;
  task->needs_exclusive = !func.options.is_async || func.options.callback.has_value();
  task->client = std::move(client);
  task->client->task = task;
  task->loans = &task->client->loans;
  task->next = tasks_;
  if (tasks_) tasks_->previous = task;
  tasks_ = task;
  auto* thread = new Thread;
  ++threads_;
  thread->task = task;
  thread->kind = Thread::Kind::kImplicit;
  task->implicit = thread;
  InstanceState& instance = *task->instance;
  // If all that is in the way is a thread that could continue, it has its turn first: its call came before this one.
  if (Thread* first = instance.exclusive; first && task->has_backpressure() && instance.backpressure == 0 &&
                                          instance.waiting_to_enter == 0 && is_ready(*first))
    ERMINE_TRY(resume(*first, false));
  if (task->has_backpressure() || instance.waiting_to_enter > 0) {
    ++instance.waiting_to_enter;
    thread->wait = Wait::kEntry;
    thread->cancellable = true;
    notify(*thread);
    return {};
  }
  acquire(*task);
  thread->wait = Wait::kNothing;
  ERMINE_TRY(resume(*thread, false));
  return {};
}

void Scheduler::acquire(Task& task) {
  if (task.needs_exclusive) task.instance->exclusive = task.implicit;
  if (task.instance->sees_tasks) task.instance->threads.add(*task.implicit);
}

// What waits may continue now: one that was excluded, or the next ones that want to start.
void Scheduler::wake(InstanceState& instance) {
  while (Thread* thread = instance.excluded.front()) {
    ThreadQueue::remove(*thread);
    if (!is_ready(*thread)) continue;
    ready_.push_back(*thread);
    return;
  }
  for (Thread* thread = instance.entering.front(); thread;) {
    Thread* next = thread->next;
    if (!is_ready(*thread)) return;
    ThreadQueue::remove(*thread);
    ready_.push_back(*thread);
    if (thread->task->needs_exclusive) return;
    thread = next;
  }
}

void Scheduler::release_exclusive(InstanceState& instance) {
  instance.exclusive = nullptr;
  wake(instance);
}

void Scheduler::set_backpressure(InstanceState& instance, uint32_t value) {
  instance.backpressure = value;
  if (value != 0) return;
  // Those that need not be exclusive can all start.
  for (Thread* thread = instance.entering.front(); thread;) {
    Thread* next = thread->next;
    if (!thread->task->needs_exclusive) {
      ThreadQueue::remove(*thread);
      ready_.push_back(*thread);
    }
    thread = next;
  }
  if (!instance.exclusive) wake(instance);
}

Result<Thread*> Scheduler::new_thread(runtime::FuncRef* start, uint64_t argument) {
  if (threads_ >= kMaxThreads)
    return component_trap(
        base::format("too many tasks and threads of components: at most {} are supported", kMaxThreads));
  auto* thread = new Thread;
  ++threads_;
  thread->task = current()->task;
  thread->kind = Thread::Kind::kExplicit;
  thread->start = start;
  thread->argument = argument;
  thread->task->threads.push_back(thread);
  thread->task->instance->threads.add(*thread);
  return thread;
}

// ---- The bodies of threads

Result<void> Scheduler::body(Thread& thread) {
  if (thread.kind == Thread::Kind::kExplicit) {
    Slot slots[2] = {thread.argument, 0};
    ERMINE_TRY(call_core(store_, thread.start, slots));
    return exit_explicit(thread);
  }
  return thread.started ? next_part(thread) : first_part(thread);
}

Result<void> Scheduler::first_part(Thread& thread) {
  Task& task = *thread.task;
  if (thread.wait == Wait::kEntry) {
    --task.instance->waiting_to_enter;
    thread.wait = Wait::kNothing;
    acquire(task);
  }
  thread.started = true;
  const PlanOptions& options = task.func->options;
  Slot slots[kMaxCallSlots] = {};
  task.state = Task::State::kStarted;
  if (auto started = task.client->start(task, slots); !started) {
    if (started.error().kind() != ErrorKind::kUsage || task.borrows != 0 || !task.client->refused(started.error()))
      return started;
    task.state = Task::State::kResolved;
    return exit_implicit(thread);
  }
  ERMINE_TRY(call_core(store_, task.root->func(task.func->callee), slots));
  if (options.is_async) {
    if (options.callback) return callback_result(thread, static_cast<uint32_t>(slots[0]));
    return exit_implicit(thread);
  }
  const Slot result = slots[0];
  ERMINE_TRY(task.return_(slots));
  if (options.post_return) {
    slots[0] = result;
    task.instance->set_flag(kInstanceMayNotLeave);
    ERMINE_TRY(call_core(store_, task.root->func(*options.post_return), slots));
    task.instance->set_flag(kInstanceRuns);
  }
  return exit_implicit(thread);
}

// What the core function, or its callback, of a task without a stack of its own has returned.
Result<void> Scheduler::callback_result(Thread& thread, uint32_t packed) {
  constexpr uint32_t kExit = 0, kYield = 1, kWait = 2;
  Task& task = *thread.task;
  InstanceState& instance = *task.instance;
  const uint32_t code = packed & 0xF;
  if (code == kExit) return exit_implicit(thread);
  if (code != kYield && code != kWait) return component_trap(base::format("unsupported callback code: {}", code));
  thread.set = nullptr;
  if (code == kWait) {
    ERMINE_ASSIGN(const std::shared_ptr<WaitableSet> set, instance.handles.get<WaitableSet>(packed >> 4));
    thread.set = set.get();
    set->waiting.push_back(&thread);
  }
  release_exclusive(instance);
  thread.wait = code == kWait ? Wait::kEventExclusive : Wait::kExclusive;
  thread.cancellable = true;
  if (task.state == Task::State::kPendingCancel) {
    task.state = Task::State::kCancelDelivered;
    // It continues at once, if it can.
    thread.cancelled = true;
    thread.cancellable = false;
    ThreadQueue::remove(thread);
    return next_part(thread);
  }
  notify(thread);
  return {};
}

// The callback's loop continues with an event.
Result<void> Scheduler::next_part(Thread& thread) {
  Task& task = *thread.task;
  Event event;
  if (thread.cancelled) event.code = EventCode::kTaskCancelled;
  else if (thread.wait == Wait::kEventExclusive) event = take_event(*thread.set);
  if (thread.set) std::erase(thread.set->waiting, &thread);
  thread.set = nullptr;
  thread.wait = Wait::kNothing;
  task.instance->exclusive = &thread;
  Slot slots[3] = {static_cast<Slot>(event.code), event.index, event.payload};
  ERMINE_TRY(call_core(store_, task.root->func(*task.func->options.callback), slots));
  return callback_result(thread, static_cast<uint32_t>(slots[0]));
}

// ---- Ending

Result<void> Scheduler::check_resolved(const Task& task) const {
  if (task.state == Task::State::kResolved) return {};
  return component_trap("an asynchronous function ended without calling `task.return` or `task.cancel`");
}

Result<void> Scheduler::exit_implicit(Thread& thread) {
  Task& task = *thread.task;
  if (task.threads.empty()) ERMINE_TRY(check_resolved(task));
  InstanceState& instance = *task.instance;
  instance.threads.remove(thread);
  task.implicit = nullptr;
  thread.worker->thread = nullptr;
  --threads_;
  delete &thread;
  if (task.needs_exclusive) release_exclusive(instance);
  if (task.threads.empty()) finish(task);
  return {};
}

Result<void> Scheduler::exit_explicit(Thread& thread) {
  Task& task = *thread.task;
  const bool last = task.threads.size() == 1 && !task.implicit;
  if (last) ERMINE_TRY(check_resolved(task));
  task.instance->threads.remove(thread);
  std::erase(task.threads, &thread);
  thread.worker->thread = nullptr;
  --threads_;
  delete &thread;
  if (!last) return {};
  if (task.client) finish(task);
  else free_frames_.push_back(task.frame);
  return {};
}

// The task is over, or the scheduler.
void Scheduler::finish(Task& task) {
  if (Thread* implicit = task.implicit) {
    ThreadQueue::remove(*implicit);
    if (implicit->worker) implicit->worker->thread = nullptr;
    --threads_;
    delete implicit;
  }
  for (Thread* thread : task.threads) {
    ThreadQueue::remove(*thread);
    if (thread->worker) thread->worker->thread = nullptr;
    --threads_;
    delete thread;
  }
  (task.previous ? task.previous->next : tasks_) = task.next;
  if (task.next) task.next->previous = task.previous;
  task.client->task = nullptr;
  delete &task;
}

// CanonicalABI.md, `Task.request_cancellation`.
Result<void> Scheduler::request_cancellation(Task& task, InstanceState* caller) {
  if (task.state == Task::State::kResolved) return {};
  InstanceState& instance = *task.instance;
  if (task.state == Task::State::kInitial) {
    task.state = Task::State::kCancelDelivered;
    --instance.waiting_to_enter;
    ERMINE_TRY(task.cancel());
    finish(task);
    wake(instance);
    return {};
  }
  Thread* target = nullptr;
  const bool excluded = task.needs_exclusive && instance.exclusive != nullptr && instance.exclusive != task.implicit;
  if (task.implicit && task.implicit->cancellable && !excluded) target = task.implicit;
  for (Thread* thread : task.threads)
    if (!target && thread->cancellable) target = thread;
  Entering entering(&instance, caller);
  if (!target || !entering.possible()) {
    task.state = Task::State::kPendingCancel;
    return {};
  }
  task.state = Task::State::kCancelDelivered;
  ERMINE_TRY(entering.enter());
  ERMINE_TRY(resume(*target, true));
  entering.leave();
  return {};
}

}  // namespace ermine::component
