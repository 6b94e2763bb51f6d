// Val, and whether a value fits a type.

#include <cmath>

#include "api/convert.h"
#include "base/format.h"
#include "runtime/gc/ops.h"

namespace ermine {

Val::Val(const Func& f) : type_(ValType::funcref()) {
  bits_[0] = reinterpret_cast<uintptr_t>(f.impl());
  bits_[1] = reinterpret_cast<uintptr_t>(f.store_impl());
}

Val Val::default_of(ValType type) {
  Val v;
  v.type_ = type;
  return v;
}

Val Val::from_f32_bits(uint32_t bits) {
  Val v;
  v.type_ = ValType::f32();
  v.bits_[0] = bits;
  return v;
}

Val Val::from_f64_bits(uint64_t bits) {
  Val v;
  v.type_ = ValType::f64();
  v.bits_[0] = bits;
  return v;
}

Func Val::func() const {
  return Func(reinterpret_cast<runtime::Store*>(bits_[1]), reinterpret_cast<runtime::FuncRef*>(bits_[0]));
}

namespace {
bool is_func_hierarchy(wasm::ValType t, const wasm::TypeRegistry& registry) {
  return registry.top(t.heap()) == wasm::HeapType(wasm::HeapType::kFunc);
}
}  // namespace

void Val::to_slots(uint64_t* slots) const {
  if (ref_) {
    slots[0] = detail::root_slot(ref_.root());
    return;
  }
  slots[0] = bits_[0];
  if (type_.slots() == 2) slots[1] = bits_[1];
}

Val Val::from_slots(runtime::Store* store, ValType type, const uint64_t* slots) {
  Val v;
  v.type_ = type;
  if (!type.is_ref()) {
    v.bits_[0] = slots[0];
    if (type.slots() == 2) v.bits_[1] = slots[1];
  } else if (is_func_hierarchy(api::to_wasm(type), store->registry())) {
    v.bits_[0] = slots[0];
    v.bits_[1] = reinterpret_cast<uintptr_t>(store);
  } else {
    v.ref_ = Ref::adopt(detail::make_root(store, slots[0]));
  }
  return v;
}

namespace {
template <class T>
std::string float_text(std::string_view type, T v, uint64_t bits, unsigned mantissa_bits) {
  if (!std::isnan(v)) return base::format("{}:{}", type, base::shortest(v));
  return base::format("{}:{}nan:0x{:x}", type, std::signbit(v) ? "-" : "", bits & ((uint64_t{1} << mantissa_bits) - 1));
}
}  // namespace

std::string Val::to_string() const {
  switch (kind()) {
    case ValKind::kI32: return base::format("i32:{}", i32());
    case ValKind::kI64: return base::format("i64:{}", i64());
    case ValKind::kF32: return float_text("f32", f32(), bits_[0], 23);
    case ValKind::kF64: return float_text("f64", f64(), bits_[0], 52);
    case ValKind::kV128: return base::format("v128:0x{:016x}{:016x}", bits_[1], bits_[0]);
    case ValKind::kRef: return is_null() ? base::format("{}:null", type_.to_string()) : type_.to_string();
  }
  return "nothing";
}

namespace api {

static Result<void> check_reference(runtime::Store* store, const Val& value, wasm::ValType type, std::string_view what,
                                    size_t number);

static std::string place(std::string_view what, size_t number) {
  return number == 0 ? std::string(what) : base::format("{} {}", what, number);
}

static Error mismatch(const Val& value, wasm::ValType type, std::string_view what, size_t number) {
  return Error(ErrorKind::kUsage, base::format("{}: expected {}, found {}", place(what, number),
                                               to_public(type).to_string(), value.to_string()));
}

Result<void> check_value(runtime::Store* store, const Val& value, wasm::ValType type, std::string_view what,
                         size_t number) {
  if (type.is_ref()) return check_reference(store, value, type, what, number);
  if (value.type() != to_public(type)) return mismatch(value, type, what, number);
  return {};
}

static Result<void> check_reference(runtime::Store* store, const Val& value, wasm::ValType type, std::string_view what,
                                    size_t number) {
  const wasm::TypeRegistry& registry = store->registry();
  if (!value.type().is_ref()) return mismatch(value, type, what, number);
  const wasm::ValType have = to_wasm(value.type());
  if (registry.top(have.heap()) != registry.top(type.heap())) return mismatch(value, type, what, number);
  if (value.is_null()) {
    if (!type.nullable()) return mismatch(value, type, what, number);
    return {};
  }
  runtime::Store* owner = nullptr;
  bool fits;
  if (is_func_hierarchy(type, registry)) {
    const Func f = value.func();
    owner = f.store_impl();
    // The exact type of a function is known, whatever the value's type is.
    fits = owner == store && registry.is_subtype(wasm::HeapType::concrete(f.impl()->type->id), type.heap());
  } else {
    owner = reinterpret_cast<const runtime::Root*>(value.ref().root())->table->store();
    // The type of the object decides, not the type of the value.
    const auto slot = detail::root_slot(value.ref().root());
    fits =
        owner == store && runtime::gc::ref_test(store->heap(), static_cast<runtime::gc::Ref>(slot), type.heap(), false);
  }
  if (owner != store)
    return Error(ErrorKind::kUsage, base::format("{}: the reference belongs to another store", place(what, number)));
  if (!fits) return mismatch(value, type, what, number);
  return {};
}

}  // namespace api
}  // namespace ermine
