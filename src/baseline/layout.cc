#include "baseline/layout.h"

#include <algorithm>

#include "baseline/stencil_table.h"

namespace ermine::baseline {

using StackDepth = tiering::CodeLayout::StackDepth;

namespace {

#if defined(__x86_64__)
// A push (0x50) or pop (0x58) of a register at `p`: its length, otherwise 0.
unsigned pushes_or_pops(const uint8_t* p, uint8_t opcode) {
  if ((p[0] & 0xf8) == opcode) return 1;
  return p[0] == 0x41 && (p[1] & 0xf8) == opcode ? 2 : 0;
}

// The stack around the call in the stencil of calls, and the bytes by which it is recognised.
struct CallShape {
  std::vector<StackDepth> depths;
  std::span<const uint8_t> head;
};

CallShape call_shape(ControlStencil call) {
  const StencilTable& table = stencil_table();
  const Stencil& stencil = table.stencils[control_id(call)];
  const uint8_t* code = table.code + stencil.code;
  CallShape shape;
  uint32_t at = 0, bytes = 0;
  while (const unsigned n = pushes_or_pops(code + at, 0x50)) shape.depths.push_back({at += n, bytes += 8});
  unsigned first = stencil.size, after_call = stencil.size;
  for (unsigned i = 0; i < stencil.holes; ++i) {
    const Hole& h = table.holes[stencil.first_hole + i];
    first = std::min<unsigned>(first, h.at);
    // The call's own operand is the last of these.
    if (h.kind == HoleKind::kCallTable || h.kind == HoleKind::kCount || h.kind == HoleKind::kPool)
      after_call = h.at + 4u;
  }
  // It ends with as many pops as there were pushes; a call through a register comes a little later.
  const unsigned pushes = static_cast<unsigned>(shape.depths.size());
  for (at = after_call; at < stencil.size; ++at) {
    std::vector<StackDepth> pops;
    uint32_t end = at, left = bytes;
    while (pops.size() < pushes && end < stencil.size) {
      const unsigned n = pushes_or_pops(code + end, 0x58);
      if (n == 0) break;
      pops.push_back({end += n, left -= 8});
    }
    if (pops.size() < pushes) continue;
    shape.depths.insert(shape.depths.end(), pops.begin(), pops.end());
    break;
  }
  shape.head = {code, first};
  return shape;
}

// The same for the stencil that calls imported functions: one word is pushed, then two more for the host, whose way
// ends in a jump, or none for another instance (STENCIL_CALL_IMPORT).
CallShape import_shape() {
  const StencilTable& table = stencil_table();
  const Stencil& stencil = table.stencils[control_id(ControlStencil::kCallImport)];
  const std::span<const uint8_t> code(table.code + stencil.code, stencil.size);
  auto behind = [code](std::initializer_list<uint8_t> bytes) {
    const auto found = std::ranges::search(code, bytes);
    return static_cast<uint32_t>(found.end() - code.begin());
  };
  const uint32_t host_pushes = behind({0x41, 0x56, 0x50}), host_pops = behind({0xff, 0xd0, 0x59, 0x59, 0x59});
  const uint32_t pop = behind({0x41, 0xff, 0x14, 0x24, 0x41, 0x5e});
  const std::span holes(table.holes + stencil.first_hole, stencil.holes);
  const uint32_t host_ends = std::ranges::find(holes, HoleKind::kNext, &Hole::kind)->at + 4u;
  CallShape shape;
  shape.head = code.first(holes.front().at);
  shape.depths = {{2, 8},         {host_pushes - 1, 16}, {host_pushes, 24}, {host_pops - 2, 16}, {host_pops - 1, 8},
                  {host_pops, 0}, {host_ends, 8},        {pop, 0}};
  return shape;
}

// The call stencil that an operation becomes; null: none.
const CallShape* shape_of_call(OpCode code) {
  static const CallShape call = call_shape(ControlStencil::kCall), ref = call_shape(ControlStencil::kCallRef),
                         import = import_shape();
  if (ir_info(code).kind != CodeInfo::kIr) return nullptr;
  switch (ir_info(code).ir()) {
    case IrOp::call: return &call;
    case IrOp::call_indirect_s:
    case IrOp::call_indirect_r:
    case IrOp::call_ref: return &ref;
    case IrOp::call_import: return &import;
    default: return nullptr;
  }
}
#endif

}  // namespace

std::vector<StackDepth> stack_depths(std::span<const uint8_t> machine_code, const ir::FunctionCode& code,
                                     const HandlerIndex& codes,
                                     std::span<const tiering::CodeLayout::Position> positions) {
  std::vector<StackDepth> depths;
#if defined(__x86_64__)
  for (size_t i = 0; i < positions.size(); ++i) {
    const CallShape* shape = shape_of_call(codes.code(code.code[positions[i].index]));
    if (shape == nullptr) continue;
    // Code that stores registers may precede it.
    const size_t end = i + 1 < positions.size() ? positions[i + 1].offset : machine_code.size();
    const auto range = machine_code.subspan(positions[i].offset, end - positions[i].offset);
    const auto found = std::search(range.begin(), range.end(), shape->head.begin(), shape->head.end());
    if (found == range.end()) continue;
    const auto at = positions[i].offset + static_cast<uint32_t>(found - range.begin());
    for (const StackDepth& d : shape->depths) depths.push_back({at + d.offset, d.bytes});
  }
#else
  // On other processors the return address of a frame is elsewhere.
  (void)machine_code, (void)code, (void)codes, (void)positions;
#endif
  return depths;
}

}  // namespace ermine::baseline
