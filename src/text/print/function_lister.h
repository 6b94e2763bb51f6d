// Single functions of a module as text, line by line with offsets, for tools that show them beside other code.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ermine/result.h"

namespace ermine::text {

class FunctionLister {
 public:
  struct Line {
    uint32_t offset;  // in the module, of the instruction (or the entry of the code section) on this line
    std::string text;
  };

  // `module` must outlive this object. Errors: kMalformed.
  static Result<std::unique_ptr<FunctionLister>> open(std::span<const uint8_t> module);
  virtual ~FunctionLister() = default;
  // A defined function, whose body is at [offset, offset + size). Fastest in the order of their indices.
  virtual Result<std::vector<Line>> list(uint32_t func_index, uint32_t offset, uint32_t size) = 0;
};

}  // namespace ermine::text
