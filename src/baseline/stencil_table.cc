#include "baseline/stencil_table.h"

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

bool processor_suffices() {
#if defined(__x86_64__)
  return platform::cpu_features.x86_64_v3;
#else
  return true;
#endif
}

}  // namespace ermine::baseline
