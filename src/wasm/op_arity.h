// The number of operands and results of instructions, from the signature column of opcodes.def. Instructions for which
// it depends on types, labels or immediates have none here.
#pragma once

#include <array>
#include <string_view>

#include "wasm/opcodes.h"

namespace ermine::wasm {

struct FixedArity {
  bool is_fixed = false;
  uint8_t pops = 0, pushes = 0;
};

constexpr FixedArity arity_of_signature(std::string_view sig) {
  if (sig == "*") return {};
  if (sig.starts_with('*')) return {true, static_cast<uint8_t>(sig[1] - '0'), static_cast<uint8_t>(sig[3] - '0')};
  if (sig.empty()) return {true, 0, 0};
  const size_t colon = sig.find(':');
  return {true, static_cast<uint8_t>(colon), static_cast<uint8_t>(sig.size() - colon - 1)};
}

inline constexpr std::array<FixedArity, kOpCount> kFixedArities = {
#define OP(id, text, code, imm, width, sig, feature, flags) arity_of_signature(sig),
#include "wasm/opcodes.def"
};

}  // namespace ermine::wasm
