// Tables, bulk memory, references and garbage-collected objects: mostly runtime calls (runtime/builtins.h).
// The immediates of each builtin are given where it is emitted: a, then b.
#include "base/format.h"
#include "ir/translator.h"
#include "runtime/builtins.h"
#include "wasm/immediates.h"

namespace ermine::ir {

using wasm::ValType;

namespace {
Result<void> unsupported(const binary::Instr& in) {
  return Error(ErrorKind::kUnsupported, base::format("not supported yet: {}", wasm::op_info(in.op).text()), in.offset);
}
}  // namespace

Result<void> Translator::object(const Instr& in) {
  if constexpr (kObjectOps)
    if (gc(in)) return {};
  auto i32 = wasm::kI32;
  auto call = [&](unsigned operands, std::initializer_list<ValType> results, uint32_t a, uint64_t b) {
    if (runtime::builtin_for(in.op) == nullptr) return unsupported(in);
    builtin(in.op, operands, {results.begin(), results.size()}, a, b);
    return Result<void>{};
  };
  auto memory_address = [&](uint32_t m) { return module_.memories[m].is64 ? wasm::kI64 : wasm::kI32; };
  auto table_address = [&](uint32_t t) { return module_.tables[t].type.is64 ? wasm::kI64 : wasm::kI32; };
  auto ref_to = [&](uint32_t type_index) {
    return ValType::ref(wasm::HeapType::concrete(module_.types[type_index]), false);
  };
  wasm::TypeId id = wasm::kNoType;
  const wasm::TypeDef* def = nullptr;
  if (wasm::begins_with_type(wasm::op_info(in.op).imm)) {
    def = &module_.type_def(in.index);
    id = def->id;
  }
  switch (in.op) {
    case Op::memory_size: {
      save_pending();
      push_temp(memory_address(in.index));
      uint32_t at = emit(code_of(IrOp::memory_size), 2);
      put<uint16_t>(at, 0, top().home);
      put<uint32_t>(at, 4, in.index);
      forget_accs();
      return {};
    }
    case Op::memory_grow: return call(1, {memory_address(in.index)}, in.index, 0);
    case Op::memory_fill: return call(3, {}, in.index, 0);
    case Op::memory_copy: return call(3, {}, in.index, in.index2);
    case Op::memory_init: return call(3, {}, in.index, in.index2);
    case Op::data_drop: return call(0, {}, in.index, 0);
    case Op::table_size: return call(0, {table_address(in.index)}, in.index, 0);
    case Op::table_grow: return call(2, {table_address(in.index)}, in.index, 0);
    case Op::table_fill: return call(3, {}, in.index, 0);
    case Op::table_copy: return call(3, {}, in.index, in.index2);
    case Op::table_init: return call(3, {}, in.index, in.index2);
    case Op::elem_drop: return call(0, {}, in.index, 0);

    case Op::ref_null: push_const(in.type, 0); return {};
    case Op::ref_is_null:
      push_const(wasm::kI64, 0);
      binary(Op::i64_eq);
      return {};
    case Op::ref_eq: binary(Op::i64_eq); return {};
    // Reached only in builds without object operations.
    case Op::table_get: return call(1, {module_.tables[in.index].type.element}, in.index, 0);
    case Op::table_set: return call(2, {}, in.index, 0);
    case Op::ref_i31: return call(1, {ValType::ref(wasm::HeapType::kI31, false)}, 0, 0);
    case Op::i31_get_s:
    case Op::i31_get_u:
    case Op::array_len: return call(1, {i32}, 0, 0);
    case Op::ref_as_non_null: return call(1, {ValType::ref(top().type.heap(), false)}, 0, 0);
    case Op::ref_func: return call(0, {wasm::kFuncRef}, in.index, 0);
    case Op::ref_test:
    case Op::ref_test_null: return call(1, {i32}, in.type.nullable(), in.type.heap().bits());
    case Op::ref_cast:
    case Op::ref_cast_null: return call(1, {in.type}, in.type.nullable(), in.type.heap().bits());
    case Op::any_convert_extern:
    case Op::extern_convert_any: return {};  // one representation for both

    case Op::struct_new: return call(static_cast<unsigned>(def->fields.size()), {ref_to(in.index)}, id, 0);
    case Op::struct_new_default: return call(0, {ref_to(in.index)}, id, 0);
    case Op::struct_get:
    case Op::struct_get_s:
    case Op::struct_get_u: return call(1, {def->fields[in.index2].storage.unpacked()}, id, in.index2);
    case Op::struct_set: return call(2, {}, id, in.index2);
    case Op::array_new: return call(2, {ref_to(in.index)}, id, 0);
    case Op::array_new_default: return call(1, {ref_to(in.index)}, id, 0);
    case Op::array_new_fixed: return call(in.index2, {ref_to(in.index)}, id, in.index2);
    case Op::array_new_data:
    case Op::array_new_elem: return call(2, {ref_to(in.index)}, id, in.index2);
    case Op::array_get:
    case Op::array_get_s:
    case Op::array_get_u: return call(2, {def->fields[0].storage.unpacked()}, id, 0);
    case Op::array_set: return call(3, {}, id, 0);
    case Op::array_fill: return call(4, {}, id, 0);
    case Op::array_copy: return call(5, {}, id, module_.types[in.index2]);
    case Op::array_init_data:
    case Op::array_init_elem: return call(4, {}, id, in.index2);

    case Op::throw_: {
      const auto& params = module_.type_def(module_.tags[in.index].type_index).func.params;
      builtin(in.op, static_cast<unsigned>(params.size()), {}, in.index, 0);
      terminate();
      return {};
    }
    case Op::throw_ref:
      builtin(in.op, 1, {}, 0, 0);
      terminate();
      return {};
    default: break;
  }
  return unsupported(in);
}

}  // namespace ermine::ir
