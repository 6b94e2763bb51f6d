// Function entry, polls, calls and the way to the interpreter's handlers.
#include "baseline/stencils/stencil.h"

namespace ermine::baseline {
namespace {

inline char* slot_address(const State& s) {
  return reinterpret_cast<char*>(s.fp) + reinterpret_cast<uintptr_t>(ermine_slot_d);
}

// Taken: the frame (its end is slot d) or the native stack does not suffice, or an interrupt is asked for.
struct Enter {
  [[gnu::always_inline]] static Exit run(State& s) {
    runtime::ExecContext* exec = s.ctx->exec;
    uintptr_t sp;
#if defined(__x86_64__)
    asm("mov %%rsp, %0" : "=r"(sp));
#else
    asm("mov %0, sp" : "=r"(sp));
#endif
    bool slow = slot_address(s) > reinterpret_cast<char*>(exec->stack_limit.load(std::memory_order_relaxed)) ||
                sp < exec->native_limit;
    return slow ? Exit::kTaken : Exit::kNext;
  }
};

template <unsigned n>
struct Zero {
  [[gnu::always_inline]] static Exit run(State& s) {
    __builtin_memset_inline(slot_address(s), 0, n * sizeof(Slot));
    return Exit::kNext;
  }
};

struct Poll {
  [[gnu::always_inline]] static Exit run(State& s) {
    return s.ctx->exec->interrupt.load(std::memory_order_relaxed) != 0 ? Exit::kTaken : Exit::kNext;
  }
};

struct Fuel {
  [[gnu::always_inline]] static Exit run(State& s) {
    auto cost = static_cast<int64_t>(reinterpret_cast<uintptr_t>(ermine_count));
    int64_t left = s.ctx->exec->fuel - cost;
    if (left < 0) return Exit::kTaken;
    s.ctx->exec->fuel = left;
    return Exit::kNext;
  }
};

struct Copy128 {
  [[gnu::always_inline]] static Exit run(State& s) {
    auto from = reinterpret_cast<const char*>(s.fp) + reinterpret_cast<uintptr_t>(ermine_slot_a);
    V128::load(from).store(slot_address(s));
    return Exit::kNext;
  }
};
struct Const128 {
  [[gnu::always_inline]] static Exit run(State& s) {
    V128::load(ermine_pool).store(slot_address(s));
    return Exit::kNext;
  }
};

struct Jump {
  [[gnu::always_inline]] static Exit run(State&) { return Exit::kTaken; }
};

// Written by hand: these are places where control leaves, not instructions.
#if defined(__x86_64__)
// The island holds a handler's address and its operands; it goes on behind this stencil by itself.
[[gnu::naked]] void island() { asm("lea ermine_island(%rip), %r12\n jmp *(%r12)"); }

// Callee's frame at `offset`, its header `slot_d` behind; calls through the table of functions. The three
// words on the native stack keep it aligned.
[[gnu::naked]] void call() {
  asm("push %r13\n push %r14\n push %rax\n"
      "movabs $ermine_pc, %rax\n"
      "mov %rax, ermine_slot_d(%r13)\n"
      "mov %r14, ermine_slot_d+8(%r13)\n"
      "add $ermine_offset, %r13\n"
      "mov $ermine_count, %edi\n"
      "call *ermine_call_table(%rip)\n"
      "pop %rcx\n pop %r14\n pop %r13\n"
      "mov (%r14), %r15\n"
      "mov %rax, %rdi\n"
      "jmp ermine_next");
}

// r0 is the trap's code; the pool's entry is the handler of traps.
[[gnu::naked]] void trap_site() { asm("movabs $ermine_pc, %r12\n jmp *ermine_pool(%rip)"); }
#else
#error "these stencils are not written for this machine yet"
#endif

constexpr void fill(auto& list) {
  list.add(entry<Enter>(rest_id(Rest::kEnter)));
  list.add(entry<Zero<1>>(rest_id(Rest::kZero1)));
  list.add(entry<Zero<4>>(rest_id(Rest::kZero4)));
  list.add(entry<Poll>(rest_id(Rest::kPoll)));
  list.add(entry<Fuel>(rest_id(Rest::kFuel)));
  list.add(entry<Copy128>(rest_id(Rest::kCopy128)));
  list.add(entry<Const128>(rest_id(Rest::kConst128)));
  list.add(entry<Jump>(rest_id(Rest::kJump)));
  auto by_hand = [&](void (*f)(), Rest rest) { list.add({{.by_hand = f}, nullptr, rest_id(rest), Marker::kNone}); };
  by_hand(island, Rest::kIsland);
  by_hand(call, Rest::kCall);
  by_hand(trap_site, Rest::kTrapSite);
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
