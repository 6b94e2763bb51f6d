// The number of operands that instructions take and give, for folding. For most instructions it comes from the table of
// instructions; those where it depends on types, labels or immediates are here. See printer.h.
#include "text/print/printer.h"
#include "wasm/op_arity.h"

namespace ermine::text {

using binary::Instr;
using binary::Op;
using wasm::Imm;

namespace {

Arity call_arity(const RawModule& raw, uint32_t type_index, uint32_t extra) {
  const RawType* type = raw.func_type(type_index);
  if (!type) return {extra, 0};
  return {type->params + extra, type->results};
}

uint32_t branch_arity(const std::vector<LabelArity>& labels, uint32_t depth, uint32_t function_results) {
  if (depth < labels.size()) return labels[labels.size() - 1 - depth].branch();
  return depth == labels.size() ? function_results : 0;
}

}  // namespace

LabelArity block_arity(const RawModule& raw, const Instr& instr) {
  LabelArity arity;
  arity.is_loop = instr.op == Op::loop;
  switch (instr.block.kind) {
    case binary::BlockType::kEmpty: break;
    case binary::BlockType::kValue: arity.results = 1; break;
    case binary::BlockType::kFunc:
      if (const RawType* type = raw.func_type(instr.block.type_index)) {
        arity.params = type->params;
        arity.results = type->results;
      }
      break;
  }
  return arity;
}

Arity arity_of(const RawModule& raw, const Instr& instr, const std::vector<LabelArity>& labels,
               uint32_t function_results) {
  const wasm::FixedArity fixed = wasm::kFixedArities[static_cast<unsigned>(instr.op)];
  if (fixed.is_fixed) return {fixed.pops, fixed.pushes};
  auto branch = [&] { return branch_arity(labels, instr.index, function_results); };
  switch (instr.op) {
    case Op::br: return {branch(), 0};
    case Op::br_if: return {branch() + 1, branch()};
    case Op::br_table: {
      binary::LabelReader targets(instr);
      uint32_t last = 0;
      while (targets.left() != 0) last = targets.next();
      return {branch_arity(labels, last, function_results) + 1, 0};
    }
    case Op::br_on_null: return {branch() + 1, branch() + 1};
    case Op::br_on_non_null: return {branch(), branch() == 0 ? 0 : branch() - 1};
    case Op::br_on_cast:
    case Op::br_on_cast_fail: return {branch(), branch()};
    case Op::return_: return {function_results, 0};
    case Op::call:
    case Op::return_call: {
      uint32_t type = instr.index < raw.functions.size() ? raw.functions[instr.index] : UINT32_MAX;
      Arity arity = call_arity(raw, type, 0);
      return {arity.pops, instr.op == Op::call ? arity.pushes : 0};
    }
    case Op::call_indirect:
    case Op::call_ref: return call_arity(raw, instr.index, 1);
    case Op::return_call_indirect:
    case Op::return_call_ref: return {call_arity(raw, instr.index, 1).pops, 0};
    case Op::throw_: {
      uint32_t type = instr.index < raw.tags.size() ? raw.tags[instr.index] : UINT32_MAX;
      return {call_arity(raw, type, 0).pops, 0};
    }
    case Op::struct_new: return {instr.index < raw.types.size() ? raw.types[instr.index].fields : 0, 1};
    case Op::array_new_fixed: return {instr.index2, 1};
    default: return {};
  }
}

}  // namespace ermine::text
