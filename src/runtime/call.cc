#include "runtime/call.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/format.h"
#include "ermine/printable.h"
#include "platform/thread_stack.h"
#include "runtime/bulk.h"
#include "runtime/exceptions.h"
#include "runtime/execution.h"
#include "runtime/store.h"
#include "runtime/trap_handler.h"

namespace ermine::runtime {

namespace {

// In the meantime, other threads may request an interrupt by setting stack_limit to null; that stays.
void set_stack_end(ExecContext* exec, Slot* end) {
  Slot* before = exec->stack_end;
  exec->stack_end = end;
  exec->stack_limit.compare_exchange_strong(before, end, std::memory_order_relaxed);
}

// Saves the state that belongs to one entry into the store, and restores it afterwards.
class Entry {
 public:
  explicit Entry(Store* store)
      : store_(store),
        exec_(store->exec()),
        outer_exec_(enter_exec(exec_)),
        stack_top_(exec_->stack_top),
        native_stack_limit_term_(exec_->native_stack_limit_term),
        stack_end_(exec_->stack_end),
        exit_sp_(exec_->exit_sp),
        activation_{store->activation, {exec_->last_pc, exec_->last_fp, exec_->last_ctx}} {
    store->activation = &activation_;
    exec_->last_ctx = nullptr;
  }
  ~Entry() {
    set_current_exec(outer_exec_);
    store_->activation = activation_.outer;
    exec_->last_pc = activation_.frame.pc;
    exec_->last_fp = activation_.frame.fp;
    exec_->last_ctx = activation_.frame.ctx;
    exec_->exit_sp = exit_sp_;
    exec_->native_stack_limit_term = native_stack_limit_term_;
    if (exec_->stack_end != stack_end_ && stack_end_ != nullptr) set_stack_end(exec_, stack_end_);
    exec_->stack_top = stack_top_;
  }

 private:
  Store* store_;
  ExecContext* exec_;
  ExecContext* outer_exec_;
  Slot* stack_top_;
  uintptr_t native_stack_limit_term_;
  Slot* stack_end_;
  void* exit_sp_;
  Store::Activation activation_;
};

void append_frames(std::vector<FrameInfo>& out, FrameState frame, size_t limit) {
  while (frame.ctx && frame.pc && out.size() < limit) {
    const Instance& instance = *frame.ctx->instance;
    const CodePosition at = instance.code().locate(frame.pc);
    const wasm::Module& module = instance.module();
    out.push_back(FrameInfo{at.func_index, printable(module.function_name(at.func_index)),
                            printable(instance.shared().name()), module.base_offset + at.offset,
                            at.offset - module.functions[at.func_index].body_offset});
    if (!instance.code().unwind(frame)) break;
  }
}

// Of traps that are limits: how to raise them. Of accesses that faulted: where.
std::string details_of(const Store* store, TrapCode trap) {
  switch (trap) {
    case TrapCode::kMemoryOutOfBounds: {
      const Store::MemoryFault& fault = store->memory_fault;
      if (!fault.is_known) return {};
      return base::format("address 0x{:x} of a memory of {} bytes", fault.offset, fault.memory_size);
    }
    case TrapCode::kCallStackExhausted:
      return base::format("the stack has {} bytes, or as much as the native stack suffices for",
                          Execution::stack_bytes(store));
    case TrapCode::kGcHeapExhausted:
      return base::format("it may have {} bytes", std::min(store->options().max_gc_heap, store->limits.gc_heap_bytes));
    default: return {};
  }
}

// The error of a call that has just failed, with the frames that still exist.
Error make_error(Store* store) {
  ExecContext* exec = store->exec();
  Error error;
  if (exec->trap == TrapCode::kHost && store->pending_error) {
    error = std::move(store->pending_error);
  } else if (exec->trap != TrapCode::kNone) {
    error = Error::trap(exec->trap, details_of(store, exec->trap));
  } else if (exec->exception != 0) {
    error = Error(ErrorKind::kException, describe_exception(store, exec->exception));
  } else if (store->pending_error) {
    error = std::move(store->pending_error);
  } else {
    error = Error::trap(TrapCode::kHost, "a host function failed without an error");
  }
  if (exec->exception != 0) {
    if (store->last_exception) RootTable::release(store->last_exception);
    store->last_exception = store->roots().add(exec->exception);
  }
  store->pending_error = Error();
  exec->trap = TrapCode::kNone;
  store->memory_fault = {};
  exec->exception = 0;
  if (error.kind() != ErrorKind::kExit && error.backtrace().empty())
    error = std::move(error).with_backtrace(backtrace(store));
  return error;
}

// How much of the native stack calls take, compared with the value stack. Of the interpreter's calls, which take most,
// a small one takes 32 bytes on x86-64 and 48 on AArch64, and at least as much of the value stack with one parameter.
struct {
  uint32_t native, value;
}
#if defined(__aarch64__)
constexpr kNativeForCalls{1, 1};
#else
constexpr kNativeForCalls{3, 4};
#endif

// Slots that the tiers may use below an entry's frame.
constexpr size_t kFrameHeaderRoom = 4;

// Most functions have few: a call of memmove would take longer than they.
void copy_slots(const Slot* from, uint32_t count, Slot* to) {
#pragma clang loop vectorize(disable) unroll(disable)
  for (uint32_t i = 0; i < count; ++i) to[i] = from[i];
}

bool trapped(ExecContext* exec, TrapCode trap) {
  exec->trap = trap;
  return false;
}

bool enter(Store* store, FuncRef* func, Slot* slots) {
  ExecContext* exec = store->exec();
  const auto sp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  // Nested calls on the same stack keep the limit; a new thread has its own.
  const uintptr_t native_limit = platform::native_stack_limit(sp);
  if (sp < native_limit) return trapped(exec, TrapCode::kCallStackExhausted);
  if (store->deadline() && DeadlineTimer::Clock::now() >= *store->deadline()) {
    store->interrupt_control()->interrupt(kInterruptDeadline);
    if (const TrapCode trap = answer_interrupt(exec); trap != TrapCode::kNone) return trapped(exec, trap);
  }
  if (func->host) {
    HostCall host_call{store, nullptr};
    if (func->host(func->host_env, host_call, slots)) return true;
    return trapped(exec, exec->exception != 0 ? TrapCode::kNone : TrapCode::kHost);
  }
  if (!exec->stack_base) {
    if (auto mapped = store->prepare_stack(); !mapped) {
      store->pending_error = std::move(mapped).error();
      return trapped(exec, TrapCode::kHost);
    }
  }
  const wasm::FuncType& type = func->type->func;
  Slot* frame = exec->stack_top;
  const size_t most = std::max(type.param_slots, type.result_slots);
  // The value stack may be used as far as the native one suffices (native_stack_suffices), with a reserve for
  // interpreted calls, which need more of the native stack. native_stack_for() is the inverse.
  const size_t native_room = sp - native_limit,
               value_room = static_cast<size_t>(exec->stack_end - frame) * sizeof(Slot);
  if (native_room * kNativeForCalls.value < value_room * kNativeForCalls.native)
    set_stack_end(exec, frame + native_room / kNativeForCalls.native * kNativeForCalls.value / sizeof(Slot));
  exec->native_stack_limit_term = native_limit + (reinterpret_cast<uintptr_t>(exec->stack_end) >> 1);
  // The callee checks for its own frame; this check is for the slots that are copied here.
  if (static_cast<size_t>(exec->stack_end - frame) < most + kFrameHeaderRoom)
    return trapped(exec, TrapCode::kCallStackExhausted);
  frame += kFrameHeaderRoom;
  copy_slots(slots, type.param_slots, frame);
  if (!store->hooks().enter(exec, func, frame)) return false;
  copy_slots(frame, type.result_slots, slots);
  return true;
}

}  // namespace

uint64_t native_stack_for(uint64_t value_stack, bool has_optimized_code) {
  constexpr uint64_t kCallers = 128 << 10;
  // Optimised code keeps values on the native stack, and checks it at every call: only the depth depends on this.
  if (has_optimized_code) return value_stack * 4 + platform::kStackHeadroom + kCallers;
#ifdef NDEBUG
  const uint64_t calls = value_stack / kNativeForCalls.value * kNativeForCalls.native;
#else
  const uint64_t calls = value_stack * 2;  // code that is not optimised takes more for each
#endif
  return calls + platform::kStackHeadroom + kCallers;
}

bool call(Store* store, FuncRef* func, Slot* slots) {
  Entry entry(store);
  if (enter(store, func, slots)) [[likely]]
    return true;
  // The frames exist until the entry is undone.
  store->last_error = make_error(store);
  return false;
}

Error take_error(Store* store) { return std::move(store->last_error); }

std::vector<FrameInfo> backtrace(Store* store, size_t limit) {
  std::vector<FrameInfo> frames;
  const ExecContext* exec = store->exec();
  append_frames(frames, {exec->last_pc, exec->last_fp, exec->last_ctx}, limit);
  for (const Store::Activation* a = store->activation; a && frames.size() < limit; a = a->outer)
    append_frames(frames, a->frame, limit);
  return frames;
}

bool fail(HostCall& call, Error&& error) {
  ExecContext* exec = call.store->exec();
  // An exception from an inner call continues as the same exception, so that outer handlers may catch it.
  if (error.kind() == ErrorKind::kException && call.store->last_exception) {
    exec->exception = call.store->last_exception->value;
    RootTable::release(call.store->last_exception);
    call.store->last_exception = nullptr;
  }
  call.store->pending_error = std::move(error);
  return false;
}

}  // namespace ermine::runtime
