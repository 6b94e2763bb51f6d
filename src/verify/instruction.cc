#include "verify/instruction.h"

#include "ir/decoded.h"
#include "ir/function_code.h"

namespace ermine::verify {

using ir::CodeInfo;
using ir::IrOp;
using ir::OpCode;

bool Instruction::is_call() const {
  return is({IrOp::call, IrOp::call_import, IrOp::call_indirect_s, IrOp::call_indirect_r, IrOp::call_ref});
}

bool Instruction::returns() const {
  bool does = false;
  each_part([&does](OpCode o, const runtime::Code*) {
    for (IrOp ret : {IrOp::ret, IrOp::ret_copy, IrOp::ret_r, IrOp::ret_s, IrOp::ret_d, IrOp::ret_const})
      does |= o == ir::code_of(ret);
  });
  return does;
}

bool Instruction::returns_result() const {
  bool does = false;
  each_part([&does](OpCode o, const runtime::Code*) {
    const CodeInfo& info = ir::info_of(o);
    if (info.kind != CodeInfo::kIr) return;
    switch (info.ir) {
      case IrOp::ret_r:
      case IrOp::ret_s:
      case IrOp::ret_d:
      case IrOp::ret_const:
      case IrOp::ret_copy: does = true; return;
      default: return;
    }
  });
  return does;
}

bool Instruction::ends() const {
  return returns() || is_tail_call() ||
         is({IrOp::br, IrOp::br_back, IrOp::trap, IrOp::ret_copy_n, IrOp::br_table_s, IrOp::br_table_r});
}

bool Instruction::reads(uint64_t slot) const {
  bool may = false;
  each_part([&](OpCode o, const runtime::Code* at) {
    const CodeInfo& info = ir::info_of(o);
    auto fields = [&](std::initializer_list<unsigned> bytes, bool vectors = false) {
      for (unsigned byte : bytes) {
        const uint64_t named = ir::field<uint16_t>(at, byte);
        may |= slot == named || (vectors && slot == named + 1);
      }
    };
    switch (info.kind) {
      case CodeInfo::kBranch: return fields({0, 2});
      case CodeInfo::kFormed: {
        const ir::Family family = ir::family_of(info.op);
        return family == ir::Family::kStore ? fields({0, 2}) : fields({2, 4, 6}, family == ir::Family::kVector);
      }
      case CodeInfo::kIr: break;
      default: return;
    }
    switch (info.ir) {
      case IrOp::copy:
      case IrOp::ret_copy: return fields({2});
      case IrOp::copy2: return fields({2, 6});
      case IrOp::copy_v128: return fields({2}, true);
      case IrOp::select_v128: return fields({2, 4, 6}, true);
      case IrOp::select_r:
      case IrOp::select_r_1:
      case IrOp::select_r_2:
      case IrOp::select_r_3:
      case IrOp::select_s:
      case IrOp::select_s_1:
      case IrOp::select_s_2:
      case IrOp::select_s_3:
      case IrOp::select_d:
      case IrOp::select_d_1:
      case IrOp::select_d_2:
      case IrOp::select_d_3: return fields({2, 4, 6});
      case IrOp::global_set_v128: return fields({0}, true);
      case IrOp::global_set_s:
      case IrOp::br_table_s:
      case IrOp::br_null:
      case IrOp::br_null_back:
      case IrOp::br_non_null:
      case IrOp::br_non_null_back:
      case IrOp::call_import: return fields({0});  // the result slots of a call
      case IrOp::call_ref: return fields({8});
      // The arguments and the function's own header, which move; and the callee.
      case IrOp::return_call_indirect:
      case IrOp::return_call_ref:
      case IrOp::return_call_import:
      case IrOp::return_call: {
        const auto from = ir::field<uint16_t>(at, 0), params = ir::field<uint16_t>(at, 2),
                   own = ir::field<uint16_t>(at, 4);
        may |= slot - from < params || slot - own < runtime::kHeaderCallerSlots;
        const bool in_slot = info.ir == IrOp::return_call_indirect || info.ir == IrOp::return_call_ref;
        return in_slot ? fields({6}) : void();
      }
      case IrOp::call_indirect_s: return fields({12});
      default: return;
    }
  });
  return may;
}

bool Instruction::may_write_ref(const Check& c, uint64_t slot, uint64_t source,
                                const ir::FunctionCode& function) const {
  if (c.from == Check::kZero) return true;
  bool may = false;
  each_part([&](OpCode o, const runtime::Code* at) {
    const CodeInfo& info = ir::info_of(o);
    auto copies = [&](unsigned to, unsigned from) {
      const uint64_t wanted = ir::field<uint16_t>(at, from);
      return slot == ir::field<uint16_t>(at, to) &&
             (!function.holds_refs(wanted) || (c.from == Check::kSlot && source == wanted));
    };
    if (info.kind != CodeInfo::kIr) {
      may |= info.kind == CodeInfo::kFormed;
      return;
    }
    switch (info.ir) {
      case IrOp::copy: may |= copies(0, 2); return;
      case IrOp::copy2: may |= copies(0, 2) || copies(4, 6); return;
      case IrOp::ret_copy:
        may |= !function.holds_refs(ir::field<uint16_t>(at, 2)) ||
               (c.from == Check::kSlot && source == ir::field<uint16_t>(at, 2));
        return;
      // A register never holds a reference: the accumulator's value is a number that lives there.
      case IrOp::set_r:
      case IrOp::select_r_1:
      case IrOp::select_r_3:
      case IrOp::ret_r: may |= c.from == Check::kAccumulator || c.from == Check::kRegister; return;
      case IrOp::global_get_r_1: may |= c.from == Check::kGlobal || c.from == Check::kAccumulator; return;
      // Numbers, and a callee's header.
      case IrOp::const32:
      case IrOp::const64:
      case IrOp::set_s:
      case IrOp::set_d:
      case IrOp::ret_s:
      case IrOp::ret_d:
      case IrOp::ret_const:
      case IrOp::global_get_s_1:
      case IrOp::global_get_d_1:
      case IrOp::select_s_1:
      case IrOp::select_s_3:
      case IrOp::select_d_1:
      case IrOp::select_d_3:
      case IrOp::copy_v128:
      case IrOp::const_v128:
      case IrOp::select_v128:
      case IrOp::global_get_v128:
      case IrOp::call:
      case IrOp::call_import:
      case IrOp::call_indirect_s:
      case IrOp::call_indirect_r:
      case IrOp::call_ref: may = true; return;
      default: return;
    }
  });
  return may;
}

void Instruction::copies(std::vector<uint64_t>& slots) const {
  each_part([&](OpCode o, const runtime::Code* at) {
    const CodeInfo& info = ir::info_of(o);
    if (info.kind != CodeInfo::kIr) return;
    const auto slot = [at](unsigned byte) { return uint64_t{ir::field<uint16_t>(at, byte)}; };
    const auto copy = [&slots](uint64_t to, uint64_t from) {
      if (to != from) slots.push_back(to);
    };
    switch (info.ir) {
      case IrOp::copy2: copy(slot(4), slot(6)); [[fallthrough]];
      case IrOp::copy: return copy(slot(0), slot(2));
      case IrOp::set_r:
      case IrOp::select_r_1:
      case IrOp::select_r_3:
      case IrOp::global_get_r_1: return slots.push_back(slot(0));
      case IrOp::ret_copy: return copy(0, slot(2));
      case IrOp::ret_r: return slots.push_back(0);
      default: return;
    }
  });
}

bool Instruction::writes(uint64_t slot) const {
  bool may = false;
  each_part([&](OpCode o, const runtime::Code* at) {
    const CodeInfo& info = ir::info_of(o);
    auto is_field = [&](unsigned byte, unsigned plus = 0) {
      return slot == ir::field<uint16_t>(at, byte) + uint64_t{plus};
    };
    switch (info.kind) {
      case CodeInfo::kBranch: return;
      case CodeInfo::kIr:
        switch (info.ir) {
          case IrOp::enter:
          case IrOp::enter_count: may |= slot >= ir::field<uint16_t>(at, 0); return;
          case IrOp::copy2: may |= is_field(0) || is_field(4); return;
          case IrOp::ret_copy:
          case IrOp::ret_r:
          case IrOp::ret_s:
          case IrOp::ret_d:
          case IrOp::ret_const: may |= slot == 0; return;
          case IrOp::call:
          case IrOp::call_import:
          case IrOp::call_indirect_s:
          case IrOp::call_indirect_r:
          case IrOp::call_ref: {
            const uint64_t header = ir::field<uint16_t>(at, 0) + uint64_t{ir::field<uint16_t>(at, 2)};
            may |= slot == header || slot == header + 1;
            return;
          }
          case IrOp::return_call:  // see Verifier::Pass::moves()
          case IrOp::return_call_import:
          case IrOp::return_call_indirect:
          case IrOp::return_call_ref: return;
          case IrOp::copy_v128:
          case IrOp::const_v128:
          case IrOp::select_v128:
          case IrOp::global_get_v128: may |= is_field(0) || is_field(0, 1); return;
          default: may |= is_field(0); return;
        }
      case CodeInfo::kFormed: {
        const std::string_view sig = wasm::op_info(info.op).sig();
        may |= is_field(0) || (sig.back() == 'v' && is_field(0, 1));
        return;
      }
      default: may |= is_field(0); return;
    }
  });
  return may;
}

uint64_t Instruction::global() const {
  uint64_t index = ~uint64_t{0};
  each_part([&](OpCode o, const runtime::Code* at) {
    const CodeInfo& info = ir::info_of(o);
    if (info.kind == CodeInfo::kIr && (ir::reads_global(info.ir) || ir::writes_global(info.ir)))
      index = ir::field<uint32_t>(at, 4);
  });
  return index;
}

}  // namespace ermine::verify
