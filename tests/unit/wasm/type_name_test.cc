#include "wasm/type_name.h"

#include <gtest/gtest.h>

#include "wasm/module.h"
#include "wasm/type_registry.h"

namespace ermine::wasm {
namespace {

TEST(TypeName, AsInTheTextFormat) {
  EXPECT_EQ(type_name(kI32), "i32");
  EXPECT_EQ(type_name(kV128), "v128");
  EXPECT_EQ(type_name(kFuncRef), "funcref");
  EXPECT_EQ(type_name(ValType::ref(HeapType::kNone, true)), "nullref");
  EXPECT_EQ(type_name(ValType::ref(HeapType::kI31, false)), "(ref i31)");
  EXPECT_EQ(type_name(ValType()), "bottom");
  const ValType types[] = {kI32, kF64};
  EXPECT_EQ(type_names(types), "[i32 f64]");
  EXPECT_EQ(type_names({}), "[]");
}

TEST(TypeName, DefinedTypesByTheirIndexInTheModule) {
  Module module;
  module.types = {40, 41};
  EXPECT_EQ(type_name(ValType::ref(HeapType::concrete(41), true), &module), "(ref null 1)");
  EXPECT_EQ(type_name(ValType::ref(HeapType::concrete(7), false), &module), "(ref #7)");
  EXPECT_EQ(type_name(ValType::ref(HeapType::concrete(41), true)), "(ref null #41)");
}

TEST(TypeName, LongListsAreCut) {
  std::vector<ValType> types(40, kI64);
  EXPECT_TRUE(type_names(types).ends_with("24 more]"));
}

}  // namespace
}  // namespace ermine::wasm
