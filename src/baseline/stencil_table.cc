#include "baseline/stencil_table.h"

#include "baseline/machine.h"
#include "platform/cpu_features.h"

extern "C" const char ermine_stencil_file[];

namespace ermine::baseline {

const StencilTable& stencil_table() {
  static const StencilTable table = [] {
    const char* p = ermine_stencil_file;
    const auto& header = *reinterpret_cast<const StencilFile*>(p);
    StencilTable t;
    p += sizeof header;
    t.stencils = reinterpret_cast<const Stencil*>(p);
    p += sizeof(Stencil) * header.stencils;
    t.holes = reinterpret_cast<const Hole*>(p);
    p += sizeof(Hole) * header.holes;
    t.constants = reinterpret_cast<const uint8_t(*)[16]>(p);
    p += 16 * size_t{header.constants};
    t.code = reinterpret_cast<const uint8_t*>(p);
    return t;
  }();
  return table;
}

void mark_holes(uint32_t id, std::span<const uint8_t> code, uint8_t* mask) {
  const StencilTable& table = stencil_table();
  if (id >= kStencilCount || table.stencils[id].size != code.size()) return;
  const Stencil& s = table.stencils[id];
  for (unsigned i = 0; i < s.holes; ++i) {
    const Hole& h = table.holes[s.first_hole + i];
    if (h.kind != HoleKind::kNext) machine::mark_bits(h, code.data() + h.at, mask + h.at);
  }
}

bool processor_suffices() {
#if defined(__x86_64__)
  return platform::cpu_features.x86_64_v3;
#else
  return true;
#endif
}

}  // namespace ermine::baseline
