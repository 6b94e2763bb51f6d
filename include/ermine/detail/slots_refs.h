// SlotTraits of the reference types. A function reference is a pointer; all others become roots when they are loaded
// from a slot.
#pragma once

#include "ermine/func.h"

namespace ermine::detail {

template <>
struct SlotTraits<Func> {
  static constexpr ValType type = ValType::funcref();
  static Func load(runtime::Store* store, const uint64_t* s) {
    return *s == 0 ? Func() : Func(store, reinterpret_cast<runtime::FuncRef*>(static_cast<uintptr_t>(*s)));
  }
  static void store(uint64_t* s, const Func& v) { *s = reinterpret_cast<uintptr_t>(v.impl()); }
};

template <class T, HeapKind kHeap>
struct RootedTraits {
  static constexpr ValType type = ValType::ref(kHeap);
  static T load(runtime::Store* store, const uint64_t* s) { return T(Ref::adopt(make_root(store, *s))); }
  static void store(uint64_t* s, const T& v) { *s = root_slot(v.root()); }
};
template <>
struct SlotTraits<ExternRef> : RootedTraits<ExternRef, HeapKind::kExtern> {};
template <>
struct SlotTraits<AnyRef> : RootedTraits<AnyRef, HeapKind::kAny> {};
template <>
struct SlotTraits<ExnRef> : RootedTraits<ExnRef, HeapKind::kExn> {};

}  // namespace ermine::detail
