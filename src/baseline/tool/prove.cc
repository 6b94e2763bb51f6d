#include "baseline/tool/prove.h"

#include <cstdio>
#include <cstdlib>

#include "verify/analysis.h"
#include "verify/capstone.h"

namespace ermine::baseline {

namespace {

// Whether the instruction is correct for all values of a constant operand.
std::string constant_problem(const verify::Constant& c, Marker marker, Change change) {
  if (c.is_displacement) return "a constant operand is part of an address";
  switch (marker) {
    case Marker::kShift32:
    case Marker::kShift64:
    case Marker::kNone: return {};
    case Marker::kImm32:
    case Marker::kNeg32:
      // Of either sign: 64 bits would be sign-extended.
      return c.operand > 4 ? "a 32-bit constant is sign-extended to 64 bits" : "";
    case Marker::kImm:
    case Marker::kNeg: {
      // A constant that is not negative is the same with zero extension and sign extension.
      if (change == Change::kLow16) return {};  // of which 16 bits are stored
      const bool changes_sign = change == Change::kNegated || change == Change::kInverted;
      const bool negative = (marker == Marker::kNeg) != changes_sign;
      return negative && c.operand == 4 && !c.stores ? "a negative 64-bit constant is in a 32-bit instruction" : "";
    }
  }
  return {};
}

}  // namespace

std::string prove(const Target& target, const Body& body, Marker marker, uint32_t result) {
  const verify::Machine& machine = target.machine == kX86_64.machine ? verify::kX86_64 : verify::kAArch64;
  if (!verify::capstone_problem().empty()) return std::string(verify::capstone_problem());
  static verify::Decoder x86(verify::kX86_64.capstone_arch, verify::kX86_64.capstone_mode);
  static verify::Decoder arm(verify::kAArch64.capstone_arch, verify::kAArch64.capstone_mode);
  verify::Decoder& decoder = &machine == &verify::kX86_64 ? x86 : arm;

  // Two copies with space after them, because fields are read as words.
  std::vector<uint8_t> code = body.code, mask(body.code.size() + 16);
  code.resize(code.size() + 16);
  const size_t size = body.code.size();
  for (const Hole& h : body.holes) {
    if (h.kind == HoleKind::kNext) target.put_next(&code[h.at], h.patch(), static_cast<int64_t>(size) - h.at);
    else target.mark_bits(h, &code[h.at], &mask[h.at]);
  }
  // Names an instruction.
  auto at = [&](unsigned offset) {
    if (std::getenv("VERBOSE") != nullptr) {
      for (size_t i = 0; i < size;) {
        const cs_insn* in = decoder.decode(code.data() + i, size - i, i);
        if (in == nullptr) break;
        std::fprintf(stderr, "  %3zu  %s %s\n", i, in->mnemonic, in->op_str);
        i += in->size;
      }
    }
    std::string text = "at offset " + std::to_string(offset);
    if (const cs_insn* in = decoder.decode(code.data() + offset, size - offset, offset); offset < size && in != nullptr)
      text.append(", ").append(in->mnemonic).append(" ").append(in->op_str);
    return text + ": ";
  };
  verify::Facts facts;
  std::vector<verify::Constant> constants;
  machine.decode(decoder, {code.data(), size}, mask.data(), facts, &constants);
  if (!facts.refusal.empty()) return at(facts.refused_at) + facts.refusal;

  for (const Hole& h : body.holes) {
    if (h.kind != HoleKind::kImm) continue;
    const verify::Constant* found = nullptr;
    for (const verify::Constant& c : constants)
      if (c.field == h.at) found = &c;
    if (found == nullptr) return at(h.at) + "a hole that is not a constant of an instruction";
    if (const std::string problem = constant_problem(*found, marker, h.change()); !problem.empty())
      return at(found->at) + problem;
  }

  // For any constant in a shift's holes.
  auto always_narrow = [&](const verify::Exit::Maybe& m) {
    if (marker != Marker::kShift32) return false;
    for (int64_t by = 0; by < 32; ++by) {
      std::vector<uint8_t> filled = code;
      for (const Hole& h : body.holes)
        if (h.kind == HoleKind::kImm) target.put_constant(&filled[h.at], h, by);
      if (!verify::bit_field_is_narrow(m.immr.value(filled.data(), 0), m.imms.value(filled.data(), 0))) return false;
    }
    return true;
  };
  // 0, or the ordinal + 1.
  const unsigned location = result & kResultLocation;
  auto result_register = [&] {
    const auto l = static_cast<Location>(location - 1);
    return l == kAcc ? target.acc_register : target.pin_registers[register_of(l)];
  };
  uint32_t values = 1u << target.acc_register;
  for (unsigned pin = 0; pin < kPinned; ++pin) values |= 1u << target.pin_registers[pin];
  if (values != machine.values) return "the verifier has other registers for the guest's numbers than the compiler";
  for (const verify::Exit& exit : facts.exits) {
    if (exit.kind != verify::Exit::kNext && exit.kind != verify::Exit::kJump) continue;
    if (facts.calls) continue;
    for (unsigned pin = 0; pin < kPinned; ++pin) {
      const unsigned r = target.pin_registers[pin];
      if (location == 1 + ordinal(in_register(pin))) continue;
      if (exit.from[r] != r + 1) return at(exit.at) + "changes a pinned register other than its result";
    }
    if (exit.kind == verify::Exit::kNext && (result & kNarrowResult) && !(exit.narrow >> result_register() & 1)) {
      bool narrow = false;
      for (const auto& m : exit.maybe_narrow) narrow |= m.reg == result_register() && always_narrow(m);
      if (!narrow) return at(exit.at) + "leaves a 32-bit result with an upper half that is not known to be zero";
    }
    if (location != 1 + ordinal(kAcc) && exit.kind == verify::Exit::kNext &&
        exit.from[target.acc_register] != target.acc_register + 1)
      return at(exit.at) + "changes the accumulator, which is not its result";
  }
  bool stores_wide = facts.stores_wide;
  for (const auto& m : facts.maybe_stores_wide) stores_wide |= !always_narrow(m);
  if ((result & kNarrowSlot) && stores_wide)
    return at(facts.wide_at) + "stores a 32-bit value with an upper half that is not known to be zero";
  return {};
}

}  // namespace ermine::baseline
