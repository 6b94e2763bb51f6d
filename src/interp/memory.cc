// Handlers of scalar loads and stores. The direct ones access a guarded memory, by the base in mem: an address beyond
// its size faults. The checked ones are for all other memories.
#include "interp/checked_address.h"
#include "interp/step.h"

namespace ermine::interp {

using namespace ir;

template <Op op>
ERMINE_HANDLER handler_load_checked(ERMINE_HANDLER_PARAMS) {
  uint8_t* p = checked_address<op>(ctx, field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8));
  if (p == nullptr) [[unlikely]]
    ERMINE_MEMORY_TRAP(field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8));
  set_slot(fp, field<uint16_t>(pc, 0), SemanticsOf<op>::call(p));
  ERMINE_NEXT(3);
}

template <Op op>
ERMINE_HANDLER handler_store_checked(ERMINE_HANDLER_PARAMS) {
  using T = typename SemanticsOf<op>::template Param<1>;
  uint8_t* p = checked_address<op>(ctx, field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8));
  if (p == nullptr) [[unlikely]]
    ERMINE_MEMORY_TRAP(field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8));
  SemanticsOf<op>::call(p, get_slot<T>(fp, field<uint16_t>(pc, 0)));
  ERMINE_NEXT(3);
}

namespace {

[[maybe_unused]] void name_handlers() {
  for_each_op([]<Op op>() {
    if constexpr (family_of(op) == Family::kLoad) {
      name_steps<code_of(op, 0, false), form_count(op)>();
      static_cast<void>(handler_load_checked<op>);
    } else if constexpr (family_of(op) == Family::kStore) {
      name_steps<store_code(op, kStoreSlotSlot), 3>();
      if constexpr (std::is_floating_point_v<typename SemanticsOf<op>::template Param<1>>)
        name_steps<store_code(op, kStoreAccAcc), 1>();
      else name_steps<store_code(op, kStoreSlotImm), 2>();
      static_cast<void>(handler_store_checked<op>);
    }
  });
}

}  // namespace

}  // namespace ermine::interp
