// The signature column of the instruction table in the form that the validator uses: a shape, which selects the code,
// and the types as one-byte kinds.
#pragma once

#include <array>
#include <cstdint>

#include "wasm/opcodes.h"
#include "wasm/types.h"

namespace ermine::binary {

enum class Shape : uint8_t {
  kOwnRule,  // "*"
  kNone,     // ":"
  kConst,    // ":x"
  kUnary,    // "x:y"
  kBinary,   // "xy:z"
  kLoad,     // "a:x"
  kStore,    // "ax:"
  kGeneral,  // all else
};

// The address type of the memory that the instruction names.
inline constexpr uint8_t kAddressKind = 0xFF;

struct Signature {
  Shape shape = Shape::kOwnRule;
  uint8_t param_count = 0;
  uint8_t result_count = 0;
  uint8_t params[4] = {};
  uint8_t results[2] = {};
};

constexpr uint8_t kind_of_letter(char letter) {
  switch (letter) {
    case 'i': return static_cast<uint8_t>(wasm::ValKind::kI32);
    case 'l': return static_cast<uint8_t>(wasm::ValKind::kI64);
    case 'f': return static_cast<uint8_t>(wasm::ValKind::kF32);
    case 'd': return static_cast<uint8_t>(wasm::ValKind::kF64);
    case 'v': return static_cast<uint8_t>(wasm::ValKind::kV128);
    case 'a': return kAddressKind;
    default: __builtin_trap();  // not a letter of the table: no constant expression
  }
}

constexpr Signature signature_of(const wasm::OpInfo& info) {
  Signature s;
  if (info.sig() == "*") return s;
  bool results = false;
  for (char c : info.sig()) {
    if (c == ':') results = true;
    else if (results) s.results[s.result_count++] = kind_of_letter(c);
    else s.params[s.param_count++] = kind_of_letter(c);
  }
  constexpr auto kV128 = static_cast<uint8_t>(wasm::ValKind::kV128);
  const bool has_vector = s.params[0] == kV128 || s.params[1] == kV128 || s.results[0] == kV128;
  const bool has_address = s.params[0] == kAddressKind;
  const bool memory = info.imm == wasm::Imm::MemArg && has_address;
  if (memory && s.param_count == 1 && s.result_count == 1) s.shape = Shape::kLoad;
  else if (memory && s.param_count == 2 && s.result_count == 0) s.shape = Shape::kStore;
  else if (has_vector || has_address || s.param_count > 2 || s.result_count > 1) s.shape = Shape::kGeneral;
  else if (s.result_count == 0) s.shape = s.param_count == 0 ? Shape::kNone : Shape::kGeneral;
  else if (s.param_count == 0) s.shape = Shape::kConst;
  else s.shape = s.param_count == 1 ? Shape::kUnary : Shape::kBinary;
  return s;
}

constexpr std::array<Signature, wasm::kOpCount> all_signatures() {
  std::array<Signature, wasm::kOpCount> table{};
  for (unsigned i = 0; i < wasm::kOpCount; ++i) table[i] = signature_of(wasm::kOpInfos[i]);
  return table;
}

inline constexpr std::array<Signature, wasm::kOpCount> kSignatures = all_signatures();

}  // namespace ermine::binary
