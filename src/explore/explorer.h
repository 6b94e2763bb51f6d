// Lists the code of a module's functions: WebAssembly text, register code and machine code, side by side. Nothing is
// run. `ermine explore` shows this.
//
// Lines that belong together form a *group*. A group begins at a WebAssembly instruction that has register code of its
// own; instructions that were folded into it (constants, locals, instructions that drop or keep its result) belong to
// it as well.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/result.h"
#include "wasm/features.h"

namespace ermine::explore {

struct Line {
  uint32_t group;
  std::string text;
};

struct FunctionListing {
  std::vector<Line> wasm, registers, machine, optimized;
  uint32_t machine_bytes = 0;  // including the data beside the code
  std::string note, optimized_note;  // why a column is empty; empty if none is
};

// Opens what is opened at run time, for a process that will not be able to open files later: the disassembler, and the
// plug-in of the optimising tier, if they are there.
void open_libraries();

class Explorer {
 public:
  // Decodes and validates; `module` must outlive this. Errors: kMalformed, kInvalid, kUnsupported.
  static Result<std::unique_ptr<Explorer>> open(std::span<const uint8_t> module, wasm::FeatureSet features);
  virtual ~Explorer() = default;

  struct Function {
    uint32_t index;  // in the module's index space
    uint32_t wasm_bytes;
    std::string_view name;  // as in the module: any bytes. Empty: it has none
  };
  // The functions that the module defines.
  virtual const std::vector<Function>& functions() const = 0;
  // The listing of one of them. Fastest in their order; `optimizes`: takes milliseconds more.
  virtual Result<FunctionListing> list(const Function& function, bool optimizes) = 0;
  // Whether there is optimised code.
  virtual bool has_optimized_code() const = 0;
  // What is missing in the machine column of all functions, and why; empty if nothing is.
  virtual std::string_view problem() const = 0;
};

}  // namespace ermine::explore
