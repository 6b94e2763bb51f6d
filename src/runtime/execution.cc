#include "runtime/execution.h"

#include <algorithm>
#include <string>

#include "base/format.h"
#include "platform/thread_stack.h"
#include "runtime/call.h"
#include "runtime/trap_handler.h"

namespace ermine::runtime {

namespace {

// Address space. At least the usual stack of a main thread, so that recursion ends at about the same depth.
constexpr uint64_t kLeastNativeStack = uint64_t{8} << 20;

}  // namespace

Result<std::unique_ptr<Execution>> Execution::create(Store* store, FuncRef* func) {
  std::unique_ptr<Execution> made(new Execution(store, func));
  const wasm::FuncType& type = func->type->func;
  made->slots_.resize(std::max({type.param_slots, type.result_slots, 1u}));
  const uint64_t bytes = platform::round_up(store->options().max_wasm_stack, platform::page_size());
  return create(std::move(made), bytes,
                std::max(kLeastNativeStack, native_stack_for(bytes, store->options().has_optimized_code)));
}

Result<std::unique_ptr<Execution>> Execution::create_worker(Store* store, uint64_t bytes, void (*work)(void*),
                                                            void* argument) {
  std::unique_ptr<Execution> made(new Execution(store, nullptr));
  made->work_ = work;
  made->argument_ = argument;
  bytes = platform::round_up(std::min(bytes, store->options().max_wasm_stack), platform::page_size());
  return create(std::move(made), bytes, native_stack_for(bytes, store->options().has_optimized_code));
}

Result<std::unique_ptr<Execution>> Execution::create(std::unique_ptr<Execution> made, uint64_t bytes,
                                                     uint64_t native_bytes) {
  Store* store = made->store_;
  auto stack = GuestStack::take(bytes);
  made->fiber_ = platform::Fiber::create(native_bytes, &Execution::body, made.get());
  if (!stack || !made->fiber_)
    return Error(ErrorKind::kLimit,
                 base::format("no memory for the stacks of an execution, of {} and {} bytes", bytes, native_bytes))
        .with_limit(Limit::kStackBytes);
  made->stack_ = *std::move(stack);
  made->other_.base = made->other_.top = reinterpret_cast<Slot*>(made->stack_.base());
  made->other_.end = made->other_.base + bytes / sizeof(Slot);
  made->other_.activation = &made->bottom_;
  store->executions.push_back(made.get());
  return made;
}

Execution::~Execution() {
  end();
  std::erase(store_->executions, this);
}

void Execution::end() {
  if (!is_suspended()) return;
  ending_ = true;
  // Calls that host functions on its stack still make end immediately as well; see handle_interrupt().
  store_->interrupt_control()->interrupt(kInterruptRequest);
  run();
  store_->interrupt_control()->take();
  (void)take_error(store_);
  ending_ = false;
}

void Execution::swap_stacks() {
  ExecContext* exec = store_->exec();
  Installed now{exec->stack_base,   exec->stack_end,
                exec->stack_top,    exec->native_stack_limit_term,
                exec->exit_sp,      {exec->last_pc, exec->last_fp, exec->last_ctx},
                store_->activation, store_->extension_current};
  store_->interrupt_control()->set_stack(other_.base, other_.end);
  exec->stack_top = other_.top;
  exec->native_stack_limit_term = other_.native_stack_limit_term;
  exec->exit_sp = other_.exit_sp;
  exec->last_pc = other_.last.pc;
  exec->last_fp = other_.last.fp;
  exec->last_ctx = other_.last.ctx;
  store_->activation = other_.activation;
  store_->extension_current = other_.extension_current;
  other_ = now;
}

void Execution::body(void* self) {
  auto* e = static_cast<Execution*>(self);
  // A worker that is not needed any more is destroyed where it waits here: there is nothing to unwind.
  while (e->work_) {
    e->work_(e->argument_);
    e->state_ = State::kReady;
    e->fiber_->suspend();
  }
  e->state_ = call(e->store_, e->func_, e->slots_.data()) ? State::kReturned : State::kFailed;
}

uint64_t Execution::stack_bytes(const Store* store) {
  return store->execution ? store->execution->stack_.size() : store->options().max_wasm_stack;
}

Execution::State Execution::run() {
  ExecContext* exec = store_->exec();
  bottom_ = {store_->activation, {exec->last_pc, exec->last_fp, exec->last_ctx}};
  outer_ = store_->execution;
  store_->execution = this;
  swap_stacks();
  ExecContext* const outer_exec = enter_exec(exec);
  state_ = State::kRunning;
  fiber_->resume();
  swap_stacks();
  set_current_exec(outer_exec);
  store_->execution = outer_;
  if (fiber_->finished()) other_ = {};
  return state_;
}

bool Execution::suspend(Store* store, State reason) {
  Execution* self = store->execution;
  if (!self || self->ending_) return false;
  if (reason != State::kBlocked) {
    const Execution* waits = self;
    while (waits && waits->work_) waits = waits->outer_;
    if (!waits) return false;
  }
  self->state_ = reason;
  self->fiber_->suspend();
  return !self->ending_;
}

}  // namespace ermine::runtime
