// What becomes of a module's functions: WebAssembly text, register code and machine code, side by side. Nothing is
// run. This is what `ermine explore` shows.
//
// Lines that belong together are in one *group*. A group begins at a WebAssembly instruction for which the
// register code has one of its own; those that were folded into it (constants, locals, what drops or keeps its
// result) belong to it, too.
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
  std::vector<Line> wasm, registers, machine;
  uint32_t machine_bytes = 0;  // with what lies beside the code
  std::string note;            // why a column is empty; empty if none is
};

class Explorer {
 public:
  // Decodes and validates; `module` must stay. Errors: kMalformed, kInvalid, kUnsupported.
  static Result<std::unique_ptr<Explorer>> open(std::span<const uint8_t> module, wasm::FeatureSet features);
  virtual ~Explorer() = default;

  struct Function {
    uint32_t index;  // in the module's index space
    uint32_t wasm_bytes;
    std::string_view name;  // as the guest gives it: any bytes. Empty: it has none
  };
  // Those the module defines.
  virtual const std::vector<Function>& functions() const = 0;
  // Of one of them. Quickest in their order.
  virtual Result<FunctionListing> list(const Function& function) = 0;
  // What the machine column lacks for all functions, and why; empty if nothing.
  virtual std::string_view problem() const = 0;
};

}  // namespace ermine::explore
