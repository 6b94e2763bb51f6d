#include "ir/print.h"

#include <fmt/format.h>

#include <unordered_map>

#include "ir/encoding.h"

namespace ermine::ir {

using runtime::Code;

namespace {

constexpr const char* kIrNames[] = {
#define IR(id, units) #id,
#include "ir/ops.def"
};
constexpr const char* kBinaryNames[] = {"ss", "sr", "rs", "si", "ri"};
constexpr const char* kStoreNames[] = {"ss", "sr", "rs", "rr", "si", "ri"};
constexpr const char* kIds[] = {
#define OP(id, ...) #id,
#include "wasm/opcodes.def"
};

// The operands of one part of an instruction that starts at index `at`; they follow `pc`.
void print_operands(std::string& out, OpCode code, const Code* pc, size_t at, unsigned units) {
  CodeInfo d = code_info(code);
  auto u16 = [&](unsigned byte) { return field<uint16_t>(pc, byte); };
  auto i32 = [&](unsigned byte) { return field<int32_t>(pc, byte); };
  if (d.kind == CodeInfo::kBranch) {
    unsigned form = d.form / 4;
    bool imm = form == kSI || form == kRI;
    out += fmt::format(" {}, {} -> {}", form == kRS || form == kRI ? "acc" : fmt::format("r{}", u16(0)),
                       imm           ? fmt::format("{}", field<int16_t>(pc, 2))
                       : form == kSR ? "acc"
                                     : fmt::format("r{}", u16(2)),
                       static_cast<int64_t>(at) + i32(4));
  } else if (d.kind == CodeInfo::kFormed && family_of(d.op) == Family::kBinary) {
    unsigned form = d.form / 2;
    char type = wasm::op_info(d.op).sig[0];
    if (d.form & 1) out += fmt::format(" r{} =", u16(0));
    out += form == kRS || form == kRI ? " acc" : fmt::format(" r{}", u16(2));
    out += form == kSR                  ? ", acc"
           : form == kSS || form == kRS ? fmt::format(", r{}", u16(4))
           : type == 'd'                ? fmt::format(", {}", field<double>(pc, 8))
           : type == 'l'                ? fmt::format(", {}", field<int64_t>(pc, 8))
                                        : fmt::format(", {}", i32(4));
  } else if (d.kind == CodeInfo::kFormed && (family_of(d.op) == Family::kUnary || family_of(d.op) == Family::kLoad)) {
    if (d.form & 1) out += fmt::format(" r{} =", u16(0));
    out += d.form / 2 ? " acc" : fmt::format(" r{}", u16(2));
    if (family_of(d.op) == Family::kLoad) out += fmt::format(" +{}", field<uint32_t>(pc, 4));
  } else if (d.kind == CodeInfo::kFormed && family_of(d.op) == Family::kStore) {
    bool acc_address = d.form == kStoreRS || d.form == kStoreRR || d.form == kStoreRI;
    out += acc_address ? " acc" : fmt::format(" r{}", u16(2));
    out += fmt::format(" +{}", field<uint32_t>(pc, 4));
    out += d.form == kStoreSI || d.form == kStoreRI   ? fmt::format(", {}", field<int16_t>(pc, 0))
           : d.form == kStoreSR || d.form == kStoreRR ? ", acc"
                                                      : fmt::format(", r{}", u16(0));
  } else if (d.kind == CodeInfo::kIr && (d.ir == IrOp::br || d.ir == IrOp::br_back)) {
    out += fmt::format(" -> {}", static_cast<int64_t>(at) + i32(4));
  } else {
    for (unsigned byte = 0; byte < 8; byte += 2) out += fmt::format(" {}", u16(byte));
    if (units > 2) out += fmt::format(" | {:#x}", pc[2]);
  }
}

}  // namespace

std::string code_name(OpCode code) {
  CodeInfo d = code_info(code);
  const char* id = kIds[static_cast<unsigned>(d.op)];
  switch (d.kind) {
    case CodeInfo::kIr: return kIrNames[static_cast<unsigned>(d.ir)];
    case CodeInfo::kChecked: return fmt::format("{}.checked", id);
    case CodeInfo::kPair: return code_name(kPairs[d.pair].first) + "+" + code_name(pair_second(d.pair, d.form));
    case CodeInfo::kBranch:
      return fmt::format("{}{} {}.{}", d.form & 2 ? "br_unless" : "br_if", d.form & 1 ? "_back" : "", id,
                         kBinaryNames[d.form / 4]);
    case CodeInfo::kFormed: break;
  }
  switch (family_of(d.op)) {
    case Family::kBinary: return fmt::format("{}.{}>{}", id, kBinaryNames[d.form / 2], d.form & 1 ? "s" : "r");
    case Family::kUnary:
    case Family::kLoad: return fmt::format("{}.{}>{}", id, d.form / 2 ? "r" : "s", d.form & 1 ? "s" : "r");
    case Family::kStore: return fmt::format("{}.{}", id, kStoreNames[d.form]);
    default: return id;
  }
}

unsigned instruction_units(OpCode code, const Code* pc) {
  if (code == code_of(IrOp::br_table_r) || code == code_of(IrOp::br_table_s))
    return 2 + (field<uint32_t>(pc, 4) + 2) / 2;
  return unit_count(code);
}

OpCode code_of_handler(const HandlerTable& handlers, Code handler) {
  for (unsigned i = 0; i < kCodeCount; ++i)
    if (reinterpret_cast<Code>(handlers[i]) == handler) return static_cast<OpCode>(i);
  return kCodeCount;
}

std::string print(const FunctionCode& function, const HandlerTable& handlers) {
  // Handlers with the same machine code may have been folded by the linker; the first name stands for all.
  std::unordered_map<Code, OpCode> codes;
  for (unsigned i = 0; i < kCodeCount; ++i) codes.emplace(reinterpret_cast<Code>(handlers[i]), static_cast<OpCode>(i));
  std::string out;
  const Code* base = function.code.data();
  for (size_t at = 0; at < function.code.size();) {
    const Code* pc = base + at;
    auto it = codes.find(*pc);
    if (it == codes.end()) return out + fmt::format("{:4}  unknown handler\n", at);
    OpCode code = it->second;
    CodeInfo d = code_info(code);
    unsigned units = instruction_units(code, pc);
    out += fmt::format("{:4}  {}", at, code_name(code));
    if (d.kind == CodeInfo::kPair) {
      OpCode first = kPairs[d.pair].first;
      unsigned skip = unit_count(first) - 1;
      print_operands(out, first, pc, at, unit_count(first));
      out += ';';
      print_operands(out, pair_second(d.pair, d.form), pc + skip, at, units - skip);
    } else {
      print_operands(out, code, pc, at, units);
    }
    out += '\n';
    at += units;
  }
  return out;
}

}  // namespace ermine::ir
