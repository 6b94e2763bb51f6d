// Function entry, polls, calls and the way to the interpreter's handlers.
#include "baseline/stencils/stencil.h"

namespace ermine::baseline {
namespace {

// Taken: the frame (its end is slot d) or the native stack does not suffice, or an interrupt is asked for.
struct Enter {
  [[gnu::always_inline]] static Exit run(State& s) {
    runtime::ExecContext* exec = s.ctx->exec;
    bool slow = slot_address<HoleKind::kSlotD>(s.fp) >
                    reinterpret_cast<char*>(exec->stack_limit.load(std::memory_order_relaxed)) ||
                native_stack_pointer() < exec->native_limit;
    return slow ? Exit::kTaken : Exit::kNext;
  }
};

template <unsigned n>
struct Zero {
  [[gnu::always_inline]] static Exit run(State& s) {
    __builtin_memset_inline(slot_address<HoleKind::kSlotD>(s.fp), 0, n * sizeof(Slot));
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
    int64_t left = s.ctx->exec->fuel - int64_t{count()};
    if (left < 0) return Exit::kTaken;
    s.ctx->exec->fuel = left;
    return Exit::kNext;
  }
};

struct Copy128 {
  [[gnu::always_inline]] static Exit run(State& s) {
    V128::load(slot_address<HoleKind::kSlotA>(s.fp)).store(slot_address<HoleKind::kSlotD>(s.fp));
    return Exit::kNext;
  }
};
struct Const128 {
  [[gnu::always_inline]] static Exit run(State& s) {
    V128::load(ermine_pool).store(slot_address<HoleKind::kSlotD>(s.fp));
    return Exit::kNext;
  }
};

struct Jump {
  [[gnu::always_inline]] static Exit run(State&) { return Exit::kTaken; }
};

// Written by hand: these are places where control leaves, not instructions.
[[gnu::naked]] void island() { asm(STENCIL_ISLAND); }
[[gnu::naked]] void call() { asm(STENCIL_CALL); }
[[gnu::naked]] void trap_site() { asm(STENCIL_TRAP_SITE); }

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
