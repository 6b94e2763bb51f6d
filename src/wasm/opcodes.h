// wasm::Op, and the columns of the instruction table. See opcodes.def.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wasm/features.h"

namespace ermine::wasm {

// Kinds of immediates; see immediates.def.
enum class Imm : uint8_t {
#define IMM(id, layout) id,
#include "wasm/immediates.def"
};

enum class Op : uint16_t {
#define OP(id, ...) id,
#include "wasm/opcodes.def"
};

inline constexpr unsigned kOpCount = 0
#define OP(...) +1
#include "wasm/opcodes.def"
    ;

enum OpFlags : uint8_t { kMayTrap = 1, kTerminator = 2, kLoad = 4, kStore = 8, kAllocates = 16 };

// Without pointers, so that the table needs no relocations.
struct OpInfo {
  uint32_t code;  // opcode byte, or prefix << 16 | sub-opcode
  uint16_t text_at;
  uint8_t text_size, sig_size;
  char letters[8];
  Imm imm;
  uint8_t width;
  Feature feature;
  uint8_t flags;

  constexpr std::string_view text() const;
  constexpr std::string_view sig() const { return {letters, sig_size}; }  // "params:results" or "*"
};

namespace detail {
inline constexpr char kOpTexts[] =
#define OP(id, text, ...) text
#include "wasm/opcodes.def"
    ;

constexpr std::array<OpInfo, kOpCount> make_op_infos() {
  std::array<OpInfo, kOpCount> infos{};
  unsigned op = 0;
  uint16_t text_at = 0;
  auto add = [&](std::string_view text, uint32_t code, Imm imm, uint8_t width, std::string_view sig, Feature feature,
                 uint8_t flags) {
    OpInfo& info = infos[op++];
    if (sig.starts_with('*')) sig = sig.substr(0, 1);  // op_arity.h has the rest
    info = {code,    text_at, static_cast<uint8_t>(text.size()), static_cast<uint8_t>(sig.size()), {}, imm, width,
            feature, flags};
    for (size_t i = 0; i < sig.size(); ++i) info.letters[i] = sig[i];
    text_at = static_cast<uint16_t>(text_at + text.size());
  };
#define OP(id, text, code, imm, width, sig, feature, flags) \
  add(text, code, Imm::imm, width, sig, Feature::feature, flags);
#include "wasm/opcodes.def"
  return infos;
}
}  // namespace detail

inline constexpr std::array<OpInfo, kOpCount> kOpInfos = detail::make_op_infos();

constexpr std::string_view OpInfo::text() const { return {detail::kOpTexts + text_at, text_size}; }

constexpr const OpInfo& op_info(Op op) { return kOpInfos[static_cast<unsigned>(op)]; }

// Whether an end (or delegate) belongs to it: those with a block type.
constexpr bool opens_block(Op op) {
  const Imm imm = op_info(op).imm;
  return imm == Imm::BlockType || imm == Imm::TryTable;
}

}  // namespace ermine::wasm
