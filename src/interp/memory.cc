// Handlers of scalar loads and stores. The direct ones access memory 0 in its guarded reservation: an
// address beyond its size faults. The checked ones serve every other memory.
#include "interp/checked_address.h"
#include "interp/handler.h"
#include "interp/semantics_of.h"

namespace ermine::interp {

namespace {

using namespace ir;

template <Op op, From address_from, bool to_slot>
ERMINE_HANDLER handler_load(ERMINE_HANDLER_PARAMS) {
  uint64_t address = address_from == From::kAcc ? r0 : fp[field<uint16_t>(pc, 2)];
  typename SemanticsOf<op>::Result value = SemanticsOf<op>::call(mem + address + field<uint32_t>(pc, 4));
  ERMINE_FAULT_BARRIER();
  if constexpr (to_slot) set_slot(fp, field<uint16_t>(pc, 0), value);
  set_acc(value, r0, s0, d0);
  ERMINE_NEXT(2);
}

template <Op op, From address_from, From value_from>
ERMINE_HANDLER handler_store(ERMINE_HANDLER_PARAMS) {
  using T = typename SemanticsOf<op>::template Param<1>;
  uint64_t address = address_from == From::kAcc ? r0 : fp[field<uint16_t>(pc, 2)];
  T value;
  if constexpr (value_from == From::kImm) value = static_cast<T>(static_cast<int64_t>(field<int16_t>(pc, 0)));
  else if constexpr (value_from == From::kAcc) value = get_acc<T>(r0, s0, d0);
  else value = get_slot<T>(fp, field<uint16_t>(pc, 0));
  SemanticsOf<op>::call(mem + address + field<uint32_t>(pc, 4), value);
  ERMINE_FAULT_BARRIER();
  ERMINE_NEXT(2);
}

template <Op op>
ERMINE_HANDLER handler_load_checked(ERMINE_HANDLER_PARAMS) {
  uint8_t* p = checked_address(ctx, field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8),
                               access_size(op));
  if (p == nullptr) [[unlikely]] ERMINE_TRAP(TrapCode::kMemoryOutOfBounds);
  set_slot(fp, field<uint16_t>(pc, 0), SemanticsOf<op>::call(p));
  ERMINE_NEXT(3);
}

template <Op op>
ERMINE_HANDLER handler_store_checked(ERMINE_HANDLER_PARAMS) {
  using T = typename SemanticsOf<op>::template Param<1>;
  uint8_t* p = checked_address(ctx, field<uint32_t>(pc, 4), fp[field<uint16_t>(pc, 2)], field<uint64_t>(pc, 8),
                               access_size(op));
  if (p == nullptr) [[unlikely]] ERMINE_TRAP(TrapCode::kMemoryOutOfBounds);
  SemanticsOf<op>::call(p, get_slot<T>(fp, field<uint16_t>(pc, 0)));
  ERMINE_NEXT(3);
}

template <Op op>
void fill_op(HandlerTable& t) {
  using enum From;
  if constexpr (family_of(op) == Family::kLoad) {
    t[code_of(op, kS, false)] = address_of(handler_load<op, kSlot, false>);
    t[code_of(op, kS, true)] = address_of(handler_load<op, kSlot, true>);
    t[code_of(op, kR, false)] = address_of(handler_load<op, kAcc, false>);
    t[code_of(op, kR, true)] = address_of(handler_load<op, kAcc, true>);
    t[checked_code(op)] = address_of(handler_load_checked<op>);
  } else if constexpr (family_of(op) == Family::kStore) {
    t[store_code(op, kStoreSS)] = address_of(handler_store<op, kSlot, kSlot>);
    t[store_code(op, kStoreSR)] = address_of(handler_store<op, kSlot, kAcc>);
    t[store_code(op, kStoreRS)] = address_of(handler_store<op, kAcc, kSlot>);
    if constexpr (std::is_floating_point_v<typename SemanticsOf<op>::template Param<1>>) {
      t[store_code(op, kStoreRR)] = address_of(handler_store<op, kAcc, kAcc>);
    } else {
      t[store_code(op, kStoreSI)] = address_of(handler_store<op, kSlot, kImm>);
      t[store_code(op, kStoreRI)] = address_of(handler_store<op, kAcc, kImm>);
    }
    t[checked_code(op)] = address_of(handler_store_checked<op>);
  }
}

}  // namespace

void fill_memory(HandlerTable& table) { for_each_op([&]<Op op>() { fill_op<op>(table); }); }

}  // namespace ermine::interp
