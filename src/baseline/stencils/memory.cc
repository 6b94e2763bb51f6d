// Loads and stores of memory 0 in its guarded reservation: an address beyond its size faults.
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {
namespace {

template <Op op, Location address, Location to>
struct Load {
  using Sem = SemanticsOf<op>;
  static constexpr uint32_t kResult = result_in<typename Sem::Result>(to);
  [[gnu::always_inline]] static void run(State& s) {
    write<to>(s, typename Sem::Result(Sem::call(host_address(s, read_address<address>(s)))));
  }
};

template <Op op, Location address, Location value, int marker>
struct Store {
  [[gnu::always_inline]] static void run(State& s) {
    using Sem = SemanticsOf<op>;
    using T = typename Sem::template Param<1>;
    Sem::call(host_address(s, read_address<address>(s)), read<T, value, HoleKind::kSlotB, marker>(s));
  }
};
template <Op op, Location address, Location value>
struct StoreVariants {
  template <int marker>
  using Body = Store<op, address, value, marker>;
};

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    if constexpr (ir::family_of(op) == Family::kLoad) {
      each_location<kLocations>([&]<Location address> {
        each_location<kLocations>(
            [&]<Location to> { list.add(entry<Load<op, address, to>>(load_id(op, address, to))); });
      });
    } else if constexpr (ir::family_of(op) == Family::kStore) {
      constexpr bool is_float = std::is_floating_point_v<typename SemanticsOf<op>::template Param<1>>;
      each_location<kLocations>([&]<Location address> {
        each_location<is_float ? kLocations : kLocations + 1 + machine::kNegativeForms>([&]<Location value> {
          list.add(entry_of<value, StoreVariants<op, address, value>::template Body>(
              store_id(op, address, value), marker_of<typename SemanticsOf<op>::template Param<1>>(value)));
        });
      });
    }
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
