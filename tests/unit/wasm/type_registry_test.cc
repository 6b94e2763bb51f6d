#include "wasm/type_registry.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "wasm/limits.h"

namespace ermine::wasm {
namespace {

TypeDef func(std::vector<ValType> params, std::vector<ValType> results) {
  TypeDef def;
  def.func.params = std::move(params);
  def.func.results = std::move(results);
  return def;
}

TypeDef structure(std::vector<FieldType> fields, TypeId super = kNoType, bool is_final = false) {
  TypeDef def;
  def.kind = CompositeKind::kStruct;
  def.fields = std::move(fields);
  def.super = super;
  def.is_final = is_final;
  return def;
}

ValType rec(uint32_t position, bool nullable = true) {
  return ValType::ref(HeapType::concrete(TypeRegistry::kRecBase + position), nullable);
}
ValType to(TypeId id, bool nullable = true) { return ValType::ref(HeapType::concrete(id), nullable); }

TypeId add(TypeRegistry& registry, TypeDef def) {
  TypeId id = kNoType;
  EXPECT_TRUE(registry.add_group({&def, 1}, {&id, 1}));
  return id;
}

TEST(TypeRegistry, EqualFunctionTypesAreOne) {
  TypeRegistry registry;
  const ValType params[] = {kI32, kV128};
  TypeId a = *registry.add_func(params, {});
  TypeId b = *registry.add_func(params, {});
  TypeId c = *registry.add_func({}, params);
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  EXPECT_EQ(a, add(registry, func({kI32, kV128}, {})));
  EXPECT_EQ(registry.get(a).func.param_slots, 3u);
  EXPECT_EQ(registry.get(a).id, a);
}

TEST(TypeRegistry, FinalityAndSupertypesDistinguishTypes) {
  TypeRegistry registry;
  TypeId open = add(registry, structure({}));
  TypeId final = add(registry, structure({}, kNoType, true));
  TypeId sub = add(registry, structure({}, open));
  EXPECT_NE(open, final);
  EXPECT_NE(open, sub);
  EXPECT_TRUE(registry.is_subtype(sub, open));
  EXPECT_FALSE(registry.is_subtype(open, sub));
  EXPECT_FALSE(registry.is_subtype(final, open));
}

TEST(TypeRegistry, RecursionGroupsAreEqualAsAWhole) {
  TypeRegistry registry;
  auto group = [&](bool swapped) {
    std::array<TypeDef, 2> defs = {structure({{rec(1), true}}), structure({{rec(0), true}, {kI32, false}})};
    if (swapped) defs = {structure({{rec(1), true}, {kI32, false}}), structure({{rec(0), true}})};
    std::array<TypeId, 2> ids{};
    EXPECT_TRUE(registry.add_group(defs, ids));
    return ids;
  };
  auto a = group(false), b = group(false), c = group(true);
  EXPECT_EQ(a, b);
  EXPECT_NE(a[0], c[1]);
  EXPECT_NE(a[0], a[1]);
  // Inside, the references are canonical.
  EXPECT_EQ(registry.get(a[0]).fields[0].storage, to(a[1]));
}

TEST(TypeRegistry, AReferenceToAnEqualGroupIsNotARecursiveReference) {
  TypeRegistry registry;
  TypeId self = add(registry, structure({{rec(0), true}}));
  TypeId other = add(registry, structure({{to(self), true}}));
  EXPECT_NE(self, other);
}

TEST(TypeRegistry, HeapTypesMatchAsTheSpecificationSays) {
  TypeRegistry registry;
  TypeId s = add(registry, structure({}));
  TypeDef array_def = structure({{ValKind::kI8, true}});
  array_def.kind = CompositeKind::kArray;
  TypeId a = add(registry, array_def);
  TypeId f = add(registry, func({}, {}));
  auto matches = [&](HeapType sub, HeapType super) { return registry.is_subtype(sub, super); };
  const HeapType S = HeapType::concrete(s), A = HeapType::concrete(a), F = HeapType::concrete(f);
  EXPECT_TRUE(matches(S, HeapType::kStruct));
  EXPECT_TRUE(matches(S, HeapType::kEq));
  EXPECT_TRUE(matches(S, HeapType::kAny));
  EXPECT_FALSE(matches(S, HeapType::kArray));
  EXPECT_FALSE(matches(S, HeapType::kFunc));
  EXPECT_TRUE(matches(A, HeapType::kArray));
  EXPECT_TRUE(matches(F, HeapType::kFunc));
  EXPECT_FALSE(matches(F, HeapType::kAny));
  EXPECT_TRUE(matches(HeapType::kNone, S));
  EXPECT_TRUE(matches(HeapType::kNone, HeapType::kI31));
  EXPECT_FALSE(matches(HeapType::kNone, F));
  EXPECT_TRUE(matches(HeapType::kNoFunc, F));
  EXPECT_TRUE(matches(HeapType::kNoExn, HeapType::kExn));
  EXPECT_FALSE(matches(HeapType::kNoExtern, HeapType::kAny));
  EXPECT_TRUE(matches(HeapType::kI31, HeapType::kEq));
  EXPECT_FALSE(matches(HeapType::kEq, HeapType::kI31));
  EXPECT_TRUE(matches(HeapType::kBot, F));
  EXPECT_FALSE(matches(HeapType::kNone, HeapType::kBot));
  EXPECT_EQ(registry.top(F), HeapType(HeapType::kFunc));
  EXPECT_EQ(registry.bottom(A), HeapType(HeapType::kNone));
}

TEST(TypeRegistry, ValueTypesMatch) {
  TypeRegistry registry;
  auto ref = [](HeapType h, bool nullable) { return ValType::ref(h, nullable); };
  EXPECT_TRUE(registry.is_subtype(ref(HeapType::kEq, false), kAnyRef));
  EXPECT_FALSE(registry.is_subtype(ref(HeapType::kEq, true), ref(HeapType::kAny, false)));
  EXPECT_TRUE(registry.is_subtype(ValType(), kI32));
  EXPECT_FALSE(registry.is_subtype(kI32, kI64));
  EXPECT_FALSE(registry.is_subtype(kI32, kAnyRef));
}

TEST(TypeRegistry, DisplaysReachDeepAncestors) {
  TypeRegistry registry;
  std::vector<TypeId> chain{add(registry, structure({}))};
  for (uint32_t i = 0; i < kMaxSubtypeDepth; ++i) chain.push_back(add(registry, structure({}, chain.back())));
  for (size_t i = 0; i < chain.size(); ++i)
    for (size_t j = 0; j < chain.size(); ++j) EXPECT_EQ(registry.is_subtype(chain[j], chain[i]), j >= i);
  TypeDef def = structure({}, chain.back());
  TypeId id = kNoType;
  auto result = registry.add_group({&def, 1}, {&id, 1});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kUnsupported);
}

TEST(TypeRegistry, StructsAreLaidOutInOrder) {
  TypeRegistry registry;
  TypeId id =
      add(registry,
          structure({{ValKind::kI8, true}, {kI64, true}, {ValKind::kI16, true}, {kAnyRef, true}, {kFuncRef, false}}));
  const TypeDef& def = registry.get(id);
  EXPECT_EQ(def.field_offsets, (std::vector<uint32_t>{8, 16, 24, 28, 32}));
  EXPECT_EQ(def.size, 40u);
  EXPECT_TRUE(def.has_references);
  // A subtype's layout begins with its supertype's.
  TypeDef sub_def = structure(def.fields, id);
  sub_def.fields.push_back({kI32, false});
  const TypeDef& sub = registry.get(add(registry, sub_def));
  EXPECT_TRUE(std::equal(def.field_offsets.begin(), def.field_offsets.end(), sub.field_offsets.begin()));
  EXPECT_FALSE(registry.get(add(registry, structure({{kFuncRef, false}}))).has_references);
}

TEST(TypeRegistry, IdsAreReusedAfterTheLastReference) {
  TypeRegistry registry;
  TypeId first = add(registry, structure({{kI32, true}}));
  TypeId user = add(registry, structure({{to(first), true}}));  // holds `first`
  registry.release(first);
  EXPECT_EQ(registry.get(first).id, first);
  registry.release(user);  // frees both
  TypeId a = add(registry, structure({{kF32, true}}));
  TypeId b = add(registry, structure({{kF64, true}}));
  EXPECT_EQ(std::min(a, b), std::min(first, user));
  EXPECT_EQ(std::max(a, b), std::max(first, user));
  registry.retain(a);
  registry.release(a);
  EXPECT_EQ(registry.get(a).id, a);
}

TEST(TypeRegistry, ThreadsAgree) {
  TypeRegistry registry;
  constexpr unsigned kThreads = 4, kTypes = 500;
  std::array<std::vector<TypeId>, kThreads> ids;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < kTypes; ++i) {
        std::vector<ValType> params(i % 50, i < 250 ? kI32 : kI64);
        TypeId id = *registry.add_func(params, {});
        EXPECT_EQ(registry.get(id).func.params.size(), params.size());
        ids[t].push_back(id);
        if (i % 3 == t % 3) {  // some are added and removed
          std::vector<ValType> odd(60 + t, kF32);
          registry.release(*registry.add_func(odd, {}));
        }
      }
    });
  for (auto& thread : threads) thread.join();
  for (unsigned t = 1; t < kThreads; ++t) EXPECT_EQ(ids[t], ids[0]);
}

}  // namespace
}  // namespace ermine::wasm
