// The main loop, operands, blocks and branches (specification 3.0, sections 3.4.2 to 3.4.4 and 3.4.13).
// The instructions with a rule of their own are in instr_rules.cc.
#include "binary/function_validator.h"

#include <algorithm>
#include <cassert>

#include "base/format.h"
#include "wasm/op_arity.h"
#include "wasm/type_name.h"

namespace ermine::binary {

using wasm::Feature;
using wasm::FuncType;
using wasm::kI32;
using wasm::kMaxFrameSlots;

namespace {
constexpr size_t kFirstOperands = 1024;
}

ModuleContext::ModuleContext(const wasm::Module& m) : module(m), registry(*m.registry) {
  types.reserve(m.types.size());
  for (wasm::TypeId id : m.types) types.push_back(&registry.get(id));
  defaultable.reserve(types.size());
  for (const wasm::TypeDef* type : types)
    defaultable.push_back(std::all_of(type->fields.begin(), type->fields.end(), [](const wasm::FieldType& field) {
      return !field.storage.is_ref() || field.storage.nullable();
    }));
  functions.reserve(m.functions.size());
  for (const wasm::Function& f : m.functions) functions.push_back(&types[f.type_index]->func);
}

FunctionValidator::FunctionValidator(const ModuleContext& context)
    : context_(context), values_(std::make_unique<ValType[]>(kFirstOperands)), capacity_(kFirstOperands) {
  controls_.reserve(64);
}

Result<void> FunctionValidator::function(uint32_t func_index) {
  const wasm::Module& m = context_.module;
  const wasm::Function& f = m.functions[func_index];
  const FuncType& type = *context_.functions[func_index];
  auto in_function = [&](Error error) {
    std::string_view name = m.function_name(func_index);
    std::string where = base::format("function {}", func_index);
    if (!name.empty()) where += base::format(" \"{}\"", name);
    return Error(error.kind(), base::format("{:t} (in {:t})", error.message(), where), error.offset());
  };

  // Locals whose type has no default value begin unset (section 3.4.13.3, and 3.5.2 "Locals").
  locals_.assign(type.params.begin(), type.params.end());
  uint32_t local_slots = type.param_slots;
  has_unset_ = false;
  auto first = read_locals(m, f, [&](uint32_t count, ValType local) {
    if (local.is_ref() && !local.nullable() && count > 0) {
      if (!has_unset_) unset_.clear();
      has_unset_ = true;
      unset_.resize(locals_.size(), 0);
      unset_.resize(locals_.size() + count, 1);
    }
    locals_.insert(locals_.end(), count, local);
    local_slots += count * local.slots();
  });
  if (!first) return in_function(std::move(first).error());
  if (has_unset_) unset_.resize(locals_.size(), 0);
  if (locals_.size() > wasm::kMaxLocals)
    return in_function(
        Error(ErrorKind::kUnsupported,
              base::format("too many locals: {}, at most {} are supported", locals_.size(), wasm::kMaxLocals),
              f.body_offset));

  constant_ = false;
  globals_ = static_cast<uint32_t>(m.globals.size());
  begin({Op::block, false, 0, 0, *first, 0, {}, &type});
  const uint32_t end = f.body_offset + f.body_size;
  InstrReader in(m, *first, end - *first);
  if (!run(in)) return in_function(std::move(error_));
  if (in.failed()) return in_function(in.take_error());
  if (!controls_.empty()) return in_function(missing_end(m, end));
  if (!in.at_end())
    return in_function(
        Error(ErrorKind::kMalformed,
              base::format("section size mismatch: {} bytes after the last end of the body", end - in.offset()),
              in.offset()));
  const auto height = static_cast<uint64_t>(high_ - values_.get());
  const uint64_t slots = local_slots + height * (has_vectors_ ? 2 : 1);
  if (slots > kMaxFrameSlots)
    return in_function(
        Error(ErrorKind::kUnsupported,
              base::format("too many locals and operands: {} slots, at most {} are supported", slots, kMaxFrameSlots),
              f.body_offset));
  return {};
}

// Specification 3.0, section 3.4.14 (constant expressions).
Result<void> FunctionValidator::constant(const wasm::ConstExpr& expr, ValType type, uint32_t globals) {
  constant_ = true;
  globals_ = globals;
  has_unset_ = false;
  locals_.clear();
  if (!check_constant(expr)) return std::move(error_);
  begin({Op::block, false, 0, 0, expr.offset, 0, type, nullptr});
  InstrReader in(context_.module, expr.offset, expr.size);
  if (!run(in)) return std::move(error_);
  if (in.failed()) return in.take_error();
  if (!controls_.empty()) return missing_end(context_.module, expr.offset + expr.size);
  return {};
}

void FunctionValidator::begin(const Control& body) {
  error_ = Error();
  sp_ = base_ = high_ = values_.get();
  has_vectors_ = false;
  init_log_.clear();
  controls_.clear();
  controls_.push_back(body);
}

// Part of the main loop.
[[gnu::always_inline]] inline bool FunctionValidator::by_table(const Instr& in) {
  const Signature& sig = kSignatures[static_cast<unsigned>(in.op)];
  auto type_of = [](uint8_t kind) { return ValType(static_cast<wasm::ValKind>(kind)); };
  switch (sig.shape) {
    case Shape::kNone: return true;
    case Shape::kConst: return push(type_of(sig.results[0]));
    case Shape::kUnary:
      if (sp_ > base_ && sp_[-1] == type_of(sig.params[0])) [[likely]] {
        sp_[-1] = type_of(sig.results[0]);
        return true;
      }
      return general(sig, in);
    case Shape::kBinary:
      if (sp_ - base_ >= 2 && sp_[-1] == type_of(sig.params[1]) && sp_[-2] == type_of(sig.params[0])) [[likely]] {
        --sp_;
        sp_[-1] = type_of(sig.results[0]);
        return true;
      }
      return general(sig, in);
    case Shape::kLoad: {
      ValType address;
      if (!mem_arg(in, address)) return false;
      if (sp_ > base_ && sp_[-1] == address) [[likely]] {
        --sp_;
        return push(type_of(sig.results[0]));
      }
      return general(sig, in);
    }
    case Shape::kStore: {
      ValType address;
      if (!mem_arg(in, address)) return false;
      if (sp_ - base_ >= 2 && sp_[-1] == type_of(sig.params[1]) && sp_[-2] == address) [[likely]] {
        sp_ -= 2;
        return true;
      }
      return general(sig, in);
    }
    case Shape::kGeneral: return general(sig, in);
    case Shape::kOwnRule: return own_rule(in);
  }
  return false;
}

bool FunctionValidator::run(InstrReader& in) {
#ifndef NDEBUG
  // Compares the number of operands and results in the table with the rules.
  wasm::FixedArity last;  // of the previous instruction
  ptrdiff_t height = 0;   // of the stack before it
#endif
  while (in.next(instr_)) {
#ifndef NDEBUG
    assert(!last.is_fixed || controls_.back().unreachable || sp_ - values_.get() == height - last.pops + last.pushes);
    last = wasm::kFixedArities[static_cast<unsigned>(instr_.op)];
    height = sp_ - values_.get();
#endif
    switch (instr_.op) {
      case Op::local_get:
        if (instr_.index >= locals_.size()) [[unlikely]]
          return unknown("local", instr_.index);
        if (has_unset_ && unset_[instr_.index]) [[unlikely]]
          return invalid(base::format("uninitialized local {}: its type {} has no default value", instr_.index,
                                      name(locals_[instr_.index])));
        if (!push(locals_[instr_.index])) return false;
        continue;
      case Op::local_set:
        if (!local_set(instr_.index)) return false;
        continue;
      case Op::local_tee:
        if (!local_set(instr_.index) || !push(locals_[instr_.index])) return false;
        continue;
      case Op::block:
      case Op::loop:
      case Op::try_:
        if (!open(instr_.op, instr_.block)) return false;
        continue;
      case Op::if_:
        if (!pop(kI32) || !open(instr_.op, instr_.block)) return false;
        continue;
      case Op::else_:
        if (!else_()) return false;
        continue;
      case Op::end:
        if (!end()) return false;
        if (controls_.empty()) return true;
        continue;
      case Op::br: {
        const Control* target = label(instr_.index);
        if (!target || !pop_all(label_types(*target))) return false;
        set_unreachable();
        continue;
      }
      case Op::br_if: {
        if (!pop(kI32)) return false;
        const Control* target = label(instr_.index);
        if (!target) return false;
        const Types types = label_types(*target);
        if (!types.empty() && !(pop_all(types) && push_all(types))) return false;
        continue;
      }
      case Op::return_:
        if (!pop_all(results(controls_.front()))) return false;
        set_unreachable();
        continue;
      case Op::call: {
        const FuncType* type = callee(instr_.index);
        if (!type || !call(*type)) return false;
        continue;
      }
      case Op::drop: {
        ValType any;
        if (!pop_any(any)) return false;
        continue;
      }
      case Op::unreachable: set_unreachable(); continue;
      default:
        if (!by_table(instr_)) return false;
        continue;
    }
  }
  return true;
}

bool FunctionValidator::general(const Signature& sig, const Instr& in) {
  const wasm::OpInfo& info = wasm::op_info(in.op);
  ValType address;
  switch (info.imm) {
    case wasm::Imm::MemArg:
      if (!mem_arg(in, address)) return false;
      break;
    case wasm::Imm::MemArgLane:
      if (!mem_arg(in, address)) return false;
      // `width` is the log2 of the lane's bytes.
      if (in.lane >= 16u >> info.width)
        return invalid(base::format("invalid lane index {}: there are {} lanes", in.lane, 16u >> info.width));
      break;
    case wasm::Imm::Lane:
      if (in.lane >= info.width)
        return invalid(base::format("invalid lane index {}: there are {} lanes", in.lane, info.width));
      break;
    case wasm::Imm::Shuffle:
      for (unsigned i = 0; i < 16; ++i)
        if (in.bytes16[i] >= info.width)
          return invalid(
              base::format("invalid lane index {}: the two operands have {} lanes", in.bytes16[i], info.width));
      break;
    default: break;
  }
  ValType expected[4];
  for (unsigned i = 0; i < sig.param_count; ++i)
    expected[i] = sig.params[i] == kAddressKind ? address : ValType(static_cast<wasm::ValKind>(sig.params[i]));
  if (!pop_all(Types(expected, sig.param_count))) return false;
  for (unsigned i = 0; i < sig.result_count; ++i)
    if (!push(static_cast<wasm::ValKind>(sig.results[i]))) return false;
  return true;
}

// Operands.

bool FunctionValidator::reserve(size_t height) {
  if (height <= capacity_) return true;
  if (height > kMaxFrameSlots)
    return fail(ErrorKind::kUnsupported,
                base::format("too many operands on the stack: at most {} are supported", kMaxFrameSlots));
  capacity_ = std::min<size_t>(std::max(capacity_ * 2, height), kMaxFrameSlots);
  auto larger = std::make_unique<ValType[]>(capacity_);
  const ValType* old = values_.get();
  std::copy(old, static_cast<const ValType*>(high_), larger.get());
  sp_ = larger.get() + (sp_ - old);
  base_ = larger.get() + (base_ - old);
  high_ = larger.get() + (high_ - old);
  values_ = std::move(larger);
  return true;
}

bool FunctionValidator::raise_high() {
  if (!reserve(static_cast<size_t>(high_ - values_.get()) + 1)) return false;
  ++high_;
  return true;
}

bool FunctionValidator::push_many(Types types) {
  if (!reserve(static_cast<size_t>(sp_ - values_.get()) + types.size())) return false;
  for (ValType type : types) has_vectors_ |= type == wasm::kV128;
  sp_ = std::copy(types.begin(), types.end(), sp_);
  high_ = std::max(high_, sp_);
  return true;
}

bool FunctionValidator::pop_all_short(Types expected) {
  const auto have = static_cast<size_t>(sp_ - base_);
  if (!controls_.back().unreachable) return mismatch(expected);
  const Types rest = expected.last(have);
  for (size_t i = 0; i < have; ++i)
    if (!is_subtype(base_[i], rest[i])) return mismatch(expected);
  sp_ = base_;
  return true;
}

bool FunctionValidator::pop_ref(ValType& out) {
  if (!pop_any(out)) return false;
  if (out.is_bot()) out = ValType::ref(HeapType::kBot, false);
  if (!out.is_ref()) {
    ++sp_;
    return invalid(base::format("type mismatch: instruction requires reference type but stack has {}", name(out)));
  }
  return true;
}

bool FunctionValidator::are_subtypes(Types sub, Types super) const {
  if (sub.size() != super.size()) return false;
  if (sub.size() > kFewTypes && same_types(sub.data(), super)) return true;
  for (size_t i = 0; i < sub.size(); ++i)
    if (!is_subtype(sub[i], super[i])) return false;
  return true;
}

// Blocks.

bool FunctionValidator::open(Op op, const BlockType& type) {
  switch (type.kind) {
    case BlockType::kEmpty: return open_control(op, {}, nullptr);
    case BlockType::kValue: return open_control(op, type.value, nullptr);
    case BlockType::kFunc: {
      const FuncType* func = func_type(type.type_index);
      return func && open_control(op, {}, func);
    }
  }
  return false;
}

bool FunctionValidator::open_control(Op op, ValType value, const FuncType* func) {
  if (controls_.size() > wasm::kMaxNesting) [[unlikely]]
    return fail(ErrorKind::kUnsupported,
                base::format("blocks nested too deep: at most {} levels are supported", wasm::kMaxNesting));
  if (func && !pop_all(Types(func->params))) return false;
  base_ = sp_;
  controls_.push_back({op, false, static_cast<uint32_t>(sp_ - values_.get()), static_cast<uint32_t>(init_log_.size()),
                       instr_.offset, 0, value, func});
  return !func || push_all(Types(func->params));
}

bool FunctionValidator::close_body() {
  const Types expected = results(controls_.back());
  if (!pop_all(expected)) return false;
  if (sp_ == base_) [[likely]]
    return true;
  sp_ += expected.size();
  return invalid(base::format("type mismatch: block requires {} but stack has {}", names(expected),
                              top_names(static_cast<size_t>(sp_ - base_))));
}

void FunctionValidator::forget_inits(uint32_t height) {
  while (init_log_.size() > height) {
    unset_[init_log_.back()] = 1;
    init_log_.pop_back();
  }
}

void FunctionValidator::leave() {
  forget_inits(controls_.back().init_height);
  controls_.pop_back();
  if (!controls_.empty()) base_ = values_.get() + controls_.back().height;
}

void FunctionValidator::reopen(Op op) {
  Control& c = controls_.back();
  forget_inits(c.init_height);
  c.op = op;
  c.unreachable = false;
}

bool FunctionValidator::end() {
  if (!close_body()) return false;
  const Control c = controls_.back();
  // An if without else has an empty one: its parameters are its results (section 3.4.3.3).
  if (c.op == Op::if_ && !are_subtypes(params(c), results(c))) [[unlikely]]
    return invalid(base::format(
        "type mismatch: instruction requires {} but stack has {}: an if without else gives back its parameters",
        names(results(c)), names(params(c))));
  leave();
  return controls_.empty() || push_all(results(c));
}

bool FunctionValidator::else_() {
  if (controls_.back().op != Op::if_)
    return fail(ErrorKind::kMalformed, "END opcode expected: misplaced ELSE opcode, the block is no if");
  if (!close_body()) return false;
  reopen(Op::else_);
  return push_all(params(controls_.back()));
}

// Legacy exception handling: try … catch* catch_all? end, and try … delegate.
bool FunctionValidator::catch_(const Instr& in) {
  const Op arm = controls_.back().op;
  if (arm != Op::try_ && arm != Op::catch_)
    return fail(ErrorKind::kMalformed, base::format("END opcode expected: misplaced {}", wasm::op_info(in.op).text()));
  if (!close_body()) return false;
  const FuncType* tag_type = nullptr;
  if (in.op == Op::catch_ && !(tag_type = tag(in.index))) return false;
  reopen(in.op);
  return !tag_type || push_all(tag_type->params);
}

bool FunctionValidator::delegate(const Instr& in) {
  if (controls_.back().op != Op::try_) return fail(ErrorKind::kMalformed, "END opcode expected: misplaced delegate");
  // Its label counts from outside the try; the outermost label is the caller.
  if (in.index + size_t{1} >= controls_.size()) return unknown("label", in.index);
  if (!close_body()) return false;
  const Control c = controls_.back();
  leave();
  return push_all(results(c));
}

bool FunctionValidator::try_table(const Instr& in) {
  // The handlers see the labels outside the block (section 3.4.3.7).
  const ValType exn = ValType::ref(HeapType::kExn, false);
  std::vector<ValType> given;
  for (CatchReader catches(in); catches.left() > 0;) {
    const Catch c = catches.next();
    given.clear();
    if (c.kind == CatchKind::kCatch || c.kind == CatchKind::kCatchRef) {
      const FuncType* type = tag(c.tag);
      if (!type) return false;
      given = type->params;
    }
    if (c.kind == CatchKind::kCatchRef || c.kind == CatchKind::kCatchAllRef) given.push_back(exn);
    const Control* target = label(c.label);
    if (!target) return false;
    if (!are_subtypes(given, label_types(*target)))
      return invalid(base::format("type mismatch: catch handler requires {} but label has {}", names(given),
                                  names(label_types(*target))));
  }
  return open(Op::try_table, in.block);
}

bool FunctionValidator::br_table(const Instr& in) {
  if (!pop(kI32)) return false;
  size_t arity = SIZE_MAX;
  for (LabelReader labels(in); labels.left() > 0;) {
    Control* target = label(labels.next());
    if (!target) return false;
    if (target->table_mark == in.offset) continue;  // already checked
    target->table_mark = in.offset;
    const Types types = label_types(*target);
    if (arity == SIZE_MAX) arity = types.size();
    if (types.size() != arity)
      return invalid(base::format("type mismatch: labels of one br_table have {} and {} values", arity, types.size()));
    if (static_cast<size_t>(sp_ - base_) < arity && !controls_.back().unreachable) return mismatch(types);
    for (size_t i = 0; i < arity; ++i)
      if (!is_subtype(peek(arity - 1 - i), types[i])) return mismatch(types);
  }
  set_unreachable();
  return true;
}

bool FunctionValidator::call(const FuncType& type) {
  return pop_all(Types(type.params)) && push_all(Types(type.results));
}

bool FunctionValidator::return_call(const FuncType& type) {
  const Types wanted = results(controls_.front());
  if (!are_subtypes(type.results, wanted))
    return invalid(base::format("type mismatch: current function requires result type {} but callee returns {}",
                                names(wanted), names(type.results)));
  if (!pop_all(Types(type.params))) return false;
  set_unreachable();
  return true;
}

bool FunctionValidator::local_set(uint32_t index) {
  if (index >= locals_.size()) [[unlikely]]
    return unknown("local", index);
  if (!pop(locals_[index])) return false;
  if (has_unset_ && unset_[index]) [[unlikely]] {
    unset_[index] = 0;
    init_log_.push_back(index);
  }
  return true;
}

// Errors.

bool FunctionValidator::fail(ErrorKind kind, std::string message) {
  if (!error_) error_ = Error(kind, base::format("{}, at {}", message, wasm::op_info(instr_.op).text()), instr_.offset);
  return false;
}

bool FunctionValidator::unknown(std::string_view what, uint32_t index) {
  return invalid(base::format("unknown {} {}", what, index));
}

bool FunctionValidator::mismatch(Types expected) {
  return invalid(base::format("type mismatch: instruction requires {} but stack has {}", names(expected),
                              top_names(expected.size())));
}

bool FunctionValidator::missing_operand(std::string_view what) {
  return invalid(base::format("type mismatch: instruction requires {} but stack has []", what));
}

std::string FunctionValidator::name(ValType t) const { return wasm::type_name(t, &context_.module); }
std::string FunctionValidator::names(Types types) const { return wasm::type_names(types, &context_.module); }
std::string FunctionValidator::top_names(size_t count) const {
  count = std::min(count, static_cast<size_t>(sp_ - base_));
  return names(Types(sp_ - count, count));
}

}  // namespace ermine::binary
