#include "engine/const_eval.h"

#include <cstring>

#include "base/format.h"
#include "binary/instr_reader.h"
#include "runtime/builtins.h"
#include "runtime/store.h"

namespace ermine::engine {

namespace {

using runtime::ExecContext;
using runtime::Slot;
using wasm::Op;

class Evaluator {
 public:
  explicit Evaluator(runtime::Instance& instance)
      : instance_(instance), exec_(instance.ctx()->exec), bottom_(exec_->stack_top), top_(bottom_) {}
  ~Evaluator() { exec_->stack_top = bottom_; }

  Result<void> run(const wasm::ConstExpr& expr) {
    binary::InstrReader reader(instance_.module(), expr.offset, expr.size);
    binary::Instr in;
    while (reader.next(in)) {
      if (exec_->stack_end - top_ < 2) return Error::trap(TrapCode::kCallStackExhausted, "in a constant expression");
      if (in.op == Op::end) return {};
      ERMINE_TRY(step(in));
    }
    return Error(ErrorKind::kInvalid, "a constant expression without end", expr.offset);  // the validator excludes it
  }
  const Slot* result() const { return bottom_; }

 private:
  Result<void> step(const binary::Instr& in) {
    const wasm::Module& m = instance_.module();
    switch (in.op) {
      case Op::i32_const:
      case Op::f32_const: *top_++ = static_cast<uint32_t>(in.bits); return {};
      case Op::i64_const:
      case Op::f64_const: *top_++ = in.bits; return {};
      case Op::v128_const:
        std::memcpy(top_, in.bytes16, 16);
        top_ += 2;
        return {};
      case Op::i32_add: return binary([](Slot a, Slot b) { return Slot{static_cast<uint32_t>(a + b)}; });
      case Op::i32_sub: return binary([](Slot a, Slot b) { return Slot{static_cast<uint32_t>(a - b)}; });
      case Op::i32_mul: return binary([](Slot a, Slot b) { return Slot{static_cast<uint32_t>(a * b)}; });
      case Op::i64_add: return binary([](Slot a, Slot b) { return a + b; });
      case Op::i64_sub: return binary([](Slot a, Slot b) { return a - b; });
      case Op::i64_mul: return binary([](Slot a, Slot b) { return a * b; });
      case Op::global_get: {
        const uint32_t slots = m.globals[in.index].type.type.slots();
        std::memcpy(top_, instance_.ctx()->globals[in.index], slots * sizeof(Slot));
        top_ += slots;
        return {};
      }
      case Op::ref_null: *top_++ = 0; return {};
      case Op::ref_func: *top_++ = reinterpret_cast<Slot>(instance_.func_ref(in.index)); return {};
      case Op::ref_i31: top_[-1] = static_cast<uint32_t>(top_[-1] << 1 | 1); return {};
      case Op::any_convert_extern:
      case Op::extern_convert_any: return {};  // one representation for both
      case Op::struct_new: return call(in, field_slots(m.type_def(in.index)), 0);
      case Op::struct_new_default: return call(in, 0, 0);
      case Op::array_new: return call(in, m.type_def(in.index).fields[0].storage.unpacked().slots() + 1, 0);
      case Op::array_new_default: return call(in, 1, 0);
      case Op::array_new_fixed:
        return call(in, uint64_t{in.index2} * m.type_def(in.index).fields[0].storage.unpacked().slots(), in.index2);
      default: break;
    }
    return Error(ErrorKind::kInvalid, base::format("not a constant instruction: {}", wasm::op_info(in.op).text()),
                 in.offset);
  }

  static uint64_t field_slots(const wasm::TypeDef& type) {
    uint64_t slots = 0;
    for (const wasm::FieldType& f : type.fields) slots += f.storage.unpacked().slots();
    return slots;
  }

  template <class F>
  Result<void> binary(F&& f) {
    top_[-2] = f(top_[-2], top_[-1]);
    --top_;
    return {};
  }

  // Instructions that need the heap use the same runtime calls as in function bodies.
  Result<void> call(const binary::Instr& in, uint64_t operand_slots, uint64_t b) {
    runtime::Builtin builtin = runtime::builtin_for(in.op);
    if (!builtin)
      return Error(ErrorKind::kUnsupported, base::format("not supported yet: {}", wasm::op_info(in.op).text()),
                   in.offset);
    Slot* base = top_ - operand_slots;
    exec_->stack_top = top_;
    const TrapCode trap = builtin(instance_.ctx(), base, instance_.module().types[in.index], b);
    exec_->stack_top = bottom_;
    top_ = base + 1;
    if (trap == TrapCode::kNone) return {};
    if (trap == TrapCode::kHost && exec_->store->pending_error) return std::move(exec_->store->pending_error);
    return Error::trap(trap, "in a constant expression");
  }

  runtime::Instance& instance_;
  ExecContext* exec_;
  Slot* bottom_;
  Slot* top_;
};

}  // namespace

Result<void> evaluate(runtime::Instance& instance, const wasm::ConstExpr& expr, Slot* out) {
  Evaluator evaluator(instance);
  ERMINE_TRY(evaluator.run(expr));
  // The expression's type determines how many slots are used; reading two is always possible.
  std::memcpy(out, evaluator.result(), 2 * sizeof(Slot));
  return {};
}

}  // namespace ermine::engine
