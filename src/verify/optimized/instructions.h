// The x86-64 instructions that optimised code may consist of, in the form that the analysis needs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "verify/optimized/state.h"

namespace ermine::verify {
class Decoder;
}

namespace ermine::verify::optimized {

struct Operand {
  enum Type : uint8_t { kNone, kRegister, kMemory, kImmediate, kVector } type = kNone;
  uint8_t reg = 0;
  uint8_t bytes = 0;
};

// base + index * scale + displacement.
struct Address {
  static constexpr uint8_t kNoRegister = 0xff, kNext = 0xfe;  // kNext: the address of the next instruction
  uint8_t base = kNoRegister, index = kNoRegister, scale = 1;
  int32_t displacement = 0;
};

enum class Op : uint8_t {
  kBad,  // not an instruction that code may have
  kMove,
  kMoveZero,
  kMoveSign,
  kAddress,
  kAdd,
  kSubtract,
  kAnd,
  kOr,
  kXor,
  kShiftLeft,
  kShiftRight,
  kShiftSigned,
  kMultiply,  // the second operand by a constant that is not negative, or by the first
  kBorrow,  // of itself or a constant
  kLess,  // a result that is not greater than the first operand: a register shifted right by another
  kDivide,  // without a sign
  kExtract,  // bits of the second operand, as the third, a register, says
  kCount,  // bits of the second operand
  kCompare,
  kTest,
  kIncrement,
  kDecrement,
  kSelect,
  kSet,
  kExchange,
  kPush,
  kPop,
  kJump,
  kBranch,
  kCall,
  kReturn,
  kNothing,
  kTrap,
  kCompute,  // writes anything to `written`; reads or writes memory as `reads`, `writes` say
};

struct Instruction {
  Op op = Op::kBad;
  uint8_t size = 0;  // bytes of code
  uint8_t condition = 0;  // of kBranch, kSelect, kSet
  bool keeps_flags = false;  // kCompute
  bool reads = false, writes = false;  // kCompute: its memory operand
  std::array<Operand, 3> operands{};
  Address address{};  // of the operand in memory
  int64_t immediate = 0;  // or the target of a jump, as an offset in the code
  // kCompute: the general registers that it writes, and whether the upper half becomes zero.
  struct Written {
    uint8_t reg, bytes;
  };
  std::array<Written, 3> written{};
  uint8_t written_count = 0;
};

// Decodes the code of one function, each instruction once.
class Instructions {
 public:
  explicit Instructions(std::span<const uint8_t> code);
  ~Instructions();
  // Null if there is none that is known. Valid until the next call.
  const Instruction* at(uint32_t offset);
  size_t count() const { return all_.size(); }

 private:
  const std::span<const uint8_t> code_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<uint32_t> places_;  // 1 + index in `all_`, by offset
  std::vector<Instruction> all_;
};

}  // namespace ermine::verify::optimized
