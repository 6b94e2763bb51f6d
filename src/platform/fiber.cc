#include "platform/fiber.h"

#include <cstring>
#include <utility>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ERMINE_ASAN 1
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if __has_feature(thread_sanitizer)
#define ERMINE_TSAN 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

extern "C" {
// fiber_*.S. Pushes the preserved registers, stores the stack pointer, continues with another one.
void ermine_fiber_switch(void** save_sp, void* load_sp);
// The target of a new fiber's first switch: calls the function with the argument on the fiber's stack.
void ermine_fiber_start();
}

namespace ermine::platform {

namespace {

// The contents of a stack that has not run yet, from the lowest address, for ermine_fiber_switch: see fiber_*.S.
struct FirstFrame {
#if defined(__x86_64__)
  uint32_t mxcsr, x87_control;
  uint64_t r15, r14, r13 /* argument */, r12 /* function */, rbx, rbp;
  void (*return_address)();
  uint64_t end[2];
#elif defined(__aarch64__)
  uint64_t x19 /* argument */, x20 /* function */, x21_to_x29[9];
  void (*return_address)();
  uint64_t d8_to_d15[8];
#else
#error "platform/fiber.cc: how to switch stacks on this machine is not known"
#endif
};
static_assert(sizeof(FirstFrame) % 16 == 0);

}  // namespace

Fiber::Fiber(Mapping stack, Entry entry, void* argument)
    : stack_(std::move(stack)), entry_(entry), argument_(argument) {
  bounds_.low = reinterpret_cast<uintptr_t>(stack_.base());
  bounds_.high = reinterpret_cast<uintptr_t>(stack_.base()) + stack_.size();
  auto* first = reinterpret_cast<FirstFrame*>(bounds_.high - sizeof(FirstFrame));
#if defined(__x86_64__)
  first->mxcsr = __builtin_ia32_stmxcsr();
  uint16_t control;
  asm volatile("fnstcw %0" : "=m"(control));
  first->x87_control = control;
  first->r13 = reinterpret_cast<uint64_t>(this);
  first->r12 = reinterpret_cast<uint64_t>(&Fiber::run);
#else
  first->x19 = reinterpret_cast<uint64_t>(this);
  first->x20 = reinterpret_cast<uint64_t>(&Fiber::run);
#endif
  first->return_address = &ermine_fiber_start;
  own_sp_ = first;
#ifdef ERMINE_TSAN
  own_tsan_ = __tsan_create_fiber(0);
#endif
}

std::unique_ptr<Fiber> Fiber::create(size_t bytes, Entry entry, void* argument) {
  auto stack = Mapping::reserve(bytes, kStackGuards);
  if (!stack || !stack->commit(0, stack->size())) return nullptr;
  return std::unique_ptr<Fiber>(new Fiber(*std::move(stack), entry, argument));
}

Fiber::~Fiber() {
#ifdef ERMINE_ASAN
  // Abandoned frames leave poisoned memory, and the addresses will be used again.
  __asan_unpoison_memory_region(reinterpret_cast<void*>(bounds_.low), bounds_.high - bounds_.low);
#endif
#ifdef ERMINE_TSAN
  __tsan_destroy_fiber(own_tsan_);
#endif
}

void Fiber::resume() {
  outer_bounds_ = exchange_fiber_stack(&bounds_);
#ifdef ERMINE_ASAN
  void* shadow;
  __sanitizer_start_switch_fiber(&shadow, reinterpret_cast<void*>(bounds_.low), bounds_.high - bounds_.low);
#endif
#ifdef ERMINE_TSAN
  outer_tsan_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(own_tsan_, 0);
#endif
  ermine_fiber_switch(&outer_sp_, own_sp_);
#ifdef ERMINE_ASAN
  __sanitizer_finish_switch_fiber(shadow, nullptr, nullptr);
#endif
  exchange_fiber_stack(outer_bounds_);
}

void Fiber::leave([[maybe_unused]] bool last) {
#ifdef ERMINE_ASAN
  __sanitizer_start_switch_fiber(last ? nullptr : &own_shadow_, outer_low_, outer_size_);
#endif
#ifdef ERMINE_TSAN
  __tsan_switch_to_fiber(outer_tsan_, 0);
#endif
  ermine_fiber_switch(&own_sp_, outer_sp_);
#ifdef ERMINE_ASAN
  __sanitizer_finish_switch_fiber(own_shadow_, &outer_low_, &outer_size_);
#endif
}

void Fiber::suspend() { leave(false); }

void Fiber::run(Fiber* self) {
#ifdef ERMINE_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &self->outer_low_, &self->outer_size_);
#endif
  self->entry_(self->argument_);
  self->finished_ = true;
  self->leave(true);
  __builtin_trap();  // a finished fiber is never resumed
}

}  // namespace ermine::platform
