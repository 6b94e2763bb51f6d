// Scheduler: the event loop of a store. It runs the threads of all components of the store, one at a time, in the order
// in which they become ready.
//
// Threads run on Workers: native and value stacks that are used again. The code that resumes a thread continues when
// that blocks or ends, so the running threads form a stack, with the host at its bottom. What blocks is always the
// topmost thread. A frame (threads.h) that blocks cannot give up its stack: it resumes other threads of its instance,
// as the specification says, until it can continue, and traps if there are none.
//
// Of a store, and used by one thread at a time as that, except Waker.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "component/runtime/host_operations.h"
#include "component/runtime/tasks.h"
#include "component/runtime/waitables.h"
#include "ermine/component/event_loop.h"
#include "runtime/execution.h"

namespace ermine::component {

// Runs one thread of a component at a time.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> create(Scheduler& scheduler);

  std::unique_ptr<runtime::Execution> execution;
  Thread* thread = nullptr;
  Error error;  // why the thread failed
  bool failed = false;

 private:
  explicit Worker(Scheduler& scheduler) : scheduler_(scheduler) {}
  static void work(void* self);
  Scheduler& scheduler_;
};

// Wakes the event loop when something happens outside of the store. Thread-safe; may outlive the store.
class Waker {
 public:
  Waker() = default;
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // `work` runs in the event loop, on the store's thread; if it returns false, later once more. Nothing happens if the
  // store is gone.
  void post(std::function<bool()> work);
  // Readable while there is work, from now on; -1 if the system has none. The caller does not close it.
  int event_fd();
  // The same for one wait, of the store's thread: without it, what that thread posts itself needs no system call.
  // Whether there is work already.
  struct Waiting {
    int fd;
    bool has_work;
  };
  Waiting begin_wait();
  void end_wait();
  // Whether the store is gone. On the store's thread, or after it.
  bool is_closed();

 private:
  friend class Scheduler;
  std::vector<std::function<bool()>> take();
  bool wait(runtime::Store& store);
  void close();
  void make_fd();
  void signal();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<bool()>> work_;
  int event_fd_ = -1;
  bool is_watched_ = false;  // a thread may be waiting for event_fd_
  bool for_good_ = false;  // and always
  bool is_signalled_ = false;  // it is readable
  bool closed_ = false;
};

class Scheduler {
 public:
  // That of the store, which is made when it is needed first.
  static Scheduler& of(runtime::Store& store);
  explicit Scheduler(runtime::Store& store);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  runtime::Store& store() { return store_; }
  Thread* current() const { return static_cast<Thread*>(store_.extension_current); }

  // ---- Frames
  // A call that runs on the stack of its caller. `instance`: the callee; null: the host.
  void enter_call(ComponentInstance* root, InstanceState* instance);
  // Checks that no borrow is left.
  Result<void> exit_call();
  // While it exists, calls can be entered and left; those that did not return because of an error end with it.
  class CallsFromHost {
   public:
    explicit CallsFromHost(Scheduler& scheduler) : scheduler_(scheduler), outer_(scheduler.current()) {}
    ~CallsFromHost() { scheduler_.drop_frames(outer_); }

   private:
    Scheduler& scheduler_;
    Thread* outer_;
  };

  // ---- Tasks
  // Starts a task of an asynchronous function, as far as it gets without blocking. The instance has been entered.
  Result<void> start(ComponentInstance& root, const PlanFunc& func, std::shared_ptr<TaskClient> client);
  // CanonicalABI.md, `Task.request_cancellation`. `caller`: the instance that asks; null: the host.
  Result<void> request_cancellation(Task& task, InstanceState* caller);
  // A further thread of the current task, suspended.
  Result<Thread*> new_thread(runtime::FuncRef* start, uint64_t argument);

  // ---- Waiting, of the current thread. True: it was cancelled.
  Result<bool> suspend(bool cancellable, Thread* then = nullptr);
  Result<bool> yield(bool cancellable, Thread* then = nullptr);
  Result<bool> wait_for_event(WaitableSet& set, bool cancellable);
  Result<void> wait_for_event(Waitable& waitable);
  Result<void> wait_until_resolved(Subtask& subtask);
  // Before `then` of the above: a thread that is ready is taken out of its wait. False: it is not ready.
  bool promote(Thread& thread);
  void resume_later(Thread& thread);

  // ---- What happened
  // The condition of a waiting thread may hold now.
  void notify(Thread& thread);
  void set_backpressure(InstanceState& instance, uint32_t value);

  // Whether the instance has trapped, so that nothing may run in it any more.
  bool has_trapped(const InstanceState& instance) const;

  // ---- The event loop
  // Runs one thread that is ready, and what was posted. False: there was nothing to do. After an error, the calls of
  // the host into the component whose thread failed have failed as well (ComponentInstance::failures).
  Result<bool> run_some();
  // Runs until done() holds. An error if a thread of this component fails (null: of none); those of others continue.
  // kTrap if nothing can make progress: a deadlock.
  Result<void> run_until(const ComponentInstance* root, const std::function<bool()>& done);
  const std::shared_ptr<Waker>& waker() { return waker_; }
  // Takes fuel for work that is done for a guest, and answers interrupts.
  Result<void> spend(uint64_t units);
  // Takes the fuel for bytes that a copy has moved, in the middle of which nothing can stop: spend() afterwards does,
  // or else the guest's next code.
  void charge(uint64_t bytes);
  // Operations of the host that will be posted to the waker; while there are some, there is no deadlock.
  void add_pending(int count) { pending_ += count; }
  // What the instance holds ends with the store, also if the instance does not.
  void add_instance(std::weak_ptr<ComponentInstance> instance);
  // How run_until waits, instead of for the waker and interrupts only: until the waker's descriptor, that of
  // interrupts, or something of the host is ready. An error ends run_until.
  void set_wait(std::function<Result<void>()> wait) { wait_ = std::move(wait); }
  // What the loop waits for besides what is posted; null: nothing.
  void set_source(std::shared_ptr<EventSource> source);
  EventSource* source() const { return source_.get(); }
  // Readable while run_some() may have something to do; -1 if the system has none.
  int event_fd();
  // Ends the calls of the host into this component.
  void component_failed(const ComponentInstance& root);
  // Bytes of the host's memory that the arguments of asynchronous calls take which are not answered yet.
  uint64_t held_bytes = 0;
  // The store is being destroyed: no code of a guest may run.
  bool is_ending() const { return ending_; }

  bool is_ready(const Thread& thread) const;

 private:
  friend class Worker;
  friend class HostOperation;
  void set_current(Thread* thread) { store_.extension_current = thread; }
  Result<Thread*> run(Thread& thread);
  Result<Thread*> resume(Thread& thread, bool cancelled);
  Result<bool> block(Thread& thread, Thread* then);
  Result<bool> wait(Thread::Wait what, bool cancellable, Thread* then);
  void stop_waiting(Thread& thread, bool cancelled);
  Thread* pick(const InstanceState& instance);
  void give_back(Worker& worker);
  bool runs(const InstanceState& instance) const;
  struct Turn {
    bool posted = false, ran = false;
  };
  Result<Turn> turn();
  Result<bool> run_ready();
  Result<bool> run_posted();
  Result<void> stopped(TrapCode trap);
  Result<void> answer_interrupts();

  // The bodies of threads, on workers
  Result<void> body(Thread& thread);
  Result<void> first_part(Thread& thread);
  Result<void> next_part(Thread& thread);
  Result<void> callback_result(Thread& thread, uint32_t packed);
  Result<void> exit_implicit(Thread& thread);
  Result<void> exit_explicit(Thread& thread);

  bool enter(Task& task);
  void acquire(Task& task);
  void release_exclusive(InstanceState& instance);
  void wake(InstanceState& instance);
  Result<void> check_resolved(const Task& task) const;
  void finish(Task& task);
  void drop_frames(Thread* outer);
  void forget(Thread& thread);

  runtime::Store& store_;
  Thread* then_ = nullptr;  // that the thread that has just blocked switches to
  ThreadQueue ready_;
  Task* tasks_ = nullptr;
  uint32_t threads_ = 0;  // those that are no frames
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> idle_;
  std::vector<std::unique_ptr<TaskFrame>> frames_;
  std::vector<TaskFrame*> free_frames_;
  std::shared_ptr<Waker> waker_ = std::make_shared<Waker>();
  HostOperation* operations_ = nullptr;
  std::vector<std::weak_ptr<ComponentInstance>> instances_;
  std::function<Result<void>()> wait_;
  std::shared_ptr<EventSource> source_;
  int loop_fd_ = -1;  // epoll, of the waker's and the source's descriptors; for event_fd()
  std::vector<std::function<bool()>> deferred_;  // posted work that could not be done yet
  int pending_ = 0;
  uint32_t turns_ = 0;
  uint64_t unpaid_ = 0;  // bytes that were moved, less than cost a unit
  bool ending_ = false;
};

}  // namespace ermine::component
