// The number of operands that instructions take and give, for folding. For most instructions it comes from the table of
// instructions; those with a typing rule of their own ("*") are here. See printer.h.
#include "text/print/printer.h"

namespace ermine::text {

using binary::Instr;
using binary::Op;
using wasm::Imm;

namespace {

constexpr Arity from_signature(std::string_view sig) {
  size_t colon = sig.find(':');
  if (colon == sig.npos) return {};
  return {static_cast<uint32_t>(colon), static_cast<uint32_t>(sig.size() - colon - 1)};
}

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
  const wasm::OpInfo& info = wasm::op_info(instr.op);
  if (info.sig() != "*") return from_signature(info.sig());
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
    case Op::throw_ref:
    case Op::drop:
    case Op::local_set:
    case Op::global_set: return {1, 0};
    case Op::local_tee:
    case Op::table_get:
    case Op::memory_grow:
    case Op::ref_is_null:
    case Op::ref_as_non_null:
    case Op::ref_test:
    case Op::ref_test_null:
    case Op::ref_cast:
    case Op::ref_cast_null:
    case Op::any_convert_extern:
    case Op::extern_convert_any:
    case Op::ref_i31:
    case Op::i31_get_s:
    case Op::i31_get_u:
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u:
    case Op::array_new_default:
    case Op::array_len: return {1, 1};
    case Op::local_get:
    case Op::global_get:
    case Op::memory_size:
    case Op::table_size:
    case Op::ref_null:
    case Op::ref_func:
    case Op::struct_new_default: return {0, 1};
    case Op::select:
    case Op::select_t: return {3, 1};
    case Op::table_set:
    case Op::struct_set: return {2, 0};
    case Op::table_grow:
    case Op::ref_eq:
    case Op::array_new:
    case Op::array_new_data:
    case Op::array_new_elem:
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return {2, 1};
    case Op::memory_init:
    case Op::memory_copy:
    case Op::memory_fill:
    case Op::table_init:
    case Op::table_copy:
    case Op::table_fill:
    case Op::array_set: return {3, 0};
    case Op::array_fill:
    case Op::array_init_data:
    case Op::array_init_elem: return {4, 0};
    case Op::array_copy: return {5, 0};
    case Op::struct_new: return {instr.index < raw.types.size() ? raw.types[instr.index].fields : 0, 1};
    case Op::array_new_fixed: return {instr.index2, 1};
    default: return {};
  }
}

}  // namespace ermine::text
