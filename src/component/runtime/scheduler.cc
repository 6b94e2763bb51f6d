// Running and waiting; the bodies of threads are in tasks.cc.
#include "component/runtime/scheduler.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

#include "base/format.h"
#include "component/adapter/adapter.h"
#include "component/runtime/component_instance.h"
#include "runtime/bulk.h"
#include "runtime/call.h"
#include "runtime/fuel.h"

namespace ermine::component {

using runtime::Execution;
using Wait = Thread::Wait;

namespace {

constexpr std::string_view kDeadlock = "deadlock detected: event loop cannot make further progress";

}  // namespace

Scheduler& Scheduler::of(runtime::Store& store) {
  if (!store.extension) store.extension = std::make_shared<Scheduler>(store);
  return *static_cast<Scheduler*>(store.extension.get());
}

Scheduler::Scheduler(runtime::Store& store) : store_(store) {}

Scheduler::~Scheduler() {
  ending_ = true;
  waker_->close();
  // What is blocked on a stack ends with an error, so that the functions of the host there return.
  for (const auto& worker : workers_) worker->execution->end();
  while (tasks_) finish(*tasks_);
  while (operations_) {
    HostOperation& operation = *operations_;
    operation.unregister();
    operation.end_with_store();
  }
  // Now nothing uses handles any more. All go before what their types belong to.
  std::vector<std::shared_ptr<ComponentInstance>> instances;
  for (const auto& known : instances_)
    if (auto instance = known.lock()) instances.push_back(std::move(instance));
  for (const auto& instance : instances) instance->end_handles();
  for (const auto& instance : instances) instance->end_imports();
  for (const auto& frame : frames_)
    for (Thread* thread : frame->task.threads) delete thread;
  if (loop_fd_ >= 0) ::close(loop_fd_);
}

void Scheduler::add_instance(std::weak_ptr<ComponentInstance> instance) {
  // Now and then, so that a store can make any number of them.
  if (instances_.size() == instances_.capacity())
    std::erase_if(instances_, [](const std::weak_ptr<ComponentInstance>& known) { return known.expired(); });
  instances_.push_back(std::move(instance));
}

void HostOperation::register_at(Scheduler& scheduler) {
  unregister();
  next_ = scheduler.operations_;
  if (next_) next_->link_ = &next_;
  link_ = &scheduler.operations_;
  *link_ = this;
}

void HostOperation::unregister() {
  if (!link_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  link_ = nullptr;
  next_ = nullptr;
}

// These functions may begin and end operations: what was not called yet is in a list of its own.
void Scheduler::component_failed(const ComponentInstance& root) {
  HostOperation* rest = std::exchange(operations_, nullptr);
  if (rest) rest->link_ = &rest;
  while (rest) {
    HostOperation& operation = *rest;
    operation.register_at(*this);
    operation.component_failed(root);
  }
}

// ---- Workers

Result<std::unique_ptr<Worker>> Worker::create(Scheduler& scheduler) {
  std::unique_ptr<Worker> made(new Worker(scheduler));
  ERMINE_ASSIGN(made->execution,
                Execution::create_worker(&scheduler.store(), kThreadStackBytes, &Worker::work, made.get()));
  return made;
}

void Worker::work(void* self) {
  auto* worker = static_cast<Worker*>(self);
  Thread* thread = worker->thread;
  worker->scheduler_.set_current(thread);
  if (auto done = worker->scheduler_.body(*thread); !done) {
    worker->failed = true;
    worker->error = std::move(done).error();
    worker->scheduler_.drop_frames(thread);
  }
}

// Runs a thread until it blocks or its core code has returned. Returns the thread that it switches to.
Result<Thread*> Scheduler::run(Thread& thread) {
  if (!thread.worker) {
    if (idle_.empty()) {
      if (workers_.size() >= kMaxStacks)
        return component_trap(
            base::format("too many threads of components have a stack: at most {} are supported", kMaxStacks));
      ERMINE_ASSIGN(auto made, Worker::create(*this));
      workers_.push_back(std::move(made));
      idle_.push_back(workers_.back().get());
    }
    thread.worker = idle_.back();
    idle_.pop_back();
    thread.worker->thread = &thread;
  }
  Worker& worker = *thread.worker;
  thread.outer = current();
  Execution::State state = worker.execution->run();
  // An interrupt or the end of the fuel suspends the whole stack of threads, as one.
  while (state == Execution::State::kOutOfFuel || state == Execution::State::kInterrupted) {
    if (!Execution::suspend(&store_, state)) {
      worker.execution->end();
      break;
    }
    state = worker.execution->run();
  }
  if (worker.execution->state() == Execution::State::kBlocked) return std::exchange(then_, nullptr);
  // The thread may have been destroyed.
  Thread* ended = std::exchange(worker.thread, nullptr);
  if (ended) ended->worker = nullptr;
  const bool failed = std::exchange(worker.failed, false);
  Error error = std::move(worker.error);
  give_back(worker);
  if (!failed) return nullptr;
  if (ended && !ending_) ended->task->root->fail(error);
  return error;
}

// A few stacks are kept, so that they need not be mapped again.
void Scheduler::give_back(Worker& worker) {
  if (idle_.size() < kIdleStacks) return idle_.push_back(&worker);
  std::erase_if(workers_, [&](const std::unique_ptr<Worker>& w) { return w.get() == &worker; });
}

bool Scheduler::runs(const InstanceState& instance) const {
  for (const Thread* thread = current(); thread; thread = thread->outer)
    for (const InstanceState* of = thread->task->instance; of; of = of->parent)
      if (of == &instance) return true;
  return false;
}

bool Scheduler::has_trapped(const InstanceState& instance) const {
  return instance.flag() != kInstanceIdle && !runs(instance);
}

// Returns the frame that is switched to, if that happens: the caller is in its loop.
Result<Thread*> Scheduler::resume(Thread& thread, bool cancelled) {
  Thread* next = &thread;
  while (next) {
    stop_waiting(*next, cancelled);
    cancelled = false;
    if (next->kind == Thread::Kind::kFrame) return next;
    ERMINE_ASSIGN(next, run(*next));
  }
  return nullptr;
}

void Scheduler::stop_waiting(Thread& thread, bool cancelled) {
  ThreadQueue::remove(thread);
  thread.cancelled = cancelled;
  thread.cancellable = false;
  // What a callback's loop waits for is looked at when it continues.
  if (thread.wait != Wait::kEntry && thread.wait != Wait::kExclusive && thread.wait != Wait::kEventExclusive)
    thread.wait = Wait::kNothing;
}

// ---- Waiting

bool Scheduler::is_ready(const Thread& thread) const {
  const auto free = [&] { return thread.task->instance->exclusive == nullptr; };
  switch (thread.wait) {
    case Wait::kNothing:
    case Wait::kSuspended: return false;
    case Wait::kReady: return true;
    case Wait::kEntry: return !thread.task->has_backpressure();
    case Wait::kExclusive: return free();
    case Wait::kEvent: return thread.set->has_event();
    case Wait::kEventExclusive: return thread.set->has_event() && free();
    case Wait::kWaitable: return thread.waitable->has_event;
    case Wait::kResolved: return static_cast<Subtask*>(thread.waitable)->resolved();
  }
  return false;
}

void Scheduler::notify(Thread& thread) {
  if (is_ready(thread)) {
    if (thread.queue == &ready_) return;
    ThreadQueue::remove(thread);
    ready_.push_back(thread);
    return;
  }
  InstanceState& instance = *thread.task->instance;
  const bool excluded =
      thread.wait == Wait::kExclusive || (thread.wait == Wait::kEventExclusive && thread.set->has_event());
  if (excluded && thread.queue == nullptr) instance.excluded.push_back(thread);
  if (thread.wait == Wait::kEntry && thread.queue == nullptr) instance.entering.push_back(thread);
}

Result<bool> Scheduler::block(Thread& thread, Thread* then) {
  if (thread.kind != Thread::Kind::kFrame) {
    if (!thread.worker || store_.execution != thread.worker->execution.get())
      return component_trap("a call by the host of a core function of a component cannot block");
    then_ = then;
    if (!Execution::suspend(&store_, Execution::State::kBlocked)) {
      then_ = nullptr;
      return component_trap("the task was ended");
    }
    return bool{thread.cancelled};
  }
  // CanonicalABI.md, the end of `canon_lift`.
  while (thread.wait != Wait::kNothing) {
    Thread* next = then ? std::exchange(then, nullptr) : pick(*thread.task->instance);
    if (!next)
      return component_trap(
          base::format("cannot block a synchronous task before returning, and no other thread of the "
                       "instance is ready: {:t}",
                       kDeadlock));
    ERMINE_TRY(resume(*next, false));
  }
  return bool{thread.cancelled};
}

// A thread of the instance that is ready and does not need to be exclusive.
Thread* Scheduler::pick(const InstanceState& instance) {
  for (Thread* thread = ready_.front(); thread; thread = thread->next) {
    if (thread->task->instance != &instance || thread == instance.exclusive || !is_ready(*thread)) continue;
    if (thread->wait == Wait::kEntry || thread->wait == Wait::kExclusive || thread->wait == Wait::kEventExclusive)
      continue;
    return thread;
  }
  return nullptr;
}

Result<bool> Scheduler::wait(Wait what, bool cancellable, Thread* then) {
  Thread& thread = *current();
  thread.wait = what;
  thread.cancellable = cancellable;
  notify(thread);
  return block(thread, then);
}

Result<bool> Scheduler::suspend(bool cancellable, Thread* then) {
  if (current()->task->deliver_pending_cancel(cancellable)) return true;
  return wait(Wait::kSuspended, cancellable, then);
}

Result<bool> Scheduler::yield(bool cancellable, Thread* then) {
  if (current()->task->deliver_pending_cancel(cancellable)) return true;
  return wait(Wait::kReady, cancellable, then);
}

Result<bool> Scheduler::wait_for_event(WaitableSet& set, bool cancellable) {
  Thread& thread = *current();
  if (thread.task->deliver_pending_cancel(cancellable)) return true;
  // What need not wait continues, which the specification leaves open. A yield lets others run in any case.
  if (set.has_event()) return false;
  thread.set = &set;
  set.waiting.push_back(&thread);
  Result<bool> cancelled = wait(Wait::kEvent, cancellable, nullptr);
  std::erase(set.waiting, &thread);
  thread.set = nullptr;
  return cancelled;
}

Result<void> Scheduler::wait_for_event(Waitable& waitable) {
  Thread& thread = *current();
  thread.waitable = &waitable;
  waitable.waiter = &thread;
  waitable.has_sync_waiter = true;
  const Result<bool> done = wait(Wait::kWaitable, false, nullptr);
  waitable.has_sync_waiter = false;
  waitable.waiter = nullptr;
  thread.waitable = nullptr;
  if (!done) return done.error().clone();
  return {};
}

Result<void> Scheduler::wait_until_resolved(Subtask& subtask) {
  if (subtask.resolved()) return {};
  Thread& thread = *current();
  thread.waitable = &subtask;
  subtask.waiter = &thread;
  const Result<bool> done = wait(Wait::kResolved, false, nullptr);
  subtask.waiter = nullptr;
  thread.waitable = nullptr;
  if (!done) return done.error().clone();
  return {};
}

bool Scheduler::promote(Thread& thread) {
  if (!is_ready(thread)) return false;
  ThreadQueue::remove(thread);
  return true;
}

void Scheduler::resume_later(Thread& thread) {
  thread.wait = Wait::kReady;
  notify(thread);
}

// ---- The event loop

Result<bool> Scheduler::run_ready() {
  for (Thread* thread = ready_.front(); thread;) {
    Thread* next = thread->next;
    if (!is_ready(*thread)) {
      // Another one was faster.
      ThreadQueue::remove(*thread);
      InstanceState& instance = *thread->task->instance;
      notify(*thread);
      if (!instance.exclusive) wake(instance);
      if (!next) next = ready_.front();
      thread = next;
      continue;
    }
    Entering entering(thread->task->instance, nullptr);
    if (entering.possible()) {
      ERMINE_TRY(entering.enter());
      ERMINE_TRY(resume(*thread, false));
      entering.leave();
      return true;
    }
    thread = next;
  }
  return false;
}

Result<bool> Scheduler::run_posted() {
  std::vector<std::function<bool()>> work = std::exchange(deferred_, {});
  for (auto& f : waker_->take()) work.push_back(std::move(f));
  bool any = false;
  for (auto& f : work) {
    if (f()) any = true;
    else deferred_.push_back(std::move(f));
  }
  return any;
}

namespace {
bool watch(int epoll, int fd) {
  epoll_event event{EPOLLIN, {.fd = fd}};
  return fd >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}
}  // namespace

// A source may come later, so this is always one around the others.
int Scheduler::event_fd() {
  if (loop_fd_ >= 0) return loop_fd_;
  const int made = epoll_create1(EPOLL_CLOEXEC);
  if (made < 0) return made;
  if (!watch(made, waker_->event_fd()) || (source_ && !watch(made, source_->event_fd()))) {
    ::close(made);
    return -1;
  }
  return loop_fd_ = made;
}

void Scheduler::set_source(std::shared_ptr<EventSource> source) {
  source_ = std::move(source);
  if (source_ && loop_fd_ >= 0) (void)watch(loop_fd_, source_->event_fd());
}

Result<Scheduler::Turn> Scheduler::turn() {
  // Tasks that are always ready must not keep others waiting for ever.
  constexpr uint32_t kTurnsBetweenPolls = 64;
  if (source_ && ++turns_ % kTurnsBetweenPolls == 0) source_->poll();
  Turn turn;
  ERMINE_ASSIGN(turn.posted, run_posted());
  ERMINE_ASSIGN(turn.ran, run_ready());
  return turn;
}

Result<bool> Scheduler::run_some() {
  ERMINE_ASSIGN(const Turn done, turn());
  return done.posted || done.ran;
}

Result<void> Scheduler::run_until(const ComponentInstance* root, const std::function<bool()>& done) {
  while (!done()) {
    const uint64_t failures = root ? root->failures() : 0;
    Result<Turn> progress = turn();
    if (!progress && root && root->failures() != failures) return std::move(progress).error();
    if (!progress || progress->ran) continue;
    if (progress->posted) {
      // Code that runs sees interrupts itself. A stream between two ends of the host has none.
      ERMINE_TRY(answer_interrupts());
      continue;
    }
    if (pending_ == 0) return component_trap(std::string(kDeadlock));
    if (wait_ || source_) {
      // The source's descriptor is ready, or becomes so, once it was asked.
      if (wait_ && source_) source_->poll();
      ERMINE_TRY(wait_ ? wait_() : source_->wait());
      ERMINE_TRY(answer_interrupts());
      continue;
    }
    if (!waker_->wait(store_)) ERMINE_TRY(stopped(runtime::answer_interrupt(store_.exec())));
  }
  return {};
}

Result<void> Scheduler::stopped(TrapCode trap) {
  if (trap == TrapCode::kNone) return {};
  if (trap == TrapCode::kHost && store_.pending_error) return std::exchange(store_.pending_error, Error());
  return Error::trap(trap);
}

Result<void> Scheduler::answer_interrupts() {
  if (store_.exec()->interrupt.load(std::memory_order_relaxed) == 0) return {};
  return stopped(runtime::answer_interrupt(store_.exec()));
}

Result<void> Scheduler::spend(uint64_t units) {
  ERMINE_TRY(stopped(runtime::consume_fuel(store_.exec(), units)));
  return answer_interrupts();
}

void Scheduler::charge(uint64_t bytes) {
  unpaid_ += bytes;
  runtime::take_fuel(store_.exec(), unpaid_ / kBytesPerFuel);
  unpaid_ %= kBytesPerFuel;
}

}  // namespace ermine::component
