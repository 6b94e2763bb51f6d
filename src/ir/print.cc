#include "ir/print.h"

#include <algorithm>

#include "base/format.h"
#include "ir/encoding.h"

namespace ermine::ir {

using base::format;
using runtime::Code;

namespace {

// One after the other, without pointers, so that there is nothing to relocate.
constexpr char kIrNames[] =
#define IR(id, units) #id "\0"
#include "ir/ops.def"
    ;
std::string_view ir_name(IrOp op) {
  const char* name = kIrNames;
  for (unsigned i = 0; i < static_cast<unsigned>(op); ++i) name += std::string_view(name).size() + 1;
  return name;
}
constexpr const char* kBinaryNames[] = {"ss", "sr", "rs", "si", "ri"};
constexpr const char* kStoreNames[] = {"ss", "sr", "rs", "rr", "si", "ri"};
// "i32_add": a dot precedes the operand form.
std::string op_name(Op op) {
  std::string name(wasm::op_info(op).text());
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

}  // namespace

std::string code_name(OpCode code) {
  CodeInfo d = code_info(code);
  const std::string id = op_name(d.op);
  switch (d.kind) {
    case CodeInfo::kIr: return std::string(ir_name(d.ir));
    case CodeInfo::kChecked: return format("{}.checked", id);
    case CodeInfo::kPair: return code_name(kPairs[d.pair].first) + "+" + code_name(pair_second(d.pair, d.form));
    case CodeInfo::kBranch:
      return format("{}{} {}.{}", d.form & 2 ? "br_unless" : "br_if", d.form & 1 ? "_back" : "", id,
                    kBinaryNames[d.form / 4]);
    case CodeInfo::kFormed: break;
  }
  switch (family_of(d.op)) {
    case Family::kBinary: return format("{}.{}>{}", id, kBinaryNames[d.form / 2], d.form & 1 ? "s" : "r");
    case Family::kUnary:
    case Family::kLoad: return format("{}.{}>{}", id, d.form / 2 ? "r" : "s", d.form & 1 ? "s" : "r");
    case Family::kStore: return format("{}.{}", id, kStoreNames[d.form]);
    default: return id;
  }
}

unsigned instruction_units(OpCode code, const Code* pc) {
  if (code == code_of(IrOp::br_table_r) || code == code_of(IrOp::br_table_s))
    return table_units(field<uint32_t>(pc, 4));
  return unit_count(code);
}

CodePrinter::CodePrinter(const HandlerTable& handlers, const runtime::FuncCode* funcs, uint32_t first_func)
    : funcs_(funcs), first_func_(first_func) {
  for (unsigned i = 0; i < kCodeCount; ++i)
    if (handlers.has(i)) codes_.emplace(reinterpret_cast<Code>(handlers[i]), static_cast<OpCode>(i));
}

// Operations with their own kinds of operands. False: print numbers.
bool CodePrinter::ir_operands(std::string& out, OpCode code, const Code* pc, size_t at) const {
  auto u16 = [&](unsigned byte) { return field<uint16_t>(pc, byte); };
  auto u32 = [&](unsigned byte) { return field<uint32_t>(pc, byte); };
  auto target = [&](unsigned byte) { return static_cast<int64_t>(at) + field<int32_t>(pc, byte); };
  auto is_between = [&](IrOp first, IrOp last) { return code >= code_of(first) && code <= code_of(last); };
  const auto op = static_cast<IrOp>(code);
  if (is_between(IrOp::select_r, IrOp::select_v128)) {
    // The form's low bit: the result is stored; the next: the condition is in the accumulator.
    const unsigned form = op == IrOp::select_v128 ? 1 : (code - code_of(IrOp::select_r)) % 4;
    out += (form & 1 ? format(" %{}", u16(0)) : " acc") + format(" = %{}, %{} by ", u16(2), u16(4));
    out += form & 2 ? "acc" : format("%{}", u16(6));
    return true;
  }
  if (is_between(IrOp::global_get_r, IrOp::global_get_v128)) {
    const bool stored = op == IrOp::global_get_v128 || (code - code_of(IrOp::global_get_r)) % 2;
    out += (stored ? format(" %{}", u16(0)) : " acc") + format(" = global {}", u32(4));
    return true;
  }
  switch (op) {
    case IrOp::enter:
    case IrOp::enter_count: out += format(" locals %{}+{}, frame {}", u16(0), u16(2), u32(4)); return true;
    case IrOp::loop:
    case IrOp::poll:
    case IrOp::sample:
    case IrOp::ret:
    case IrOp::ret_r:
    case IrOp::ret_s:
    case IrOp::ret_d: return true;
    case IrOp::copy:
    case IrOp::copy_v128: out += format(" %{} = %{}", u16(0), u16(2)); return true;
    case IrOp::copy2: out += format(" %{} = %{}, %{} = %{}", u16(0), u16(2), u16(4), u16(6)); return true;
    case IrOp::copy_n: out += format(" %{} = %{}, {} slots", u16(0), u16(2), u32(4)); return true;
    case IrOp::const32: out += format(" %{} = {}", u16(0), field<int32_t>(pc, 4)); return true;
    case IrOp::const64: out += format(" %{} = {:#x}", u16(0), pc[2]); return true;
    case IrOp::const_v128: out += format(" %{} = {:#x} {:#x}", u16(0), pc[2], pc[3]); return true;
    case IrOp::set_r:
    case IrOp::set_s:
    case IrOp::set_d: out += format(" %{} = acc", u16(0)); return true;
    case IrOp::br:
    case IrOp::br_back: out += format(" -> {}", target(4)); return true;
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: out += format(" %{} -> {}", u16(0), target(4)); return true;
    case IrOp::br_table_s:
    case IrOp::br_table_r: {
      out += op == IrOp::br_table_r ? " acc ->" : format(" %{} ->", u16(0));
      for (uint32_t i = 0, n = u32(4); i <= n; ++i) out += format(" {}", target(8 + 4 * i));
      return true;
    }
    case IrOp::ret_copy: out += format(" %{}", u16(2)); return true;
    case IrOp::ret_const: out += format(" {:#x}", pc[2]); return true;
    case IrOp::ret_copy_n: out += format(" %{}, {} slots", u16(2), u32(4)); return true;
    case IrOp::call:
    case IrOp::return_call:
      // The callee's frame (of a tail call: its arguments), and which function.
      out += format(" at %{}", u16(0));
      if (op == IrOp::return_call) out += format(", {} slots", u16(2));
      if (funcs_ != nullptr)
        out += format(", func {}",
                      static_cast<uint64_t>(reinterpret_cast<const runtime::FuncCode*>(pc[2]) - funcs_) + first_func_);
      return true;
    case IrOp::return_call_import: out += format(" at %{}, {} slots, func {}", u16(0), u16(2), u32(8)); return true;
    case IrOp::return_call_indirect:
      out += format(" at %{}, {} slots, table {}, element %{}", u16(0), u16(2), u32(8), u16(6));
      return true;
    case IrOp::return_call_ref: out += format(" at %{}, {} slots, %{}", u16(0), u16(2), u16(6)); return true;
    case IrOp::call_import: out += format(" at %{}, func {}", u16(0), pc[2]); return true;
    case IrOp::call_indirect_s:
    case IrOp::call_indirect_r:
      out += format(" at %{}, table {}, element ", u16(0), u32(8));
      out += op == IrOp::call_indirect_r ? "acc" : format("%{}", u16(12));
      return true;
    case IrOp::call_ref: out += format(" at %{}, %{}", u16(0), u16(8)); return true;
    case IrOp::use_memory: out += format(" at {:#x}", u32(4)); return true;
    case IrOp::global_set_r: out += format(" global {} = acc", u32(4)); return true;
    case IrOp::global_set_s:
    case IrOp::global_set_v128: out += format(" global {} = %{}", u32(4), u16(0)); return true;
    case IrOp::memory_size: out += format(" %{} = memory {}", u16(0), u32(4)); return true;
    case IrOp::fuel: out += format(" {}", u32(4)); return true;
    default: return false;
  }
}

// The operands of one part of an instruction that begins at index `at`; they follow `pc`.
void CodePrinter::operands(std::string& out, OpCode code, const Code* pc, size_t at, unsigned units) const {
  CodeInfo d = code_info(code);
  auto u16 = [&](unsigned byte) { return field<uint16_t>(pc, byte); };
  auto i32 = [&](unsigned byte) { return field<int32_t>(pc, byte); };
  auto result = [&](bool stored) { return stored ? format(" %{} =", u16(0)) : std::string(" acc ="); };
  if (d.kind == CodeInfo::kBranch) {
    unsigned form = d.form / 4;
    bool imm = form == kSlotImm || form == kAccImm;
    out += format(" {}, {} -> {}", form == kAccSlot || form == kAccImm ? "acc" : format("%{}", u16(0)),
                  imm                ? format("{}", field<int16_t>(pc, 2))
                  : form == kSlotAcc ? "acc"
                                     : format("%{}", u16(2)),
                  static_cast<int64_t>(at) + i32(4));
  } else if (d.kind == CodeInfo::kFormed && family_of(d.op) == Family::kBinary) {
    unsigned form = d.form / 2;
    char type = wasm::op_info(d.op).sig()[0];
    out += result(d.form & 1);
    out += form == kAccSlot || form == kAccImm ? " acc" : format(" %{}", u16(2));
    out += form == kSlotAcc                        ? ", acc"
           : form == kSlotSlot || form == kAccSlot ? format(", %{}", u16(4))
           : type == 'd'                           ? ", " + base::shortest(field<double>(pc, 8))
           : type == 'l'                           ? format(", {}", field<int64_t>(pc, 8))
                                                   : format(", {}", i32(4));
  } else if (d.kind == CodeInfo::kFormed && (family_of(d.op) == Family::kUnary || family_of(d.op) == Family::kLoad)) {
    out += result(d.form & 1);
    out += d.form / 2 ? " acc" : format(" %{}", u16(2));
    if (family_of(d.op) == Family::kLoad) out += format(" +{}", field<uint32_t>(pc, 4));
  } else if (d.kind == CodeInfo::kFormed && family_of(d.op) == Family::kStore) {
    bool acc_address = d.form == kStoreAccSlot || d.form == kStoreAccAcc || d.form == kStoreAccImm;
    out += acc_address ? " acc" : format(" %{}", u16(2));
    out += format(" +{}", field<uint32_t>(pc, 4));
    out += d.form == kStoreSlotImm || d.form == kStoreAccImm   ? format(", {}", field<int16_t>(pc, 0))
           : d.form == kStoreSlotAcc || d.form == kStoreAccAcc ? ", acc"
                                                               : format(", %{}", u16(0));
  } else if (d.kind == CodeInfo::kIr && ir_operands(out, code, pc, at)) {
    return;
  } else {
    for (unsigned byte = 0; byte < 8; byte += 2) out += format(" {}", u16(byte));
    if (units > 2) out += format(" | {:#x}", pc[2]);
  }
}

std::vector<CodePrinter::Line> CodePrinter::lines(const FunctionCode& function) const {
  std::vector<Line> lines;
  const Code* base = function.code.data();
  for (size_t at = 0; at < function.code.size();) {
    const Code* pc = base + at;
    auto it = codes_.find(*pc);
    if (it == codes_.end()) {
      lines.push_back({static_cast<uint32_t>(at), "unknown handler"});
      break;
    }
    OpCode code = it->second;
    CodeInfo d = code_info(code);
    unsigned units = instruction_units(code, pc);
    std::string text = code_name(code);
    if (d.kind == CodeInfo::kPair) {
      OpCode first = kPairs[d.pair].first;
      unsigned skip = unit_count(first) - 1;
      operands(text, first, pc, at, unit_count(first));
      text += ';';
      operands(text, pair_second(d.pair, d.form), pc + skip, at, units - skip);
    } else {
      operands(text, code, pc, at, units);
    }
    lines.push_back({static_cast<uint32_t>(at), std::move(text)});
    at += units;
  }
  return lines;
}

std::string print(const FunctionCode& function, const HandlerTable& handlers) {
  std::string out;
  for (const CodePrinter::Line& line : CodePrinter(handlers).lines(function))
    out += format("{:4}  {:t}\n", line.index, line.text);
  return out;
}

}  // namespace ermine::ir
