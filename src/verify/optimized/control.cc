// Branches, calls, and the ways out of the code.
#include <algorithm>
#include <cstring>
#include <vector>

#include "runtime/asm_offsets.h"
#include "runtime/offsets.h"
#include "verify/optimized/pass.h"

namespace ermine::verify::optimized {

using ir::field;
using ir::IrInstr;
using ir::IrOp;

namespace {

constexpr uint32_t bit(unsigned r) { return 1u << r; }
// What callees preserve, by the convention of handlers, and by the system's.
constexpr uint32_t kKeptByHandlers = bit(rsp) | bit(rbp);
constexpr uint32_t kKeptByFunctions = bit(rbx) | bit(rsp) | bit(rbp) | bit(r12) | bit(r13) | bit(r14) | bit(r15);
// By the convention of handlers.
constexpr Register kPc = r12, kFrameRegister = r13, kContextRegister = r14, kMemoryRegister = r15;

bool is_op(const IrInstr& instr, std::initializer_list<IrOp> ops) {
  const ir::IrInfo& info = ir::ir_info(instr.code);
  return info.kind == ir::CodeInfo::kIr && std::ranges::find(ops, info.ir()) != ops.end();
}

}  // namespace

bool Pass::word_at(int64_t offset, uint64_t& word) const {
  if (offset < code_.code_size || static_cast<uint64_t>(offset) + 8 > code_.bytes.size() || offset % 8 != 0)
    return false;
  std::memcpy(&word, code_.bytes.data() + offset, 8);
  return true;
}

// --- Branches

bool Pass::branch(State& s, const Instruction& in) {
  const auto c = static_cast<Condition>(in.condition);
  State taken = s;
  if (taken.refine(c, s.flags)) {
    note_guests(taken);
    go_to({here_.activation, static_cast<uint32_t>(in.immediate)}, taken);
  }
  if (!s.refine(inverse(c), s.flags)) return false;
  note_guests(s);
  return problem_.empty();
}

// An import that is known to be a module's function is not the host's.
void Pass::note_guests(State& s) const {
  for (size_t n = 1; n < instances_.size(); ++n)
    if (is_known(s, instances_[n])) s.add(Fact::kGuest, import_name(instances_[n].import));
}

bool Pass::jump(State& s, const Instruction& in) {
  if (in.operands[0].type == Operand::kImmediate) {
    if (in.immediate < 0 || in.immediate >= code_.code_size) return refuse("jumps out of its code");
    go_to({here_.activation, static_cast<uint32_t>(in.immediate)}, s);
    return false;
  }
  const Value target = read(s, in, 0);
  if (target.is(Kind::kTarget)) return jump_through_table(s, target);
  return leaves(s, target);
}

bool Pass::jump_through_table(State& s, const Value& target) {
  s.flags.known = false;
  for (uint64_t i = 0; i <= target.hi / 4; ++i) {
    const uint64_t at = static_cast<uint64_t>(target.add) + 4 * i;
    if (at < code_.code_size || at + 4 > code_.bytes.size())
      return refuse("a table of jumps is outside of its constants");
    int32_t distance;
    std::memcpy(&distance, code_.bytes.data() + at, 4);
    const int64_t to = int64_t{target.of} + distance;
    if (to < 0 || to >= code_.code_size) return refuse("a table of jumps leads out of its code");
    go_to({here_.activation, static_cast<uint32_t>(to)}, s);
  }
  return false;
}

// --- What must hold where other code is called or continues

bool Pass::has_memory(const State& s, uint32_t instance) const {
  const Value& v = s.r[kMemoryRegister];
  const uint32_t memory = instances_[instance].memories;
  return instances_[instance].in->module.memories.empty() ||
         (v.is_at(Kind::kMemory, 0) && v.of == memory_bit(memory)) ||
         (v.is_at(Kind::kOpen, 0) && v.of == memory && v.id == 0);
}

// The registers of handlers, but for the pc.
bool Pass::has_state(const State& s, const Body& body) const {
  return s.r[kFrameRegister].is_at(Kind::kFrame, body.frame) && is_context(s, s.r[kContextRegister], body.instance);
}

bool Pass::has_own_header(State& s) const {
  const Value *const pc = s.frame.find(params_end_), *const context = s.frame.find(params_end_ + 8);
  return pc != nullptr && pc->is(Kind::kCallerPc) && context != nullptr && context->is(Kind::kCallerContext);
}

// The headers of the frames of an inlined function and of those around it.
bool Pass::has_headers(State& s, const Body& body) const {
  for (const Body* b = &body; b->caller != nullptr; b = b->caller) {
    const Value *const pc = s.frame.find(b->header()), *const context = s.frame.find(b->header() + 8);
    if (pc == nullptr || !pc->is_constant(reinterpret_cast<uint64_t>(b->call)) || context == nullptr ||
        !is_context(s, *context, b->caller->instance))
      return false;
  }
  return has_own_header(s);
}

// What an exception restores that is caught here, if one that an instruction throws may be.
bool Pass::has_native_state(State& s, const Body& body, uint32_t index) const {
  for (const Body* b = &body; b->caller != nullptr; b = b->caller)
    index = static_cast<uint32_t>(b->call - b->caller->code->code.data());
  const auto is_around = [&](const ir::FunctionCode::Region& r) { return index >= r.start && index < r.end; };
  if (std::ranges::none_of(subject_.function.regions, is_around)) return true;
  const Value *const sp = s.frame.find(params_end_ + 8 * runtime::kHeaderNativeSp),
                     *const saved = s.frame.find(params_end_ + 8 * runtime::kHeaderNativeRegister);
  return sp != nullptr && sp->is_at(Kind::kStack, 0) && saved != nullptr && saved->is(Kind::kSaved) && saved->of == rbp;
}

// At an instruction of the register code, with the frame of its function.
bool Pass::traps(State& s) const {
  const Value& pc = s.r[kPc];
  return std::ranges::any_of(bodies_, [&](const Body& body) {
    const auto begin = reinterpret_cast<uint64_t>(body.code->code.data());
    return pc.is_constant() && pc.lo >= begin && (pc.lo - begin) % 8 == 0 &&
           (pc.lo - begin) / 8 < body.code->code.size() && has_state(s, body) && has_headers(s, body);
  });
}

// The copy of an instruction of the register code at `record`, with its position in front of it. Null: it is none.
const IrInstr* Pass::instruction_of(const Value& record, const Body** body) {
  if (!record.is(Kind::kCode) || record.hi != 0) return nullptr;
  uint64_t index, word;
  if (!word_at(record.add - 8, index)) return nullptr;
  const Body* const in = body_of(index);
  if (in == nullptr) return nullptr;
  if (body != nullptr) *body = in;
  index -= in->first;
  const auto& list = in->decoded.instrs;
  for (auto it = std::ranges::lower_bound(list, index, {}, &IrInstr::at); it != list.end() && it->at == index; ++it) {
    const unsigned units = ir::units_of(it->code);
    const auto handler = reinterpret_cast<uint64_t>((*subject_.host.handlers)[it->code]);
    if (units == 0) continue;
    std::vector<uint64_t> copy(units, handler);
    ir::copy_operands(it->code, it->pc, units, copy.data() + 1);
    bool same = true;
    for (unsigned i = 0; i < units && same; ++i) same = word_at(record.add + 8 * i, word) && word == copy[i];
    if (same) return &*it;
  }
  return nullptr;
}

// The callee writes to the stack from `frame` on, but not to the header of the function that calls.
void Pass::after_call(State& s, uint32_t kept, bool returns_ref, int64_t frame, const Body& body) {
  s.call(kept);
  std::erase_if(s.frame.all(), [&](const Slot& slot) {
    return slot.at >= frame &&
           (slot.at < body.header() || slot.at >= body.header() + 8 * int64_t{runtime::kHeaderSlots});
  });
  s.r[rax] = returns_ref ? Value{.kind = Kind::kRef} : Value();
}

// --- Calls

bool Pass::call(State& s, const Instruction& in) {
  if (in.operands[0].type == Operand::kImmediate) {
    if (in.immediate < 0 || in.immediate >= code_.code_size) return refuse("calls outside of its code");
    const auto target = static_cast<uint32_t>(in.immediate);
    return target == code_.register_entry && target != 0 ? call_own(s) : call_inner(s, target);
  }
  const Value target = read(s, in, 0);
  if (!problem_.empty()) return false;
  if (s.r[rsp].add - 8 < -kNativeReserve) return refuse("takes more of the native stack than is checked");
  switch (target.kind) {
    case Kind::kEntry: return call_entry(s, target);
    case Kind::kEntryByRegisters: return call_entry_by_registers(s, target);
    case Kind::kImportEntry:
    case Kind::kImportByRegisters: return call_import(s, target);
    case Kind::kNumber:
      if (target.is_constant()) return call_handler(s, target.lo);
      [[fallthrough]];
    default: return refuse("calls an address that is not known");
  }
}

bool Pass::call_inner(State& s, uint32_t target) {
  const auto [it, is_new] =
      inner_.try_emplace({here_.activation, here_.offset}, static_cast<uint32_t>(activations_.size()));
  if (is_new) {
    const unsigned depth = activations_[here_.activation].depth + 1;
    if (depth > 3) return refuse("inner functions that call each other");
    activations_.push_back({here_.activation, next_, depth});
  }
  set(s, rsp, 8, plus_constant(s.r[rsp], -8));
  if (!problem_.empty()) return false;
  s.stack.set(s.r[rsp].add, pointer(Kind::kReturn, 0, it->second));
  s.flags.known = false;
  go_to({it->second, target}, s);
  return false;
}

// This function, at the entry for arguments in registers.
bool Pass::call_own(State& s) {
  const Value& frame = s.r[rdi];
  if (!s.r[r13].is_at(Kind::kContext, 0)) return refuse("calls with another context");
  if (!frame.is(Kind::kFrame) || frame.hi != 0) return refuse("calls without a frame");
  bool returns_ref = false;
  const auto& results = subject_.in.module.func_type(subject_.func_index).results;
  if (!results.empty()) returns_ref = results[0].is_ref();
  if (frame.add == 0) {  // the other entry's frame
    if (here_.activation != kInSlots || !has_own_header(s)) return refuse("calls itself with its own frame");
  } else {
    const Body* body = nullptr;
    const IrInstr* const instr = callee_header(s, frame.add, &body);
    if (instr == nullptr || !calls(s, *instr, *body, pointer(Kind::kEntry, 0, subject_.func_index)))
      return refuse("calls without the callee's header");
  }
  after_call(s, kKeptByFunctions, returns_ref, frame.add, bodies_[0]);
  return true;
}

// The instruction of which the frame of a callee at this offset has the header. Null: it has none.
const IrInstr* Pass::callee_header(State& s, int64_t callee, const Body** in) {
  if (s.frame_end == 0) return refuse("calls before the frame is checked"), nullptr;
  if (!s.native_checked && code_.entry == 0) return refuse("calls before the native stack is checked"), nullptr;
  if (callee < params_end_ + 8 * int64_t{runtime::kHeaderSlots} || !has_own_header(s)) return nullptr;
  for (const Slot& slot : s.frame.all()) {
    if (!slot.value.is(Kind::kCode) || slot.at < callee || slot.at + 16 > s.frame_end) continue;
    const Value* const context = s.frame.find(slot.at + 8);
    const Body* body = nullptr;
    const IrInstr* const instr = instruction_of(slot.value, &body);
    if (instr != nullptr && context != nullptr && is_context(s, *context, body->instance) &&
        ir::ir_info(instr->code).kind == ir::CodeInfo::kIr && ir::is_call(ir::ir_info(instr->code).ir()) &&
        callee + int64_t{8} * field<uint16_t>(instr->pc, 2) == slot.at &&
        callee == body->frame + int64_t{8} * field<uint16_t>(instr->pc, 0) && has_headers(s, *body)) {
      if (!has_native_state(s, *body, instr->at)) return refuse("calls without what an exception restores"), nullptr;
      *in = body;
      return instr;
    }
  }
  return nullptr;
}

// Whether the instruction calls the function that `entry` belongs to, in the context of its instance.
bool Pass::calls(const State& s, const IrInstr& instr, const Body& body, const Value& entry) {
  const Instance& instance = instances_[body.instance];
  const wasm::Module& m = instance.in->module;
  if (is_op(instr, {IrOp::call}) && entry.id == 0) {
    const uint64_t distance = field<uint64_t>(instr.pc, 8) - reinterpret_cast<uint64_t>(instance.in->funcs);
    const uint64_t index = m.imported_functions + distance / sizeof(runtime::FuncCode);
    return distance % sizeof(runtime::FuncCode) == 0 && index < m.functions.size() &&
           instance.functions + index == entry.of;
  }
  if (entry.id == 0 || entry.of != body.instance) return false;
  if (is_op(instr, {IrOp::call_ref})) return true;
  return is_op(instr, {IrOp::call_indirect_s, IrOp::call_indirect_r}) &&
         s.has(Fact::kTyped, entry.id, field<uint32_t>(instr.pc, 4));
}

static bool returns_reference(const wasm::Module& m, const IrInstr& instr) {
  const auto first_is_ref = [](const wasm::FuncType& type) {
    return !type.results.empty() && type.results[0].is_ref();
  };
  if (is_op(instr, {IrOp::call_indirect_s, IrOp::call_indirect_r, IrOp::call_ref})) {
    for (uint32_t i = 0; i < m.types.size(); ++i)
      if (m.types[i] == field<uint32_t>(instr.pc, 4)) return first_is_ref(m.type_def(i).func);
    return false;
  }
  if (is_op(instr, {IrOp::call}))
    return first_is_ref(
        m.func_type(reinterpret_cast<const runtime::FuncCode*>(field<uint64_t>(instr.pc, 8))->func_index));
  if (is_op(instr, {IrOp::call_import}))
    return first_is_ref(m.func_type(static_cast<uint32_t>(field<uint64_t>(instr.pc, 8))));
  // What handlers leave in the accumulator.
  return ir::ir_info(instr.code).kind == ir::CodeInfo::kIr;
}

bool Pass::call_entry_by_registers(State& s, const Value& entry) {
  if (entry.flag == 0) return refuse("calls an entry that may not be there");
  if (!s.r[rdi].is(Kind::kFrame) || s.r[rdi].hi != 0) return refuse("calls without a frame");
  const Body* body = nullptr;
  const IrInstr* const instr = callee_header(s, s.r[rdi].add, &body);
  if (instr == nullptr) return refuse("calls without the callee's header");
  if (!is_context(s, s.r[r13], body->instance)) return refuse("calls with another context");
  if (!calls(s, *instr, *body, entry)) return refuse("calls another function than the register code");
  after_call(s, kKeptByFunctions, returns_reference(module_of(*body), *instr), s.r[rdi].add, bodies_[0]);
  return true;
}

bool Pass::call_entry(State& s, const Value& entry) {
  const Value& frame = s.r[kFrameRegister];
  if (!frame.is(Kind::kFrame) || frame.hi != 0) return refuse("calls without a frame");
  const Body* body = nullptr;
  const IrInstr* const instr = callee_header(s, frame.add, &body);
  if (instr == nullptr) return refuse("calls without the callee's header");
  if (!is_context(s, s.r[kContextRegister], body->instance)) return refuse("calls with another context");
  if (!has_memory(s, body->instance)) return refuse("calls with another memory");
  if (!calls(s, *instr, *body, entry)) return refuse("calls another function than the register code");
  // A callee without machine code finds its number there.
  const Value& call = s.r[rax];
  const bool identifies = entry.id != 0
                              ? call.is(Kind::kRef) && call.id == entry.id && call.add == -ERMINE_CALL_STUB_DISTANCE
                              : instruction_of(call) == instr;
  if (!identifies) return refuse("calls without identifying the callee");
  after_call(s, kKeptByHandlers, returns_reference(module_of(*body), *instr), frame.add, bodies_[0]);
  return true;
}

// A function of another instance gets what code of that instance expects: its context, and, as handlers do, its memory,
// its FuncCode, and the unit that its code is entered through.
bool Pass::call_import(State& s, const Value& entry) {
  const bool by_registers = entry.is(Kind::kImportByRegisters);
  if (by_registers && entry.flag == 0) return refuse("calls an entry that may not be there");
  const auto is_its = [&](Register r, Kind kind) { return s.r[r].is_at(kind, 0) && s.r[r].of == entry.of; };
  const Register context = by_registers ? r13 : kContextRegister;
  const auto known = instance_at(s, s.r[context]);  // it may be that of a function that is inlined elsewhere
  if (!is_its(context, Kind::kImportContext) || !(known || s.has(Fact::kGuest, import_name(entry.of))))
    return refuse("calls a function of another instance without its context");
  const bool has_its_memory = is_its(kMemoryRegister, Kind::kImportMemory) || (known && has_memory(s, *known));
  if (!by_registers && (!is_its(kPc, Kind::kImportUnit) || !is_its(rdi, Kind::kImportCode) || !has_its_memory))
    return refuse("calls a function of another instance without its code or memory");
  const Value& frame = s.r[by_registers ? rdi : kFrameRegister];
  if (!frame.is(Kind::kFrame) || frame.hi != 0) return refuse("calls without a frame");
  const Body* body = nullptr;
  const IrInstr* const instr = callee_header(s, frame.add, &body);
  if (instr == nullptr) return refuse("calls without the callee's header");
  if (!is_op(*instr, {IrOp::call_import}) ||
      instances_[body->instance].imports + field<uint64_t>(instr->pc, 8) != entry.of)
    return refuse("calls another function than the register code");
  after_call(s, by_registers ? kKeptByFunctions : kKeptByHandlers, returns_reference(module_of(*body), *instr),
             frame.add, bodies_[0]);
  return true;
}

// A handler of the interpreter, or another function of the engine.
bool Pass::call_handler(State& s, uint64_t handler) {
  if (handler == reinterpret_cast<uint64_t>(subject_.note_old_object) && handler != 0) {
    if (!s.r[rdi].is_at(Kind::kExec, 0)) return refuse("calls the collector without its arguments");
    // It only takes a note: nothing moves, and frames stay as they are.
    s.lose_registers(kKeptByFunctions);
    return true;
  }
  if (handler == reinterpret_cast<uint64_t>(subject_.host.trap_handler)) {
    if (!traps(s)) return refuse("traps at another place than an instruction of the register code");
    return false;
  }
  const Value& record = s.r[kPc];
  const auto handler_of = [&](IrOp op) {
    return reinterpret_cast<uint64_t>((*subject_.host.handlers)[ir::code_of(op)]);
  };
  uint64_t index, word, ret;
  if (!record.is(Kind::kCode) || record.hi != 0 || !word_at(record.add - 8, index) || !word_at(record.add, word) ||
      word != handler)
    return refuse("calls a handler without its instruction");
  const Body* const body = body_of(index);
  if (body == nullptr) return refuse("calls a handler without its instruction");
  if (!has_memory(s, body->instance)) return refuse("calls a handler with another memory");
  if (!has_state(s, *body)) return refuse("calls a handler without the frame or the context");
  if (!has_headers(s, *body)) return refuse("calls a handler while the frame's header is another");
  const auto returns_behind = [&](unsigned units) {
    return word_at(record.add + 8 * units, ret) && ret == handler_of(IrOp::ret);
  };
  const bool polls = handler == handler_of(IrOp::poll);
  const bool enters = handler == handler_of(IrOp::enter);
  if (polls || enters) {
    uint64_t operands = 0;
    if (!word_at(record.add + 8, operands) || !returns_behind(2))
      return refuse("calls a handler with another instruction");
    if (enters) {
      const auto is_enter = [&](const IrInstr& i) {
        // The frame may be larger, by those of inlined functions; the handler checks that.
        return i.at == index - body->first && is_op(i, {IrOp::enter, IrOp::enter_count}) &&
               static_cast<uint32_t>(i.pc[1]) == static_cast<uint32_t>(operands);
      };
      if (!std::ranges::any_of(body->decoded.instrs, is_enter)) return refuse("enters as another function");
      s.frame_end = std::max(s.frame_end, body->frame + int64_t{8} * static_cast<int64_t>(operands >> 32));
    }
    after_call(s, kKeptByHandlers, false, body->frame, *body);
    return true;
  }
  const IrInstr* const instr = instruction_of(record);
  if (instr == nullptr) return refuse("calls a handler with another instruction");
  if (!returns_behind(ir::units_of(instr->code))) return refuse("a handler continues elsewhere");
  if (s.frame_end == 0) return refuse("calls before the frame is checked");
  if (!has_native_state(s, *body, instr->at)) return refuse("calls without what an exception restores");
  after_call(s, kKeptByHandlers, returns_reference(module_of(*body), *instr), body->frame, *body);
  return true;
}

// --- Ways out

bool Pass::restores(const State& s, bool by_registers) const {
  const auto is_saved = [&](unsigned r) { return s.r[r].is(Kind::kSaved) && s.r[r].of == r; };
  if (!s.r[rsp].is_at(Kind::kStack, 0) || !is_saved(rbp)) return false;
  if (!by_registers) return true;
  return is_saved(rbx) && is_saved(r12) && s.r[r13].is_at(Kind::kContext, 0) && is_saved(r14) && is_saved(r15);
}

bool Pass::returns(State& s) {
  if (here_.activation > kInRegisters) {
    const Value* const to = s.stack.find(s.r[rsp].add);
    if (to == nullptr || !to->is(Kind::kReturn) || to->of != here_.activation)
      return refuse("returns to another place than it was called from");
    set(s, rsp, 8, plus_constant(s.r[rsp], 8));
    s.flags.known = false;
    const Activation& a = activations_[here_.activation];
    go_to({a.caller, a.continues}, s);
    return false;
  }
  const bool by_registers = here_.activation == kInRegisters;
  if (!restores(s, by_registers)) return refuse("returns without what its caller expects in registers");
  if (!by_registers && !s.r[kFrameRegister].is_at(Kind::kFrame, 0)) return refuse("returns without the frame");
  return false;
}

// A jump to an address that is not in the code. Never true.
bool Pass::leaves(State& s, const Value& target) {
  if (!problem_.empty()) return false;
  if (here_.activation != kInSlots) return refuse("jumps to an address that is not known");
  if (!restores(s, false)) return refuse("leaves without what its caller expects in registers");
  if (target.is_constant(reinterpret_cast<uint64_t>(subject_.host.trap_handler))) {
    if (!traps(s)) return refuse("traps at another place than an instruction of the register code");
    return false;
  }
  if (!has_state(s, bodies_[0])) return refuse("leaves with another frame or context");
  if (!has_memory(s, 0)) return refuse("leaves with another memory");
  const auto tail_calls = [&](std::initializer_list<IrOp> ops, auto&& is) {
    return std::ranges::any_of(bodies_[0].decoded.instrs, [&](const IrInstr& i) { return is_op(i, ops) && is(i); });
  };
  if (target.is(Kind::kLoopCode)) {
    const Value& unit = s.r[kPc];
    if (!unit.is(Kind::kLoopUnit) || unit.of != target.of || !has_own_header(s))
      return refuse("leaves for a loop without its unit");
    return false;
  }
  if (target.is(Kind::kEntry) && target.id == 0) {
    const IrInstr* const instr = instruction_of(s.r[rax]);
    const auto is_callee = [&](const IrInstr& i) {
      return &i == instr &&
             field<uint64_t>(i.pc, 8) ==
                 reinterpret_cast<uint64_t>(subject_.in.funcs + (target.of - subject_.in.module.imported_functions));
    };
    if (!tail_calls({IrOp::return_call}, is_callee)) return refuse("a tail call where the register code has none");
    const int64_t header = int64_t{8} * field<uint16_t>(instr->pc, 2);
    const Value *const pc = s.frame.find(header), *const context = s.frame.find(header + 8);
    if (pc == nullptr || !pc->is(Kind::kCallerPc) || context == nullptr || !context->is(Kind::kCallerContext))
      return refuse("a tail call without the caller's header");
    return false;
  }
  if (target.is_constant() && has_own_header(s) && s.frame_end != 0) {
    const auto is_handler = [&](const IrInstr& i) {
      return s.r[kPc].is_constant(reinterpret_cast<uint64_t>(&subject_.function.code[i.at])) &&
             target.lo == reinterpret_cast<uint64_t>((*subject_.host.handlers)[i.code]);
    };
    if (tail_calls({IrOp::return_call_import, IrOp::return_call_indirect, IrOp::return_call_ref}, is_handler))
      return false;
  }
  return refuse("jumps to an address that is not known");
}

}  // namespace ermine::verify::optimized
