// What each code stands for, worked out by the C++ compiler.
#include "ir/op_forms.h"

namespace ermine::ir {

namespace {

constexpr auto kInfos = [] {
  std::array<CodeInfo, kCodeCount> infos{};
  for (unsigned code = 0; code < kCodeCount; ++code) infos[code] = code_info(static_cast<OpCode>(code));
  return infos;
}();

}  // namespace

const CodeInfo& info_of(OpCode code) { return kInfos[code]; }

}  // namespace ermine::ir
