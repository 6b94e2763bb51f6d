// Function entry, polls, calls and call-outs to the interpreter's handlers.
#include "baseline/stencils/stencil.h"
#include "runtime/accesses.h"

namespace ermine::baseline {
namespace {

// Plain reads of fields that other threads write: each stencil is compiled by itself, so the reads are done when it
// runs.
template <class T>
[[gnu::always_inline]] inline T peek(const std::atomic<T>& from) {
  T v;
  std::memcpy(&v, &from, sizeof v);
  return v;
}

// Branches if the frame (its end is slot d) does not fit, or an interrupt is requested.
struct Enter {
  [[gnu::always_inline]] static bool run(State& s) {
    return slot_address<HoleKind::kSlotD>(s.fp) > reinterpret_cast<char*>(peek(s.ctx->exec->stack_limit));
  }
};
// Branches if the native stack may not suffice for the calls from here.
struct EnterNative {
  [[gnu::always_inline]] static bool run(State& s) {
    return !runtime::native_stack_suffices(s.ctx->exec, s.fp, native_stack_pointer());
  }
};

template <unsigned n>
struct Zero {
  [[gnu::always_inline]] static void run(State& s) {
    char* at = slot_address<HoleKind::kSlotD>(s.fp);
    if constexpr (n == 1) {
      std::memset(at, 0, sizeof(Slot));
    } else {  // by vectors that do not change the upper halves of registers
      const Vec zeros{};
      for (unsigned i = 0; i < n * sizeof(Slot); i += sizeof zeros) {
        std::memcpy(at + i, &zeros, sizeof zeros);
        asm volatile("" : : : "memory");  // so that two of them do not become one of 32 bytes
      }
    }
  }
};

struct Poll {
  [[gnu::always_inline]] static bool run(State& s) { return peek(s.ctx->exec->interrupt) != 0; }
};

struct Fuel {
  [[gnu::always_inline]] static bool run(State& s) {
    int64_t left = s.ctx->exec->fuel - int64_t{count()};
    if (left < 0) return true;
    s.ctx->exec->fuel = left;
    return false;
  }
};

struct Sample {
  [[gnu::always_inline]] static bool run(State& s) { return s.ctx->exec->until_sample-- == 0; }
};

struct Jump {
  [[gnu::always_inline]] static bool run(State&) { return true; }
};

// From a table's view (its pointer at `offset`), an index, and a type (count) to the reference to a function of this
// instance, in the accumulator. Branches if it is not one, or if the handler must check it; then the accumulator is
// unchanged.
template <Location l>
struct TableCall {
  static constexpr uint32_t kResult = result_in<uint64_t>(kAcc);
  [[gnu::always_inline]] static bool run(State& s) {
    auto index = read<uint64_t, l, HoleKind::kSlotA>(s);
    runtime::TableView* table;
    std::memcpy(&table, plus_offset_anywhere(s.ctx->tables), sizeof table);
    // Null if the index is out of bounds, without a branch.
    runtime::FuncRef* const ref = runtime::table_function(*table, index);
    if (ref == nullptr || ref->type_id != count() || ref->ctx != s.ctx) return true;
    s.r0 = reinterpret_cast<uint64_t>(ref);
    return false;
  }
};
struct CheckRef {
  static constexpr uint32_t kResult = result_in<uint64_t>(kAcc);
  [[gnu::always_inline]] static bool run(State& s) {
    auto* ref = reinterpret_cast<runtime::FuncRef*>(read<uint64_t, kSlot, HoleKind::kSlotA>(s));
    if (ref == nullptr || ref->ctx != s.ctx) return true;
    s.r0 = reinterpret_cast<uint64_t>(ref);
    return false;
  }
};
// Written by hand: these stencils transfer control and are not instructions.
[[gnu::naked]] void call_out() { asm(STENCIL_CALL_OUT); }
[[gnu::naked]] void call() { asm(STENCIL_CALL); }
[[gnu::naked]] void call_ref() { asm(STENCIL_CALL_REF); }
[[gnu::naked]] void call_import() { asm(STENCIL_CALL_IMPORT); }
[[gnu::naked]] void guest_import() { asm(STENCIL_GUEST_IMPORT); }
[[gnu::naked]] void return_call() { asm(STENCIL_RETURN_CALL); }
[[gnu::naked]] void return_call_ref() { asm(STENCIL_RETURN_CALL_REF); }
[[gnu::naked]] void return_call_import() { asm(STENCIL_RETURN_CALL_IMPORT); }
[[gnu::naked]] void use_memory() { asm(STENCIL_USE_MEMORY); }
[[gnu::naked]] void trap_site() { asm(STENCIL_TRAP_SITE); }

struct TableCalls {
  static constexpr unsigned kCount = kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto l = static_cast<Location>(i);
    return entry<TableCall<l>>(group_id(StencilGroup::kTableCall, l));
  }
};

template <class Body>
consteval Entry control(ControlStencil id) {
  return entry<Body>(control_id(id));
}
consteval Entry by_hand(void (*f)(), ControlStencil id, uint32_t result = 0) {
  return {{.by_hand = f}, nullptr, control_id(id), Marker::kNone, result};
}

STENCIL_LIST kTableCalls = list_groups<TableCalls>();
STENCIL_LIST kControl = std::array{
    control<Enter>(ControlStencil::kEnter),
    control<EnterNative>(ControlStencil::kEnterNative),
    control<CheckRef>(ControlStencil::kCheckRef),
    control<Zero<1>>(ControlStencil::kZero1),
    control<Zero<4>>(ControlStencil::kZero4),
    control<Poll>(ControlStencil::kPoll),
    control<Fuel>(ControlStencil::kFuel),
    control<Sample>(ControlStencil::kSample),
    control<Jump>(ControlStencil::kJump),
    by_hand(call_out, ControlStencil::kCallOut),
    by_hand(call, ControlStencil::kCall),
    by_hand(call_ref, ControlStencil::kCallRef),
    by_hand(call_import, ControlStencil::kCallImport),
    by_hand(guest_import, ControlStencil::kGuestImport, result_in<uint64_t>(kAcc)),
    by_hand(return_call, ControlStencil::kReturnCall),
    by_hand(return_call_ref, ControlStencil::kReturnCallRef),
    by_hand(return_call_import, ControlStencil::kReturnCallImport),
    by_hand(use_memory, ControlStencil::kUseMemory),
    by_hand(trap_site, ControlStencil::kTrapSite),
};

}  // namespace
}  // namespace ermine::baseline
