#include "verify/optimized/verifier.h"

#include <algorithm>
#include <cstring>

#include "base/format.h"
#include "ir/object_ops.h"
#include "runtime/offsets.h"
#include "verify/capstone.h"
#include "verify/optimized/pass.h"

namespace ermine::verify::optimized {

namespace offsets = runtime::offsets;
using ir::field;
using ir::IrInstr;
using ir::IrOp;

Pass::Pass(const Code& code, const Subject& subject)
    : code_(code),
      subject_(subject),
      instructions_(code.bytes.first(std::min<size_t>(code.code_size, code.bytes.size()))),
      params_end_(int64_t{8} * subject.function.param_slots) {}

bool Pass::refuse(std::string_view why) {
  if (problem_.empty()) problem_ = base::format("{} (offset {})", why, here_.offset);
  return false;
}

void Pass::note_memory(uint32_t memory) {
  memories_.insert(memory);
  memory_set_ |= memory_bit(memory);
}

// The instance that a number belongs to.
const Pass::Instance& Pass::owner(uint32_t number, uint32_t Instance::* first) const {
  const auto is_behind = [&](const Instance& instance) { return instance.*first > number; };
  return *std::prev(std::ranges::find_if(instances_, is_behind));
}

const wasm::GlobalType& Pass::global(uint32_t number) const {
  const Instance& instance = owner(number, &Instance::globals);
  return instance.in->module.globals[number - instance.globals].type;
}

bool Pass::is_guarded(const Instance& instance, uint32_t memory) const {
  const auto& memories = instance.in->module.memories;
  return memory < memories.size() && instance.guarded && offsets::can_be_guarded(memories[memory]);
}

// The function, and those that are inlined into it. False: their description is wrong.
bool Pass::find_bodies() {
  const ir::HandlerIndex handlers(*subject_.host.handlers);
  instances_.push_back({.in = &subject_.in, .guarded = subject_.function.guarded});
  bodies_.reserve(1 + code_.inlined.size());
  bodies_.push_back({.code = &subject_.function, .func_index = subject_.func_index});
  ir::decode_ir(subject_.function.code, handlers, bodies_[0].decoded);
  for (const auto& i : code_.inlined) {
    if (!find_inlined(i)) return false;
    ir::decode_ir(i.code->code, handlers, bodies_.back().decoded);
  }
  return true;
}

bool Pass::find_inlined(const tiering::MachineCode::Inlined& i) {
  if (i.code == nullptr || i.first < bodies_.back().end() || !i.code->catches.empty()) return false;
  const Body* const caller = body_of(i.caller);
  if (caller == nullptr || i.call != &caller->code->code[i.caller - caller->first]) return false;
  std::optional<uint32_t> instance = caller->instance;
  if (i.func != nullptr) instance = instance_of_import(*caller, i);
  if (!instance) return false;
  const tiering::Surroundings& in = *instances_[*instance].in;
  const wasm::Module& m = in.module;
  if (i.func_index < m.imported_functions || i.func_index >= m.functions.size() || !in.callee ||
      in.callee(i.func_index).code != i.code)
    return false;
  const auto calls = [&](const IrInstr& instr) {
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (instr.pc != i.call || info.kind != ir::CodeInfo::kIr || !ir::is_call(info.ir())) return false;
    if (caller->frame + int64_t{8} * field<uint16_t>(instr.pc, 0) != int64_t{8} * i.frame) return false;
    if (field<uint16_t>(instr.pc, 2) != i.code->param_slots) return false;
    if (i.func != nullptr || info.ir() == IrOp::call_import)
      return i.func != nullptr && info.ir() == IrOp::call_import && field<uint64_t>(instr.pc, 8) == i.import;
    if (info.ir() == IrOp::call)
      return field<uint64_t>(instr.pc, 8) ==
             reinterpret_cast<uint64_t>(in.funcs + (i.func_index - m.imported_functions));
    return ir::has_callee_cell(info.ir()) &&
           field<uint32_t>(instr.pc, 4) == m.types[m.functions[i.func_index].type_index];
  };
  if (std::ranges::none_of(caller->decoded.instrs, calls)) return false;
  bodies_.push_back({.code = i.code,
                     .func_index = i.func_index,
                     .instance = *instance,
                     .first = i.first,
                     .frame = int64_t{8} * i.frame,
                     .caller = caller,
                     .call = i.call});
  return true;
}

// The instance of an imported function, which the code compares with Inlined::func. No value: it is another one.
std::optional<uint32_t> Pass::instance_of_import(const Body& caller, const tiering::MachineCode::Inlined& i) {
  const Instance& importer = instances_[caller.instance];
  if (!importer.in->imported || i.import >= importer.in->module.imported_functions) return std::nullopt;
  const tiering::ImportedFunc is = importer.in->imported(i.import);
  if (is.func == nullptr || is.func != i.func || is.func->func_index != i.func_index) return std::nullopt;
  const uint32_t import = importer.imports + i.import;
  for (uint32_t n = 1; n < instances_.size(); ++n)
    if (instances_[n].import == import) return n;
  const Instance& last = instances_.back();
  const wasm::Module& m = last.in->module;
  instances_.push_back({.in = is.in,
                        .guarded = i.code->guarded,
                        .import = import,
                        .func = is.func.get(),
                        .memories = last.memories + static_cast<uint32_t>(m.memories.size()),
                        .tables = last.tables + static_cast<uint32_t>(m.tables.size()),
                        .globals = last.globals + static_cast<uint32_t>(m.globals.size()),
                        .imports = last.imports + m.imported_functions,
                        .functions = last.functions + static_cast<uint32_t>(m.functions.size())});
  return static_cast<uint32_t>(instances_.size() - 1);
}

const Pass::Body* Pass::body_of(uint64_t position) const {
  for (const Body& body : bodies_)
    if (position >= body.first && position < body.end()) return &body;
  return nullptr;
}

// What the register code names.
void Pass::find_names(const Body& body) {
  const Instance& instance = instances_[body.instance];
  const wasm::Module& m = instance.in->module;
  for (const IrInstr& instr : body.decoded.instrs) {
    const ir::IrInfo& info = ir::ir_info(instr.code);
    if (info.kind == ir::CodeInfo::kChecked) note_memory(instance.memories + field<uint32_t>(instr.pc, 4));
    if (info.kind == ir::CodeInfo::kFormed) {
      const auto imm = wasm::op_info(info.op()).imm;
      const bool has_memory = imm == wasm::Imm::MemArg || imm == wasm::Imm::MemArgLane;
      if (info.family == ir::Family::kLoad || info.family == ir::Family::kStore) note_memory(instance.memories);
      else if (info.family == ir::Family::kAtomic || (info.family == ir::Family::kVector && has_memory))
        note_memory(instance.memories + field<uint32_t>(instr.pc, 8));
    }
    if (info.kind != ir::CodeInfo::kIr) continue;
    if (ir::reads_global(info.ir()) || ir::writes_global(info.ir())) {
      const uint32_t global = instance.globals + field<uint32_t>(instr.pc, 4);
      globals_.insert(global);
      if (ir::writes_global(info.ir())) written_globals_.insert(global);
      continue;
    }
    switch (info.ir()) {
      case IrOp::use_memory:
        for (uint32_t k = 0; k < m.memories.size(); ++k)
          if (offsets::memory_base(m, k) == field<uint32_t>(instr.pc, 4)) note_memory(instance.memories + k);
        break;
      case IrOp::call_import:
        imports_.insert(instance.imports + static_cast<uint32_t>(field<uint64_t>(instr.pc, 8)));
        break;
      case IrOp::call_indirect_s:
      case IrOp::call_indirect_r: tables_.insert(instance.tables + field<uint32_t>(instr.pc, 8)); break;
      default: {
        const ir::ObjectOp op = ir::object_op(info.ir());
        if (op.kind == ir::ObjectOp::kTableGet || op.kind == ir::ObjectOp::kTableSet)
          tables_.insert(instance.tables + field<uint32_t>(instr.pc, 4));
        if (op.kind == ir::ObjectOp::kTableSet) written_tables_.insert(instance.tables + field<uint32_t>(instr.pc, 4));
        // Loops around the one where the code is entered.
        if (info.ir() == IrOp::loop && code_.entry != 0 && instr.at < code_.entry && body.caller == nullptr &&
            subject_.cell)
          if (const auto* const cell = subject_.cell(instr.at))
            cells_.emplace(reinterpret_cast<uint64_t>(cell), instr.at);
        break;
      }
    }
  }
}

State Pass::state_at_entry(bool by_registers) const {
  State s;
  s.r[rsp] = pointer(Kind::kStack);
  for (const Register r : {rbx, rbp, r12, r13, r14, r15})
    if (by_registers || r == rbp) s.r[r] = pointer(Kind::kSaved, 0, r);
  if (by_registers) {
    s.r[rdi] = pointer(Kind::kFrame);
    s.r[r13] = pointer(Kind::kContext);
    constexpr Register kArguments[] = {rsi, rdx, rcx, r8, r9};
    size_t next = 0;
    for (const wasm::ValType type : subject_.in.module.func_type(subject_.func_index).params) {
      if (type.kind() == wasm::ValKind::kF32 || type.kind() == wasm::ValKind::kF64 || next == std::size(kArguments))
        continue;
      if (type.is_ref()) s.r[kArguments[next]] = {.kind = Kind::kRef};
      ++next;
    }
  } else {
    s.r[r13] = pointer(Kind::kFrame);
    s.r[r14] = pointer(Kind::kContext);
    s.r[r15] = is_guarded(instances_[0], 0) ? pointer(Kind::kMemory, 0, memory_bit(0)) : pointer(Kind::kOpen);
  }
  s.frame.set(params_end_, pointer(Kind::kCallerPc));
  s.frame.set(params_end_ + 8, pointer(Kind::kCallerContext));
  if (code_.entry == 0) return s;
  // A loop is entered in a frame that was checked, by code that was entered with the same native stack pointer.
  s.frame_end = int64_t{8} * subject_.function.frame_slots;
  s.native_checked = true;
  if (!subject_.function.catches.empty()) {
    s.frame.set(params_end_ + 8 * runtime::kHeaderNativeSp, pointer(Kind::kStack));
    s.frame.set(params_end_ + 8 * runtime::kHeaderNativeRegister, pointer(Kind::kSaved, 0, rbp));
  }
  return s;
}

// Control continues at a place.
void Pass::go_to(Place place, const State& state) {
  if (place.offset >= code_.code_size) return void(refuse("jumps out of its code"));
  const auto [it, is_new] = known_.try_emplace(place, Known{.state = state});
  Known& known = it->second;
  if (is_new) {
    waiting_.insert(place);
    return;
  }
  const auto name_of = [&](int64_t where) {
    const auto [name, is_first] = join_names_.try_emplace({place, where}, 0);
    if (is_first) name->second = ++last_name_;
    return name->second;
  };
  if (known.state.join(state, ++known.joins, name_of)) waiting_.insert(place);
}

void Pass::follow(Place place, State state) {
  constexpr size_t kMostSteps = 200;  // for each instruction, on average
  for (bool first = true;; first = false) {
    here_ = place;
    if (!first && known_.contains(place)) return go_to(place, state);
    const Instruction* const in = instructions_.at(place.offset);
    if (in == nullptr) return void(refuse("an instruction that code never needs"));
    if (++steps_ > kMostSteps * (code_.code_size + 1000)) return void(refuse("takes too long"));
    next_ = place.offset + in->size;
    if (!step(state, *in) || !problem_.empty()) return;
    place.offset = next_;
    if (place.offset >= code_.code_size) return void(refuse("execution can run past its end"));
  }
}

std::string Pass::run() {
  if (code_.code_size > code_.bytes.size() || code_.register_entry >= code_.code_size) return "its parts overlap";
  if (!find_bodies()) return "an inlined function is not what an instruction calls";
  for (const auto& p : code_.positions)
    if (body_of(p.index) == nullptr) return "a position is outside of the register code";
  for (const Body& body : bodies_) find_names(body);
  activations_ = {{0, 0, 0}, {0, 0, 0}};
  go_to({kInSlots, 0}, state_at_entry(false));
  if (code_.register_entry != 0) go_to({kInRegisters, code_.register_entry}, state_at_entry(true));
  while (!waiting_.empty() && problem_.empty()) {
    const Place place = *waiting_.begin();
    waiting_.erase(waiting_.begin());
    follow(place, known_.at(place).state);
  }
  return problem_;
}

std::string verify(const Code& code, const Subject& subject) { return Pass(code, subject).run(); }

std::string verify(const tiering::MachineCode& made, std::span<const uint8_t> bytes, const Subject& subject) {
  if (made.total_size != bytes.size() || made.code_size > bytes.size()) return "its parts overlap";
  // The unit behind the code and its constants.
  const auto unit = static_cast<uint64_t>(reinterpret_cast<const uint8_t*>(made.entry) - made.code);
  uint64_t address = 0;
  if (unit < made.code_size || unit > bytes.size() - sizeof address || made.entries.size() != 1 ||
      made.entries[0].unit != made.entry)
    return "it has other entries";
  std::memcpy(&address, bytes.data() + unit, sizeof address);
  if (address != reinterpret_cast<uint64_t>(made.code)) return "it begins elsewhere";
  const uint64_t place = uint64_t{8} * (subject.func_index - subject.in.module.imported_functions);
  if (made.table_entry != subject.in.call_table + place ||
      (made.register_entry != nullptr && made.register_table_entry != subject.in.register_table + place))
    return "another function would be replaced";
  uint64_t by_registers = 0;
  if (made.register_entry != nullptr) {
    by_registers = static_cast<uint64_t>(made.register_entry - made.code);
    if (by_registers == 0 || by_registers >= made.code_size) return "it has other entries";
  }
  return verify({.bytes = bytes,
                 .code_size = made.code_size,
                 .register_entry = static_cast<uint32_t>(by_registers),
                 .entry = made.entries[0].index,
                 .state = made.state,
                 .positions = made.positions,
                 .inlined = made.inlined},
                subject);
}

std::string_view problem() {
#if defined(__x86_64__)
  return capstone_problem();
#else
  return "optimised code is verified on x86-64 only";
#endif
}

}  // namespace ermine::verify::optimized
