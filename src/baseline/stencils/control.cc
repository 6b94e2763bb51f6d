// Function entry, polls, calls and the way to the interpreter's handlers.
#include "base/speculation.h"
#include "baseline/stencils/stencil.h"

namespace ermine::baseline {
namespace {

// Plain reads of what other threads write: the stencil is the unit of compilation, so they are done when it runs.
template <class T>
[[gnu::always_inline]] inline T peek(const std::atomic<T>& from) {
  T v;
  std::memcpy(&v, &from, sizeof v);
  return v;
}

// Taken: the frame (its end is slot d) does not suffice, or an interrupt is asked for.
struct Enter {
  [[gnu::always_inline]] static Exit run(State& s) {
    return slot_address<HoleKind::kSlotD>(s.fp) > reinterpret_cast<char*>(peek(s.ctx->exec->stack_limit)) ? Exit::kTaken
                                                                                                          : Exit::kNext;
  }
};
// Taken: the native stack may not suffice for what is called from here.
struct EnterNative {
  [[gnu::always_inline]] static Exit run(State& s) {
    return runtime::native_stack_suffices(s.ctx->exec, s.fp, native_stack_pointer()) ? Exit::kNext : Exit::kTaken;
  }
};

template <unsigned n>
struct Zero {
  [[gnu::always_inline]] static Exit run(State& s) {
    char* at = slot_address<HoleKind::kSlotD>(s.fp);
    if constexpr (n == 1) {
      std::memset(at, 0, sizeof(Slot));
    } else {  // by vectors that leave the upper halves of registers alone
      const Vec zeros{};
      for (unsigned i = 0; i < n * sizeof(Slot); i += sizeof zeros) {
        std::memcpy(at + i, &zeros, sizeof zeros);
        asm volatile("" : : : "memory");  // two of them do not become one of 32 bytes
      }
    }
    return Exit::kNext;
  }
};

struct Poll {
  [[gnu::always_inline]] static Exit run(State& s) {
    return peek(s.ctx->exec->interrupt) != 0 ? Exit::kTaken : Exit::kNext;
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

struct Sample {
  [[gnu::always_inline]] static Exit run(State& s) {
    return s.ctx->exec->until_sample-- == 0 ? Exit::kTaken : Exit::kNext;
  }
};

struct Jump {
  [[gnu::always_inline]] static Exit run(State&) { return Exit::kTaken; }
};

// A table's view (its pointer at `offset`), index, and type (count) to the reference of a function of this instance, in
// the accumulator. Taken: it is none, or needs a closer look; the accumulator is as it was.
template <unsigned place>
struct TableCall {
  static constexpr uint32_t kResult = result_in<uint64_t>(kAcc);
  [[gnu::always_inline]] static Exit run(State& s) {
    auto index = read<uint64_t, place, HoleKind::kSlotA>(s);
    runtime::TableView* table;
    std::memcpy(&table, plus_offset_anywhere(s.ctx->tables), sizeof table);
    // Null where the index is out of bounds: no branch decides that.
    auto* ref = reinterpret_cast<runtime::FuncRef*>(table->elements[base::clamp_index(index, table->size)]);
    if (ref == nullptr || ref->type_id != count() || ref->ctx != s.ctx) return Exit::kTaken;
    s.r0 = reinterpret_cast<uint64_t>(ref);
    return Exit::kNext;
  }
};
struct CheckRef {
  static constexpr uint32_t kResult = result_in<uint64_t>(kAcc);
  [[gnu::always_inline]] static Exit run(State& s) {
    auto* ref = reinterpret_cast<runtime::FuncRef*>(read<uint64_t, kSlot, HoleKind::kSlotA>(s));
    if (ref == nullptr || ref->ctx != s.ctx) return Exit::kTaken;
    s.r0 = reinterpret_cast<uint64_t>(ref);
    return Exit::kNext;
  }
};
// What calls by hand know.
static_assert(offsetof(runtime::FuncRef, func_index) == 40 && offsetof(runtime::FuncRef, code) == 0);
static_assert(offsetof(runtime::InstanceContext, func_refs) == 24 && offsetof(runtime::InstanceContext, exec) == 16);
static_assert(offsetof(runtime::FuncRef, host) == 24 && offsetof(runtime::FuncRef, host_env) == 32);
static_assert(offsetof(runtime::HostCall, store) == 0 && offsetof(runtime::HostCall, caller) == 8);
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Winvalid-offsetof"  // the compiler lays it out in order all the same
static_assert(offsetof(runtime::ExecContext, stack_top) == 24);
static_assert(offsetof(runtime::ExecContext, last_pc) == 64 && offsetof(runtime::ExecContext, last_fp) == 72);
static_assert(offsetof(runtime::ExecContext, last_ctx) == 80);
#define STENCIL_EXEC_STORE "136"
static_assert(offsetof(runtime::ExecContext, store) == 136);
#pragma clang diagnostic pop

// Written by hand: these are places where control leaves, not instructions.
[[gnu::naked]] void island() { asm(STENCIL_ISLAND); }
[[gnu::naked]] void call() { asm(STENCIL_CALL); }
[[gnu::naked]] void call_ref() { asm(STENCIL_CALL_REF); }
[[gnu::naked]] void host_import() { asm(STENCIL_HOST_IMPORT); }
[[gnu::naked]] void call_host() { asm(STENCIL_CALL_HOST); }
[[gnu::naked]] void trap_site() { asm(STENCIL_TRAP_SITE); }

constexpr void fill(auto& list) {
  list.add(entry<Enter>(rest_id(Rest::kEnter)));
  list.add(entry<EnterNative>(rest_id(Rest::kEnterNative)));
  list.add(entry<CheckRef>(rest_id(Rest::kCheckRef)));
  repeat<kPlaces>([&]<unsigned place> { list.add(entry<TableCall<place>>(special_id(Special::kTableCall, place))); });
  list.add(entry<Zero<1>>(rest_id(Rest::kZero1)));
  list.add(entry<Zero<4>>(rest_id(Rest::kZero4)));
  list.add(entry<Poll>(rest_id(Rest::kPoll)));
  list.add(entry<Fuel>(rest_id(Rest::kFuel)));
  list.add(entry<Sample>(rest_id(Rest::kSample)));
  list.add(entry<Jump>(rest_id(Rest::kJump)));
  auto by_hand = [&](void (*f)(), Rest rest, uint32_t result = 0) {
    list.add({{.by_hand = f}, nullptr, rest_id(rest), Marker::kNone, result});
  };
  by_hand(island, Rest::kIsland);
  by_hand(call, Rest::kCall);
  by_hand(call_ref, Rest::kCallRef);
  by_hand(host_import, Rest::kHostImport, result_in<uint64_t>(kAcc));
  by_hand(call_host, Rest::kCallHost);
  by_hand(trap_site, Rest::kTrapSite);
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
