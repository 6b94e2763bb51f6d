// wasm::Op and what the instruction table says of each instruction. See opcodes.def.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "wasm/features.h"

namespace ermine::wasm {

// Kinds of immediates, in the order of the binary format.
enum class Imm : uint8_t {
  None,
  BlockType,
  Label,
  LabelTable,
  Func,
  TypeTable,
  Type,
  Tag,
  TryTable,
  SelectTypes,
  Local,
  Global,
  Table,
  MemArg,
  MemArgLane,
  Memory,
  I32,
  I64,
  F32,
  F64,
  V128,
  Shuffle,
  Lane,
  HeapType,
  TypeField,
  TypeCount,
  TypeData,
  TypeElem,
  TypeType,
  BrOnCast,
  DataMemory,
  Data,
  MemoryMemory,
  ElemTable,
  Elem,
  TableTable,
  Fence,
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

struct OpInfo {
  std::string_view text;
  uint32_t code;  // opcode byte, or prefix << 16 | sub-opcode
  Imm imm;
  uint8_t width;
  Feature feature;
  uint8_t flags;
  std::string_view sig;  // "params:results" or "*"
};

inline constexpr std::array<OpInfo, kOpCount> kOpInfos = {{
#define OP(id, text, code, imm, width, sig, feature, flags) \
  OpInfo{text, code, Imm::imm, width, Feature::feature, flags, sig},
#include "wasm/opcodes.def"
}};

constexpr const OpInfo& op_info(Op op) { return kOpInfos[static_cast<unsigned>(op)]; }

}  // namespace ermine::wasm
