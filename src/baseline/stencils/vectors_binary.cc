// Vector instructions with two vectors as operands, and shuffles.
#include "baseline/stencils/vectors.h"

namespace ermine::baseline {
namespace {

template <Op op, unsigned t, Location b>
struct Binary {
  [[gnu::always_inline]] static void run(State& s) {
    const V128 x(s.f[t]), y = read<V128, (b == kAcc ? kPool : b), HoleKind::kSlotB>(s);
    if constexpr (wasm::op_info(op).imm == wasm::Imm::Shuffle)
      write<in_register(t)>(s, V128(SemanticsOf<op>::call(x, y, V128::load(ermine_pool))));
    else write<in_register(t)>(s, V128(call_vector<op>(s, x, y)));
  }
};

template <Op op>
struct Stencils {
  static constexpr unsigned kCount = vector_shape(op) == VectorShape::kBinary ? kPinned * kLocations : 0;
  template <unsigned i>
  static consteval Entry at() {
    constexpr unsigned t = i / kLocations;
    constexpr auto b = static_cast<Location>(i % kLocations);
    if constexpr (b == kAcc && wasm::op_info(op).imm == wasm::Imm::Shuffle) return {};
    else return entry<Binary<op, t, b>>(vector_location_id(op, t, b));
  }
};

STENCIL_LIST kList = list_instructions<Stencils>();

}  // namespace
}  // namespace ermine::baseline
