// Loads and stores of memory 0 in its guarded reservation: an address beyond its size faults. Vectors come from and go
// to the frame.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

[[gnu::always_inline]] inline uint8_t* host_address(const State& s, uint64_t address) {
  return reinterpret_cast<uint8_t*>(plus_offset(s.mem)) + address;
}

template <Op op, unsigned address, unsigned to>
struct Load {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    write<to>(s, typename Sem::Result(Sem::call(host_address(s, read<uint64_t, address, HoleKind::kSlotA>(s)))));
    return Exit::kNext;
  }
};

template <Op op, unsigned address, unsigned value, int twin>
struct Store {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    using T = typename Sem::template Param<1>;
    Sem::call(host_address(s, read<uint64_t, address, HoleKind::kSlotA>(s)), read<T, value, HoleKind::kSlotB, twin>(s));
    return Exit::kNext;
  }
};
template <Op op, unsigned address, unsigned value>
struct StoreTwins {
  template <int twin>
  using Body = Store<op, address, value, twin>;
};

template <Op op, unsigned address>
struct VectorAccess {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    uint8_t* p = host_address(s, read<uint64_t, address, HoleKind::kSlotA>(s));
    if constexpr (Sem::kResults) Sem::call(p).store(slot_address<HoleKind::kSlotD>(s.fp));
    else Sem::call(p, V128::load(slot_address<HoleKind::kSlotB>(s.fp)));
    return Exit::kNext;
  }
};

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    if constexpr (ir::family_of(op) == Family::kLoad) {
      repeat<kPlaces>([&]<unsigned address> {
        repeat<kPlaces>([&]<unsigned to> { list.add(entry<Load<op, address, to>>(load_id(op, address, to))); });
      });
    } else if constexpr (is_vector_access(op)) {
      repeat<kPlaces>([&]<unsigned address> {
        // Elsewhere a store that crosses into memory that is not there may be done in part before it faults.
#if !defined(__x86_64__)
        if constexpr (SemanticsOf<op>::kResults == 0) return;
#endif
        if constexpr (address != kAcc) list.add(entry<VectorAccess<op, address>>(vector_access_id(op, address)));
      });
    } else if constexpr (ir::family_of(op) == Family::kStore) {
      constexpr bool is_float = std::is_floating_point_v<typename SemanticsOf<op>::template Param<1>>;
      repeat<kPlaces>([&]<unsigned address> {
        repeat<is_float ? kPlaces : kPlaces + 1 + machine::kNegativeForms>([&]<unsigned value> {
          list.add(entry_of<value, StoreTwins<op, address, value>::template Body>(
              store_id(op, address, value), value == kNeg ? Marker::kNeg : Marker::kImm));
        });
      });
    }
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
