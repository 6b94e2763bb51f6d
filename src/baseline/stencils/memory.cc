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
template <Op op>
struct LoadStencils {
  static constexpr unsigned kCount = kLocations * kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto address = static_cast<Location>(i / kLocations), to = static_cast<Location>(i % kLocations);
    return with_result<typename SemanticsOf<op>::Result, to, Load<op, address, to>>(load_id(op, address, to),
                                                                                    load_id(op, address, kSlot));
  }
};

template <Op op>
struct StoreStencils {
  static constexpr unsigned kCount = kLocations * kOperandLocations;
  template <unsigned i>
  static consteval Entry at() {
    using T = typename SemanticsOf<op>::template Param<1>;
    constexpr auto address = static_cast<Location>(i / kOperandLocations);
    constexpr auto value = static_cast<Location>(i % kOperandLocations);
    constexpr bool kConstant = value == kImm || (value == kNeg && machine::kNegativeForms);
    if constexpr (!is_storage(value) && (std::is_floating_point_v<T> || !kConstant)) return {};
    else
      return entry_of<value, Store<op, address, value, 0>, Store<op, address, value, 1>>(store_id(op, address, value),
                                                                                         marker_of<T>(value));
  }
};

template <Op op>
using Stencils =
    std::conditional_t<ir::family_of(op) == Family::kLoad, LoadStencils<op>,
                       std::conditional_t<ir::family_of(op) == Family::kStore, StoreStencils<op>, NoStencils>>;

STENCIL_LIST kList = list_instructions<Stencils>();

}  // namespace
}  // namespace ermine::baseline
