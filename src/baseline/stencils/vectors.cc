// Vector instructions that touch no memory and leave nothing to choose: operands and results in slots.
#include "baseline/stencils/stencil.h"
#include "semantics/deterministic.h"

namespace ermine::baseline {
namespace {

template <Op op, unsigned lane>
struct Vector {
  using Sem = SemanticsOf<op>;
  template <unsigned i>
  [[gnu::always_inline]] static auto operand(const State& s) {
    using T = typename Sem::template Param<i>;
    constexpr HoleKind kHole = i == 0 ? HoleKind::kSlotA : i == 1 ? HoleKind::kSlotB : HoleKind::kSlotC;
    if constexpr (std::is_same_v<T, V128>) return V128::load(slot_address<kHole>(s.fp));
    else return read<T, kSlot, kHole>(s);
  }
  [[gnu::always_inline]] static auto call(const State& s) {
    constexpr wasm::Imm kImm = wasm::op_info(op).imm;
    if constexpr (kImm == wasm::Imm::Shuffle) return Sem::call(operand<0>(s), operand<1>(s), V128::load(ermine_pool));
    else if constexpr (kImm == wasm::Imm::Lane && Sem::kParams == 1) return Sem::call(operand<0>(s), lane);
    else if constexpr (kImm == wasm::Imm::Lane) return Sem::call(operand<0>(s), operand<1>(s), lane);
    else if constexpr (Sem::kParams == 1) return Sem::call(operand<0>(s));
    else if constexpr (Sem::kParams == 2) return Sem::call(operand<0>(s), operand<1>(s));
    else return Sem::call(operand<0>(s), operand<1>(s), operand<2>(s));
  }
  [[gnu::always_inline]] static Exit run(State& s) {
    auto v = call(s);
    if constexpr (std::is_same_v<typename Sem::Result, V128>) v.store(slot_address<HoleKind::kSlotD>(s.fp));
    else write<kSlot>(s, typename Sem::Result(v));
    return Exit::kNext;
  }
};

constexpr void fill(auto& list) {
  for_each_op([&]<Op op>() {
    constexpr wasm::Imm kImm = wasm::op_info(op).imm;
    if constexpr (ir::family_of(op) == Family::kVector && !semantics::has_choice(op) &&
                  (kImm == wasm::Imm::None || kImm == wasm::Imm::Shuffle))
      list.add(entry<Vector<op, 0>>(vector_id(op)));
    if constexpr (lanes(op) != 0)
      repeat<lanes(op)>([&]<unsigned lane> { list.add(entry<Vector<op, lane>>(vector_id(op, lane))); });
  });
}
STENCIL_LIST(fill)

}  // namespace
}  // namespace ermine::baseline
