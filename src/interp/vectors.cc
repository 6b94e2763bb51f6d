// Handlers of the vector instructions: operands and results in slots.
#include "interp/checked_address.h"
#include "interp/handlers.h"
#include "semantics/deterministic.h"

namespace ermine::interp {

using namespace ir;

template <Op op>
ERMINE_HANDLER handler_vector(ERMINE_HANDLER_PARAMS) {
  using Sem = SemanticsOf<op>;
  constexpr wasm::Imm kImm = wasm::op_info(op).imm;
  auto operand = [&]<unsigned i>() {
    return get_slot<typename Sem::template Param<i>>(fp, field<uint16_t>(pc, 2 + 2 * i));
  };
  auto finish = [&](auto result) {
    set_slot(fp, field<uint16_t>(pc, 0), result);
    if constexpr (!std::is_same_v<decltype(result), V128>) set_acc(result, r0, s0, d0);
  };
  if constexpr (kImm == wasm::Imm::MemArg || kImm == wasm::Imm::MemArgLane) {
    uint8_t* p = checked_address<op>(ctx, field<uint32_t>(pc, 8), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 16));
    if (p == nullptr) [[unlikely]]
      ERMINE_MEMORY_TRAP(field<uint32_t>(pc, 8), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 16));
    if constexpr (kImm == wasm::Imm::MemArg) {
      if constexpr (Sem::kResults) finish(Sem::call(p));
      else Sem::call(p, operand.template operator()<1>());
    } else {
      unsigned lane = field<uint32_t>(pc, 12);
      if constexpr (Sem::kResults) finish(Sem::call(p, operand.template operator()<1>(), lane));
      else Sem::call(p, operand.template operator()<1>(), lane);
    }
    ERMINE_NEXT(4);
  } else if constexpr (kImm == wasm::Imm::Lane) {
    unsigned lane = field<uint32_t>(pc, 8);
    if constexpr (Sem::kParams == 1) finish(Sem::call(operand.template operator()<0>(), lane));
    else finish(Sem::call(operand.template operator()<0>(), operand.template operator()<1>(), lane));
    ERMINE_NEXT(3);
  } else if constexpr (kImm == wasm::Imm::Shuffle) {
    finish(Sem::call(operand.template operator()<0>(), operand.template operator()<1>(), V128::load(pc + 2)));
    ERMINE_NEXT(4);
  } else {
    auto call = [&](auto... a) {
      if constexpr (semantics::has_choice(op))
        if (ctx->exec->relaxed_simd_deterministic) [[unlikely]]
          return semantics::deterministic_choice<op>(a...);
      return Sem::call(a...);
    };
    if constexpr (Sem::kParams == 1) finish(call(operand.template operator()<0>()));
    else if constexpr (Sem::kParams == 2)
      finish(call(operand.template operator()<0>(), operand.template operator()<1>()));
    else
      finish(
          call(operand.template operator()<0>(), operand.template operator()<1>(), operand.template operator()<2>()));
    ERMINE_NEXT(2);
  }
}

namespace {

[[maybe_unused]] void name_handlers() {
  for_each_op([]<Op op>() {
    if constexpr (family_of(op) == Family::kVector && code_exists(slots_code(op)))
      static_cast<void>(handler_vector<op>);
  });
}

}  // namespace

}  // namespace ermine::interp
