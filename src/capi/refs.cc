// References and values of the C API.
#include <algorithm>

#include "capi/objects.h"

using ermine::ExternRef;
using ermine::Func;
using ermine::HeapKind;
using ermine::Result;
using ermine::V128;
using ermine::Val;
using ermine::ValType;
using ermine::capi::HostInfo;
using ermine::capi::SharedStore;
using ermine::capi::Target;
using ermine::capi::TargetKind;

namespace {

// What identifies the object.
const void* identity(const Target& target) {
  return std::visit(
      [](const auto& t) -> const void* {
        using T = std::decay_t<decltype(t)>;
        if constexpr (std::is_same_v<T, ermine::Ref>)
          return reinterpret_cast<const void*>(static_cast<uintptr_t>(ermine::detail::root_slot(t.root())));
        else if constexpr (std::is_same_v<T, ermine::Module>) return t.impl().get();
        else if constexpr (requires { t.get(); } && !requires { t.impl(); }) return t.get();
        else return t.impl();
      },
      target);
}
bool same(const wasm_ref_t* a, const wasm_ref_t* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->target.index() == b->target.index() && identity(a->target) == identity(b->target);
}
HostInfo& info_of(const wasm_ref_t& ref) {
  switch (ref.kind()) {
    case TargetKind::kForeign: return ref.get<std::shared_ptr<ermine::capi::Foreign>>()->info;
    case TargetKind::kTrap: return ref.get<std::shared_ptr<ermine::capi::Trap>>()->info;
    default: return ref.store->infos[identity(ref.target)];
  }
}
template <class T>
T* copy_of(const T* ref) {
  return ref == nullptr ? nullptr : new T(*ref);
}
template <class T>
T* as(wasm_ref_t* ref, TargetKind kind) {
  return ref != nullptr && ref->kind() == kind ? static_cast<T*>(ref) : nullptr;
}
template <class T>
const T* as(const wasm_ref_t* ref, TargetKind kind) {
  return ref != nullptr && ref->kind() == kind ? static_cast<const T*>(ref) : nullptr;
}
bool is_extern(const wasm_ref_t* ref) { return ref != nullptr && ref->kind() <= TargetKind::kTag; }

// A v128 is behind the pointer of a wasm_val_t, which owns it as it does a reference. Null, which a value that was
// initialised to zero has, is zero.
V128* vector_of(wasm_ref_t* ref) { return reinterpret_cast<V128*>(ref); }
V128 v128_of(const wasm_val_t& value) { return value.of.ref != nullptr ? *vector_of(value.of.ref) : V128(); }
void init_v128(wasm_val_t& out, const V128& v) {
  out.kind = ERMINE_V128;
  out.of.ref = reinterpret_cast<wasm_ref_t*>(new V128(v));
}

ermine::Error unfit(std::string what) { return ermine::Error(ermine::ErrorKind::kUsage, std::move(what)); }

}  // namespace

namespace ermine::capi {

wasm_extern_t* new_extern(const SharedStore& store, const Extern& item) {
  if (const std::optional<Func> f = item.func()) return new wasm_func_t(store, *f);
  if (const std::optional<Global> g = item.global()) return new wasm_global_t(store, *g);
  if (const std::optional<Table> t = item.table()) return new wasm_table_t(store, *t);
  if (const std::optional<Memory> m = item.memory()) return new wasm_memory_t(store, *m);
  return new ermine_tag_t(store, *item.tag());
}

Extern extern_of(const wasm_extern_t& item) {
  switch (item.kind()) {
    case TargetKind::kGlobal: return item.get<Global>();
    case TargetKind::kTable: return item.get<Table>();
    case TargetKind::kMemory: return item.get<Memory>();
    case TargetKind::kTag: return item.get<Tag>();
    default: return item.get<Func>();
  }
}

Result<Val> to_val(const SharedStore& store, const wasm_ref_t* ref, ValType type) {
  if (ref == nullptr) {
    if (type.is_ref() && type.nullable()) return Val::default_of(type);
    return unfit("a null reference is not of the type " + type.to_string());
  }
  // Within one engine, opaque references have types of their own.
  if (ref->store != store) return unfit("the reference belongs to another store");
  if (ref->kind() == TargetKind::kOpaque) {
    const Ref& opaque = ref->get<Ref>();
    if (ref->is_exception != (kind_of(type) == ERMINE_EXNREF))
      return unfit("the reference is not of the type " + type.to_string());
    switch (kind_of(type)) {
      case WASM_EXTERNREF: return Val(ExternRef(opaque));
      case ERMINE_EXNREF: return Val(ExnRef(opaque));
      default: return Val(AnyRef(opaque));
    }
  }
  if (kind_of(type) == WASM_EXTERNREF) {
    ERMINE_ASSIGN(ExternRef made, ExternRef::create(*store->store, std::make_shared<Target>(ref->target)));
    return Val(std::move(made));
  }
  if (ref->kind() == TargetKind::kFunc) return Val(ref->get<Func>());
  return unfit("the reference is not of the type " + type.to_string());
}

wasm_ref_t* from_ref(const SharedStore& store, const Val& value) {
  if (value.is_null()) return nullptr;
  const wasm_valkind_t kind = kind_of(value.type());
  if (kind == WASM_FUNCREF || (kind == ERMINE_CONCRETEREF && value.ref().is_null()))
    return new wasm_func_t(store, value.func());
  if (kind == WASM_EXTERNREF)
    if (const auto* target = static_cast<const Target*>(value.externref().pointer()))
      return new wasm_ref_t(store, *target);
  auto* const made = new wasm_ref_t(store, value.ref());
  made->is_exception = kind == ERMINE_EXNREF;
  return made;
}

Result<Val> to_val(const SharedStore& store, const wasm_val_t& value, ValType type) {
  const wasm_valkind_t kind = kind_of(type);
  const bool is_ref = wasm_valkind_is_ref(kind);
  if (is_ref ? !wasm_valkind_is_ref(value.kind) : value.kind != kind)
    return unfit("the value is not of the type " + type.to_string());
  switch (kind) {
    case WASM_I32: return Val(value.of.i32);
    case WASM_I64: return Val(value.of.i64);
    case WASM_F32: return Val(value.of.f32);
    case WASM_F64: return Val(value.of.f64);
    case ERMINE_V128: return Val(v128_of(value));
    default: return to_val(store, value.of.ref, type);
  }
}

wasm_val_t from_val(const SharedStore& store, const Val& value) {
  wasm_val_t out{};
  out.kind = kind_of(value.type());
  switch (out.kind) {
    case WASM_I32: out.of.i32 = value.i32(); break;
    case WASM_I64: out.of.i64 = value.i64(); break;
    case WASM_F32: out.of.f32 = value.f32(); break;
    case WASM_F64: out.of.f64 = value.f64(); break;
    case ERMINE_V128: init_v128(out, value.v128()); break;
    default: out.of.ref = from_ref(store, value);
  }
  return out;
}

}  // namespace ermine::capi

extern "C" {

#define REF_BASE(name, Type)                                                                  \
  void name##_delete(Type* ref) { delete ref; }                                               \
  Type* name##_copy(const Type* ref) { return copy_of(ref); }                                 \
  bool name##_same(const Type* a, const Type* b) { return same(a, b); }                       \
  void* name##_get_host_info(const Type* ref) { return info_of(*ref).get(); }                 \
  void name##_set_host_info(Type* ref, void* info) { info_of(*ref).set(info, nullptr); }      \
  void name##_set_host_info_with_finalizer(Type* ref, void* info, void (*finalizer)(void*)) { \
    info_of(*ref).set(info, finalizer);                                                       \
  }
#define REF(name, is_one)                                                                  \
  REF_BASE(wasm_##name, wasm_##name##_t)                                                   \
  wasm_ref_t* wasm_##name##_as_ref(wasm_##name##_t* ref) { return ref; }                   \
  const wasm_ref_t* wasm_##name##_as_ref_const(const wasm_##name##_t* ref) { return ref; } \
  wasm_##name##_t* wasm_ref_as_##name(wasm_ref_t* ref) {                                   \
    return is_one ? static_cast<wasm_##name##_t*>(ref) : nullptr;                          \
  }                                                                                        \
  const wasm_##name##_t* wasm_ref_as_##name##_const(const wasm_ref_t* ref) {               \
    return is_one ? static_cast<const wasm_##name##_t*>(ref) : nullptr;                    \
  }
#define EXTERN(name, constant)                                                                              \
  wasm_extern_t* wasm_##name##_as_extern(wasm_##name##_t* ref) { return ref; }                              \
  const wasm_extern_t* wasm_##name##_as_extern_const(const wasm_##name##_t* ref) { return ref; }            \
  wasm_##name##_t* wasm_extern_as_##name(wasm_extern_t* ref) { return as<wasm_##name##_t>(ref, constant); } \
  const wasm_##name##_t* wasm_extern_as_##name##_const(const wasm_extern_t* ref) {                          \
    return as<wasm_##name##_t>(ref, constant);                                                              \
  }
#define IS(constant) ref != nullptr && ref->kind() == TargetKind::constant

REF_BASE(wasm_ref, wasm_ref_t)
REF(func, (IS(kFunc)))
REF(global, (IS(kGlobal)))
REF(table, (IS(kTable)))
REF(memory, (IS(kMemory)))
REF(instance, (IS(kInstance)))
REF(module, (IS(kModule)))
REF(foreign, (IS(kForeign)))
REF(trap, (IS(kTrap)))
REF(extern, (is_extern(ref)))
EXTERN(func, TargetKind::kFunc)
EXTERN(global, TargetKind::kGlobal)
EXTERN(table, TargetKind::kTable)
EXTERN(memory, TargetKind::kMemory)

void ermine_tag_delete(ermine_tag_t* ref) { delete ref; }
ermine_tag_t* ermine_tag_copy(const ermine_tag_t* ref) { return copy_of(ref); }
wasm_extern_t* ermine_tag_as_extern(ermine_tag_t* ref) { return ref; }
ermine_tag_t* ermine_extern_as_tag(wasm_extern_t* ref) { return as<ermine_tag_t>(ref, TargetKind::kTag); }

void wasm_val_delete(wasm_val_t* value) {
  if (wasm_valkind_is_ref(value->kind)) delete std::exchange(value->of.ref, nullptr);
  else if (value->kind == ERMINE_V128) delete vector_of(std::exchange(value->of.ref, nullptr));
}
void wasm_val_copy(wasm_val_t* out, const wasm_val_t* value) {
  *out = *value;
  if (wasm_valkind_is_ref(value->kind)) out->of.ref = copy_of(value->of.ref);
  else if (value->kind == ERMINE_V128) init_v128(*out, v128_of(*value));
}

void ermine_val_new_v128(wasm_val_t* out, const ermine_v128 bytes) {
  V128 v;
  std::copy_n(bytes, sizeof v, v.bytes.begin());
  init_v128(*out, v);
}
bool ermine_val_get_v128(const wasm_val_t* value, ermine_v128 out) {
  if (value->kind != ERMINE_V128) {
    ermine::capi::set_last_error(unfit("the value is not of the type v128"));
    return false;
  }
  std::ranges::copy(v128_of(*value).bytes, out);
  return true;
}

wasm_foreign_t* wasm_foreign_new(wasm_store_t* store) {
  return new wasm_foreign_t(store->state, std::make_shared<ermine::capi::Foreign>());
}

wasm_externkind_t wasm_extern_kind(const wasm_extern_t* item) {
  switch (item->kind()) {
    case TargetKind::kGlobal: return WASM_EXTERN_GLOBAL;
    case TargetKind::kTable: return WASM_EXTERN_TABLE;
    case TargetKind::kMemory: return WASM_EXTERN_MEMORY;
    case TargetKind::kTag: return ERMINE_EXTERN_TAG;
    default: return WASM_EXTERN_FUNC;
  }
}
wasm_externtype_t* wasm_extern_type(const wasm_extern_t* item) {
  return ermine::capi::new_externtype(ermine::capi::extern_of(*item).type());
}

}  // extern "C"
