// Loads and stores of memory 0 in its guarded reservation: an address beyond its size faults.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

template <Op op, unsigned address, unsigned to>
struct Load {
  using Sem = SemanticsOf<op>;
  static constexpr uint32_t kResult = result_in<typename Sem::Result>(to);
  [[gnu::always_inline]] static Exit run(State& s) {
    write<to>(s, typename Sem::Result(Sem::call(host_address(s, read_address<address>(s)))));
    return Exit::kNext;
  }
};

template <Op op, unsigned address, unsigned value, int twin>
struct Store {
  [[gnu::always_inline]] static Exit run(State& s) {
    using Sem = SemanticsOf<op>;
    using T = typename Sem::template Param<1>;
    Sem::call(host_address(s, read_address<address>(s)), read<T, value, HoleKind::kSlotB, twin>(s));
    return Exit::kNext;
  }
};
template <Op op, unsigned address, unsigned value>
struct StoreTwins {
  template <int twin>
  using Body = Store<op, address, value, twin>;
};

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    if constexpr (ir::family_of(op) == Family::kLoad) {
      repeat<kPlaces>([&]<unsigned address> {
        repeat<kPlaces>([&]<unsigned to> { list.add(entry<Load<op, address, to>>(load_id(op, address, to))); });
      });
    } else if constexpr (ir::family_of(op) == Family::kStore) {
      constexpr bool is_float = std::is_floating_point_v<typename SemanticsOf<op>::template Param<1>>;
      repeat<kPlaces>([&]<unsigned address> {
        repeat<is_float ? kPlaces : kPlaces + 1 + machine::kNegativeForms>([&]<unsigned value> {
          list.add(entry_of<value, StoreTwins<op, address, value>::template Body>(
              store_id(op, address, value), marker_of<typename SemanticsOf<op>::template Param<1>>(value)));
        });
      });
    }
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
