// Compare-and-branch, and br_table.
#include "base/speculation.h"
#include "baseline/stencils/numeric.h"

namespace ermine::baseline {

namespace {

// The index of the label, or the number of labels for the default; the stencil's record is the table of distances.
template <Location l>
STENCIL table(STENCIL_PARAMS) {
  State s{{l0, l1, l2, l3, l4, l5}, fp, ctx, mem, r0, s0, d0, {f0, f1, f2, f3, f4, f5}};
  const uint64_t index = base::clamp_index(read<uint32_t, l, HoleKind::kSlotA>(s), count());
  const char* distances = record_address();
  int32_t distance;
  std::memcpy(&distance, distances + index * 4, 4);
  auto target = reinterpret_cast<Target>(const_cast<char*>(distances + distance));
  STENCIL_FREE(free);
  [[clang::musttail]] return target(STENCIL_ARGS);
}

struct TableStencils {
  static constexpr unsigned kCount = kLocations;
  template <unsigned i>
  static consteval Entry at() {
    constexpr auto l = static_cast<Location>(i);
    return {{.stencil = table<l>}, nullptr, group_id(StencilGroup::kTable, l)};
  }
};

STENCIL_LIST kBranches = list_instructions<BranchStencils>();
STENCIL_LIST kTables = list_groups<TableStencils>();

}  // namespace
}  // namespace ermine::baseline
