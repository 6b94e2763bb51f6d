#include "baseline/layout.h"

#include <algorithm>

#include "baseline/stencil_table.h"

namespace ermine::baseline {

using StackDepth = ir::NativeLayout::StackDepth;

namespace {

#if defined(__x86_64__)
// A push (0x50) or pop (0x58) of a register at `p`: its length, else 0.
unsigned pushes_or_pops(const uint8_t* p, uint8_t opcode) {
  if ((p[0] & 0xf8) == opcode) return 1;
  return p[0] == 0x41 && (p[1] & 0xf8) == opcode ? 2 : 0;
}

// The stack around the call in the stencil of calls, and the bytes by which it is recognised.
struct CallShape {
  std::vector<StackDepth> depths;
  std::span<const uint8_t> head;
};

CallShape call_shape() {
  const StencilTable& table = stencil_table();
  const Stencil& stencil = table.stencils[rest_id(Rest::kCall)];
  const uint8_t* code = table.code + stencil.code;
  CallShape shape;
  uint32_t at = 0, bytes = 0;
  while (const unsigned n = pushes_or_pops(code + at, 0x50)) shape.depths.push_back({at += n, bytes += 8});
  unsigned first = stencil.size, after_call = stencil.size;
  for (unsigned i = 0; i < stencil.holes; ++i) {
    const Hole& h = table.holes[stencil.first_hole + i];
    first = std::min<unsigned>(first, h.at);
    if (h.kind == HoleKind::kCallTable) after_call = h.at + 4u;
  }
  at = after_call;
  while (at < stencil.size && bytes != 0) {
    const unsigned n = pushes_or_pops(code + at, 0x58);
    if (n == 0) break;
    shape.depths.push_back({at += n, bytes -= 8});
  }
  shape.head = {code, first};
  return shape;
}
#endif

}  // namespace

std::vector<StackDepth> stack_depths(std::span<const uint8_t> machine_code, const ir::FunctionCode& code,
                                     const HandlerIndex& codes, std::span<const ir::NativeLayout::Position> positions) {
  std::vector<StackDepth> depths;
#if defined(__x86_64__)
  static const CallShape shape = call_shape();
  for (size_t i = 0; i < positions.size(); ++i) {
    if (codes.code(code.code[positions[i].index]) != ir::code_of(IrOp::call)) continue;
    // What is in registers may be stored in front of it.
    const size_t end = i + 1 < positions.size() ? positions[i + 1].offset : machine_code.size();
    const auto range = machine_code.subspan(positions[i].offset, end - positions[i].offset);
    const auto found = std::search(range.begin(), range.end(), shape.head.begin(), shape.head.end());
    if (found == range.end()) continue;
    const auto at = positions[i].offset + static_cast<uint32_t>(found - range.begin());
    for (const StackDepth& d : shape.depths) depths.push_back({at + d.offset, d.bytes});
  }
#else
  // A frame's return address is kept otherwise there.
  (void)machine_code, (void)code, (void)codes, (void)positions;
#endif
  return depths;
}

}  // namespace ermine::baseline
