// Which memory the loads and stores of a function's machine code access: the base of one memory is in a register, and
// IrOp::use_memory replaces it. A memory is named by the place of its base in the context, as that instruction names it
// (runtime/offsets.h: memory_base); 0 is memory 0.
//
// The register code accesses memory 0 at every label, and changes memories only between labels (ir/translator.h). So
// the memory of an instruction follows from the last use_memory before it. The machine code may have labels of its own
// in between: all code that jumps to one must access the same memory.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "ir/function_code.h"
#include "wasm/module.h"

namespace ermine::verify {

class AccessedMemory {
 public:
  // `use_memory`: the handler of that instruction.
  AccessedMemory(const wasm::Module& module, const ir::FunctionCode& function, uint64_t use_memory, size_t labels);

  // The memory of an instruction's accesses, by its index.
  uint32_t of(uint32_t at) const { return uses_.empty() ? 0 : last_before(at); }
  // Whether accesses to it need no check.
  bool is_guarded(uint32_t memory) const { return memory == 0 ? is_memory0_guarded_ : guarded_; }
  // Whether the context has the base of a guarded memory at this offset, or of memory 0.
  bool is_base(uint64_t offset) const;

  // Code that accesses `memory` continues at a label. False: other code there accesses another one.
  bool arrive(size_t label, uint32_t memory) {
    if (labels_[label] == kUnknown) labels_[label] = memory;
    return labels_[label] == memory;
  }
  // At a label, after all jumps forwards to it.
  uint32_t at_label(size_t label) {
    arrive(label, labels_[label] == kUnknown ? 0 : labels_[label]);
    return labels_[label];
  }
  // Two ways on that access different memories: nothing can be accessed.
  static constexpr uint32_t kMixed = ~uint32_t{1};

 private:
  static constexpr uint32_t kUnknown = ~uint32_t{0};
  uint32_t last_before(uint32_t at) const;

  const wasm::Module& module_;
  const bool guarded_;
  bool is_memory0_guarded_ = false;
  std::vector<std::pair<uint32_t, uint32_t>> uses_;  // the instructions use_memory: index and operand
  std::vector<uint32_t> labels_;
};

}  // namespace ermine::verify
