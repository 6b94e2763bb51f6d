// What instructions compute, as functions that are compiled to LLVM's bitcode when the plug-in is built, and inlined
// into the code of functions when they are compiled. The tables at the end, indexed by instruction, are how the plug-in
// finds them. (Vectors are passed as lanes, because a class would be passed in a way that depends on the processor.)
#include <array>

#include "ir/object_ops.h"
#include "optimizing/plugin/object_functions.h"
#include "runtime/accesses.h"
#include "runtime/gc/object.h"
#include "semantics/object.h"
#include "semantics/semantics_of.h"

namespace ermine::optimizing {
namespace {

using semantics::SemanticsOf;
using semantics::Signature;
using semantics::TypeList;
using semantics::U64x2;
using semantics::V128;
using semantics::Wide;
using wasm::Op;

// A parameter or result, and how it is passed.
template <class T>
struct Passed {
  using Type = T;
  [[gnu::always_inline]] static T pack(T v) { return v; }
  [[gnu::always_inline]] static T unpack(T v) { return v; }
};
template <>
struct Passed<V128> {
  using Type = U64x2;
  [[gnu::always_inline]] static U64x2 pack(V128 v) { return v.as<U64x2>(); }
  [[gnu::always_inline]] static V128 unpack(U64x2 v) { return V128(v); }
};
template <>
struct Passed<Wide> {
  using Type = U64x2;
  [[gnu::always_inline]] static U64x2 pack(Wide v) { return U64x2{v.low, v.high}; }
};

template <Op op, class Params>
struct Exported;
template <Op op, class... P>
struct Exported<op, TypeList<P...>> {
  using R = typename Signature<op>::Result;

  [[gnu::always_inline]] static auto call(typename Passed<P>::Type... p) {
    if constexpr (std::is_void_v<R>) SemanticsOf<op>::call(Passed<P>::unpack(p)...);
    else return Passed<R>::pack(SemanticsOf<op>::call(Passed<P>::unpack(p)...));
  }
  [[gnu::always_inline]] static auto call_trapping(typename Passed<P>::Type... p, TrapCode* trap) {
    return Passed<R>::pack(SemanticsOf<op>::call(Passed<P>::unpack(p)..., *trap));
  }
};

// The function of an instruction; clang emits the tables as constants.
template <Op op, bool exists = semantics::has_semantics(op)>
struct Function {
  static inline void* const kAddress = nullptr;
};
template <Op op>
  requires(Signature<op>::kTraps)
struct Function<op, true> {
  static inline void* const kAddress =
      reinterpret_cast<void*>(&Exported<op, typename Signature<op>::Params>::call_trapping);
};
template <Op op>
  requires(!Signature<op>::kTraps)
struct Function<op, true> {
  static inline void* const kAddress = reinterpret_cast<void*>(&Exported<op, typename Signature<op>::Params>::call);
};

// The element of a table, null if there is none.
[[gnu::always_inline]] runtime::FuncRef* table_element(runtime::InstanceContext* ctx, uint32_t table, uint64_t index) {
  return runtime::table_function(*ctx->tables[table], index);
}

// --- ObjectFunction (object_functions.h)

using runtime::InstanceContext;

template <class T>
using Widened = decltype(runtime::widened(T{}));

template <class T>
[[gnu::always_inline]] Widened<T> object_get(InstanceContext* ctx, uint32_t object, uint64_t offset) {
  return runtime::widened(semantics::object_load<T>(ctx->exec->heap.base, object, offset));
}
template <class T>
[[gnu::always_inline]] void object_set(InstanceContext* ctx, uint32_t object, uint64_t offset, Widened<T> value) {
  semantics::object_store(ctx->exec->heap.base, object, offset, static_cast<T>(value));
}
[[gnu::always_inline]] uint32_t array_length(InstanceContext* ctx, uint32_t array) {
  return semantics::object_array_length(ctx->exec->heap.base, array);
}
[[gnu::always_inline]] uint64_t masked_index(InstanceContext* ctx, uint64_t index, uint64_t length) {
  return runtime::array_index(ctx, index, length);
}
[[gnu::always_inline]] uint32_t is_old(InstanceContext* ctx, uint32_t object) {
  return semantics::object_is_old(ctx->exec->heap.base, object);
}
[[gnu::always_inline]] uint32_t allocate(InstanceContext* ctx, uint64_t header, uint64_t bytes) {
  runtime::gc::Ref object;
  if (bytes > runtime::gc::kMaxBlockObject || !runtime::gc::allocate_in_block(ctx->exec->heap, header, bytes, &object))
      [[unlikely]]
    return runtime::gc::kNull;
  return object;
}
[[gnu::always_inline]] uint32_t has_type(InstanceContext* ctx, uint32_t ref, uint32_t flags, uint32_t type,
                                         uint32_t depth) {
  const runtime::gc::View& heap = ctx->exec->heap;
  return semantics::object_has_type(heap.base, heap.types, ref, (flags & ir::kNullPasses) != 0, type, depth,
                                    (flags & ir::kFinalType) != 0);
}
[[gnu::always_inline]] uint32_t is_in(InstanceContext* ctx, uint32_t ref, uint32_t set) {
  return semantics::object_is_in(ctx->exec->heap.base, ref, set);
}
[[gnu::always_inline]] uint32_t make_i31(InstanceContext*, uint32_t value) { return semantics::i31_make(value); }
[[gnu::always_inline]] uint32_t signed_i31(InstanceContext*, uint32_t ref) { return semantics::i31_signed_value(ref); }
[[gnu::always_inline]] uint32_t unsigned_i31(InstanceContext*, uint32_t ref) {
  return semantics::i31_unsigned_value(ref);
}
[[gnu::always_inline]] uint64_t table_size(InstanceContext* ctx, uint32_t table) { return ctx->tables[table]->size; }
[[gnu::always_inline]] uint64_t table_get(InstanceContext* ctx, uint32_t table, uint64_t index) {
  return runtime::table_slot(ctx, *ctx->tables[table], index);
}
[[gnu::always_inline]] void table_set(InstanceContext* ctx, uint32_t table, uint64_t index, uint64_t value) {
  runtime::table_slot(ctx, *ctx->tables[table], index) = value;
}

}  // namespace

extern "C" {

// By instruction: its function, or null.
extern void* const ermine_semantics[];
void* const ermine_semantics[] = {
#define OP(id, ...) Function<Op::id>::kAddress,
#include "wasm/opcodes.def"
};

// By the base-2 logarithm of the access's size.
extern void* const ermine_checked_addresses[];
void* const ermine_checked_addresses[] = {
    reinterpret_cast<void*>(&runtime::checked_address<1>), reinterpret_cast<void*>(&runtime::checked_address<2>),
    reinterpret_cast<void*>(&runtime::checked_address<4>), reinterpret_cast<void*>(&runtime::checked_address<8>),
    reinterpret_cast<void*>(&runtime::checked_address<16>)};

extern void* const ermine_table_element[];
void* const ermine_table_element[] = {reinterpret_cast<void*>(&table_element)};

// By ObjectFunction.
extern void* const ermine_objects[];
void* const ermine_objects[] = {reinterpret_cast<void*>(&object_get<int8_t>),
                                reinterpret_cast<void*>(&object_get<uint8_t>),
                                reinterpret_cast<void*>(&object_get<int16_t>),
                                reinterpret_cast<void*>(&object_get<uint16_t>),
                                reinterpret_cast<void*>(&object_get<uint32_t>),
                                reinterpret_cast<void*>(&object_get<uint64_t>),
                                reinterpret_cast<void*>(&object_get<float>),
                                reinterpret_cast<void*>(&object_get<double>),
                                reinterpret_cast<void*>(&object_set<uint8_t>),
                                reinterpret_cast<void*>(&object_set<uint16_t>),
                                reinterpret_cast<void*>(&object_set<uint32_t>),
                                reinterpret_cast<void*>(&object_set<uint64_t>),
                                reinterpret_cast<void*>(&object_set<uint32_t>),
                                reinterpret_cast<void*>(&array_length),
                                reinterpret_cast<void*>(&masked_index),
                                reinterpret_cast<void*>(&is_old),
                                reinterpret_cast<void*>(&allocate),
                                reinterpret_cast<void*>(&has_type),
                                reinterpret_cast<void*>(&is_in),
                                reinterpret_cast<void*>(&make_i31),
                                reinterpret_cast<void*>(&signed_i31),
                                reinterpret_cast<void*>(&unsigned_i31),
                                reinterpret_cast<void*>(&table_size),
                                reinterpret_cast<void*>(&table_get),
                                reinterpret_cast<void*>(&table_set)};
static_assert(std::size(ermine_objects) == static_cast<unsigned>(ObjectFunction::kCount));
}

}  // namespace ermine::optimizing
