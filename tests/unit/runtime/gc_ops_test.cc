// The operations of the instructions on collected objects: values of every storage type, traps, overlap, and that minor
// collections see what they store.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "runtime/gc/ops.h"

namespace ermine::runtime::gc {
namespace {

using wasm::CompositeKind;
using wasm::HeapType;
using wasm::TypeDef;
using wasm::TypeId;
using wasm::ValKind;
using wasm::ValType;

class GcOps : public testing::Test, public RootSource {
 protected:
  TypeId add(CompositeKind kind, std::vector<ValType> fields, TypeId super = wasm::kNoType, bool final = true) {
    TypeDef def;
    def.kind = kind;
    def.super = super;
    def.is_final = final;
    for (ValType f : fields) def.fields.push_back({f, true});
    TypeId id = wasm::kNoType;
    EXPECT_TRUE(registry_.add_group({&def, 1}, {&id, 1}));
    return id;
  }
  const TypeDef& type(CompositeKind kind, std::vector<ValType> fields) {
    return registry_.get(add(kind, std::move(fields)));
  }
  const TypeDef& array_of(ValType element) { return type(CompositeKind::kArray, {element}); }

  Ref array(const TypeDef& def, uint32_t length, Slot value = 0) {
    Ref r = kNull;
    const Slot slots[2] = {value, value};
    EXPECT_EQ(array_new(heap, def, length, slots, &r), TrapCode::kNone);
    return r;
  }
  Slot get(const TypeDef& def, Ref a, uint32_t i, bool sign = false) {
    Slot v[2] = {0, 0};
    EXPECT_EQ(array_get(heap, a, def, i, sign, v), TrapCode::kNone);
    return v[0];
  }

  void ambiguous_roots(AmbiguousRoots&) override {}
  void precise_roots(PreciseRoots& roots) override {
    for (Ref r : globals) roots.ref(r);
  }

  const ValType any = ValType::ref(HeapType::kAny, true);
  wasm::TypeRegistry registry_;
  View view_;
  Heap heap{view_, registry_, *this, {.max_bytes = 8 << 20}};
  std::vector<Ref> globals;
};

TEST_F(GcOps, StructsHoldEveryStorageType) {
  const TypeDef& t = type(CompositeKind::kStruct, {ValKind::kI8, ValKind::kI16, ValKind::kI32, ValKind::kI64,
                                                   ValKind::kF32, ValKind::kF64, ValKind::kV128, any, wasm::kFuncRef});
  const Slot values[] = {0x1FF, 0x18000, 0xFFFF'FFFF, 0x1122'3344'5566'7788, 0x7FA0'0001, 0x7FF4'0000'0000'0001,
                         1,     2,       make_i31(5), 0x1234'5678'9ABC};
  Ref r = kNull;
  ASSERT_EQ(struct_new(heap, t, values, &r), TrapCode::kNone);
  const auto field = [&](uint32_t i, bool sign = false) {
    Slot v[2] = {~Slot{0}, ~Slot{0}};
    EXPECT_EQ(struct_get(heap, r, t, i, sign, v), TrapCode::kNone);
    return v[0];
  };
  EXPECT_EQ(field(0), 0xFFu);
  EXPECT_EQ(field(0, true), 0xFFFF'FFFFu);
  EXPECT_EQ(field(1), 0x8000u);
  EXPECT_EQ(field(1, true), 0xFFFF'8000u);
  for (uint32_t i = 2; i < 6; ++i) EXPECT_EQ(field(i), values[i]) << i;
  Slot v[2];
  struct_get(heap, r, t, 6, false, v);
  EXPECT_EQ(v[0], 1u);
  EXPECT_EQ(v[1], 2u);
  EXPECT_EQ(field(7), make_i31(5));
  EXPECT_EQ(field(8), 0x1234'5678'9ABCu);
  ASSERT_EQ(struct_set(heap, r, t, 1, values + 3), TrapCode::kNone);
  EXPECT_EQ(field(1), 0x7788u);
  EXPECT_EQ(field(0), 0xFFu);
  EXPECT_EQ(field(2), 0xFFFF'FFFFu);
  EXPECT_EQ(struct_get(heap, kNull, t, 0, false, v), TrapCode::kNullStructureReference);
  EXPECT_EQ(struct_set(heap, kNull, t, 0, v), TrapCode::kNullStructureReference);
  ASSERT_EQ(struct_new_default(heap, t, &r), TrapCode::kNone);
  for (uint32_t i = 0; i < 9; ++i) EXPECT_EQ(field(i), 0u);
}

TEST_F(GcOps, ArraysOfEveryStorageType) {
  const ValType storages[] = {ValKind::kI8,   ValKind::kI16, ValKind::kI32, ValKind::kI64,
                              ValKind::kV128, any,           wasm::kFuncRef};
  for (const ValType storage : storages) {
    const TypeDef& t = array_of(storage);
    const uint64_t mask = t.element_size >= 8 ? ~uint64_t{0} : (uint64_t{1} << 8 * t.element_size) - 1;
    const Slot value = (0x8182'8384'8586'8789 & mask) | 1;  // an i31 if it is a reference
    const Ref a = array(t, 37, value);
    for (uint32_t i = 0; i < 37; ++i) ASSERT_EQ(get(t, a, i), value);
    const Slot zero[2] = {0, 0};
    EXPECT_EQ(array_fill(heap, a, t, 3, zero, 30), TrapCode::kNone);
    EXPECT_EQ(get(t, a, 2), value);
    EXPECT_EQ(get(t, a, 3), 0u);
    EXPECT_EQ(get(t, a, 32), 0u);
    EXPECT_EQ(get(t, a, 33), value);
    EXPECT_EQ(array_fill(heap, a, t, 37, zero, 0), TrapCode::kNone);
    EXPECT_EQ(array_fill(heap, a, t, 38, zero, 0), TrapCode::kArrayOutOfBounds);
    EXPECT_EQ(array_fill(heap, a, t, 1, zero, ~0u), TrapCode::kArrayOutOfBounds);
    Slot v[2];
    EXPECT_EQ(array_get(heap, a, t, 37, false, v), TrapCode::kArrayOutOfBounds);
    EXPECT_EQ(array_set(heap, a, t, ~0u, zero), TrapCode::kArrayOutOfBounds);
    EXPECT_EQ(array_get(heap, kNull, t, 0, false, v), TrapCode::kNullArrayReference);
  }
  EXPECT_EQ(get(array_of(ValKind::kI8), array(array_of(ValKind::kI8), 1, 0x80), 0, true), 0xFFFF'FF80u);
}

TEST_F(GcOps, TooLargeAndExhaustedDiffer) {
  Ref r = kNull;
  const Slot zero[2] = {0, 0};
  EXPECT_EQ(array_new(heap, array_of(ValKind::kV128), ~0u, zero, &r), TrapCode::kAllocationTooLarge);
  EXPECT_EQ(array_new(heap, array_of(ValKind::kI8), 9 << 20, zero, &r), TrapCode::kAllocationTooLarge);
  ASSERT_EQ(array_new(heap, array_of(ValKind::kI8), 5 << 20, zero, &r), TrapCode::kNone);
  globals = {r};
  EXPECT_EQ(array_new(heap, array_of(ValKind::kI8), 5 << 20, zero, &r), TrapCode::kGcHeapExhausted);
}

TEST_F(GcOps, CopiesMayOverlap) {
  const TypeDef& t = array_of(ValKind::kI32);
  for (const auto& [to, from, n] :
       {std::array{2u, 0u, 6u}, std::array{0u, 2u, 6u}, std::array{3u, 3u, 2u}, std::array{8u, 0u, 0u}}) {
    const Ref a = array(t, 8);
    std::vector<uint32_t> model(8);
    for (uint32_t i = 0; i < 8; ++i) {
      const Slot v = model[i] = i + 1;
      array_set(heap, a, t, i, &v);
    }
    ASSERT_EQ(array_copy(heap, a, to, a, from, n), TrapCode::kNone);
    std::memmove(model.data() + to, model.data() + from, 4 * n);
    for (uint32_t i = 0; i < 8; ++i) EXPECT_EQ(get(t, a, i), model[i]);
  }
  const Ref a = array(t, 8);
  EXPECT_EQ(array_copy(heap, a, 3, a, 0, 6), TrapCode::kArrayOutOfBounds);
  EXPECT_EQ(array_copy(heap, a, 0, a, 9, 0), TrapCode::kArrayOutOfBounds);
  EXPECT_EQ(array_copy(heap, a, 0, kNull, 0, 0), TrapCode::kNullArrayReference);
}

TEST_F(GcOps, Segments) {
  const TypeDef& t = array_of(ValKind::kI16);
  const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7};
  Ref a = array(t, 4);
  ASSERT_EQ(array_init_data(heap, a, t, 0, data, 1, 3), TrapCode::kNone);
  EXPECT_EQ(get(t, a, 2), 0x0706u);
  EXPECT_EQ(array_init_data(heap, a, t, 0, data, 2, 3), TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(array_init_data(heap, a, t, 0, data, 7, 0), TrapCode::kNone);
  EXPECT_EQ(array_init_data(heap, a, t, 0, data, 8, 0), TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(array_init_data(heap, a, t, 1, data, 0, 3), TrapCode::kNone);
  EXPECT_EQ(get(t, a, 3), 0x0605u);
  EXPECT_EQ(array_init_data(heap, a, t, 2, data, 0, 3), TrapCode::kArrayOutOfBounds);
  EXPECT_EQ(array_init_data(heap, a, t, 0, data, 0, 4), TrapCode::kMemoryOutOfBounds);

  const TypeDef& refs = array_of(any);
  const auto element = [](uint64_t i) { return Slot{make_i31(static_cast<uint32_t>(i))}; };
  a = array(refs, 6);
  ASSERT_EQ(array_init_elem(heap, a, refs, 0, 10, element, 4, 6), TrapCode::kNone);
  EXPECT_EQ(get(refs, a, 5), make_i31(9));
  EXPECT_EQ(array_init_elem(heap, a, refs, 0, 10, element, 5, 6), TrapCode::kTableOutOfBounds);
  EXPECT_EQ(array_init_elem(heap, a, refs, 1, 10, element, 0, 2), TrapCode::kNone);
  EXPECT_EQ(get(refs, a, 2), make_i31(1));
  EXPECT_EQ(array_init_elem(heap, a, refs, 0, 10, element, 9, 2), TrapCode::kTableOutOfBounds);
  EXPECT_EQ(array_init_elem(heap, a, refs, 5, 10, element, 0, 2), TrapCode::kArrayOutOfBounds);
}

TEST_F(GcOps, MinorCollectionsSeeEveryKindOfStore) {
  const TypeDef& refs = array_of(any);
  const TypeDef& cell = type(CompositeKind::kStruct, {any});
  const auto make = [&](uint32_t v) { return heap.new_extern(v); };
  const Slot null[2] = {0, 0};
  for (const uint32_t length : {50u, 50'000u}) {  // in a block, and with pages of its own
    const Ref old = array(refs, length), old_cell = heap.new_struct(cell);
    globals = {old, old_cell};
    heap.collect(false);
    const auto check = [&](uint32_t i, uint32_t v) {
      heap.collect(false);
      for (int k = 0; k < 1000; ++k) make(999);  // would overwrite objects that were freed by mistake
      const Ref r = static_cast<Ref>(get(refs, old, i));
      ASSERT_NE(r, kNull);
      EXPECT_EQ(extern_payload(heap.at(0), r), v);
    };
    Slot v = make(1);
    array_set(heap, old, refs, 7, &v);
    check(7, 1);
    v = make(2);
    array_fill(heap, old, refs, 20, &v, 25);
    check(44, 2);
    const Ref source = array(refs, 10, make(3));
    array_copy(heap, old, 30, source, 0, 10);
    check(39, 3);
    v = make(4);
    array_init_elem(heap, old, refs, 49, 1, [&](uint64_t) { return v; }, 0, 1);
    check(49, 4);
    v = make(5);
    struct_set(heap, old_cell, cell, 0, &v);
    heap.collect(false);
    struct_get(heap, old_cell, cell, 0, false, &v);
    EXPECT_EQ(extern_payload(heap.at(0), static_cast<Ref>(v)), 5u);
    array_fill(heap, old, refs, 0, null, length);
  }
}

TEST_F(GcOps, Casts) {
  const TypeId base = add(CompositeKind::kStruct, {ValKind::kI32}, wasm::kNoType, false);
  const TypeId derived = add(CompositeKind::kStruct, {ValKind::kI32, ValKind::kI64}, base, false);
  const TypeId other = add(CompositeKind::kStruct, {ValKind::kI64});
  const TypeDef& bytes = array_of(ValKind::kI8);
  const Ref b = heap.new_struct(registry_.get(base)), d = heap.new_struct(registry_.get(derived)), a = array(bytes, 3),
            i = make_i31(0), e = heap.new_extern(1);
  const auto is = [&](Ref r, HeapType t) { return ref_test(heap, r, t, false); };
  const auto id = [](TypeId t) { return HeapType::concrete(t); };
  EXPECT_TRUE(is(d, id(base)) && is(d, id(derived)) && is(b, id(base)) && is(a, id(bytes.id)));
  EXPECT_FALSE(is(b, id(derived)) || is(d, id(other)) || is(a, id(base)) || is(i, id(base)) || is(e, id(base)));
  struct Row {
    HeapType::Abstract type;
    bool structure, array, i31, host;
  };
  for (const Row& r :
       {Row{HeapType::kAny, true, true, true, true}, Row{HeapType::kEq, true, true, true, false},
        Row{HeapType::kStruct, true, false, false, false}, Row{HeapType::kArray, false, true, false, false},
        Row{HeapType::kI31, false, false, true, false}, Row{HeapType::kNone, false, false, false, false},
        Row{HeapType::kExtern, true, true, true, true}, Row{HeapType::kNoExtern, false, false, false, false}}) {
    EXPECT_EQ(is(d, r.type), r.structure) << r.type;
    EXPECT_EQ(is(a, r.type), r.array) << r.type;
    EXPECT_EQ(is(i, r.type), r.i31) << r.type;
    EXPECT_EQ(is(e, r.type), r.host) << r.type;
    EXPECT_FALSE(is(kNull, r.type));
    EXPECT_TRUE(ref_test(heap, kNull, r.type, true));
  }
  auto sig = registry_.add_func({}, {});
  auto sig2 = registry_.add_func(std::array{wasm::kI32}, {});
  ASSERT_TRUE(sig && sig2);
  FuncRef f{};
  f.type = &registry_.get(*sig);
  const auto slot = reinterpret_cast<Slot>(&f);
  EXPECT_TRUE(slot_test(heap, slot, HeapType::kFunc, false));
  EXPECT_TRUE(slot_test(heap, slot, id(*sig), false));
  EXPECT_FALSE(slot_test(heap, slot, id(*sig2), false));
  EXPECT_FALSE(slot_test(heap, slot, HeapType::kNoFunc, true));
  EXPECT_TRUE(slot_test(heap, 0, HeapType::kNoFunc, true));
}

}  // namespace
}  // namespace ermine::runtime::gc
