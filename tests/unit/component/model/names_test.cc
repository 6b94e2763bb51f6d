#include "component/model/names.h"

#include <gtest/gtest.h>

#include <set>

namespace ermine::component {
namespace {

TEST(Features, NamesAreInverse) {
  std::set<std::string_view> seen;
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::None); ++i) {
    const auto feature = static_cast<Feature>(i);
    EXPECT_TRUE(seen.insert(feature_name(feature)).second);
    EXPECT_EQ(feature_from_name(feature_name(feature)), feature);
  }
  EXPECT_FALSE(feature_from_name("cm-none"));
}

TEST(Features, ThoseOfReleasesAreOn) {
  const FeatureSet on = FeatureSet::defaults();
  EXPECT_TRUE(on.has(Feature::Async));
  EXPECT_TRUE(on.has(Feature::Map));
  EXPECT_TRUE(on.has(Feature::Implements));
  EXPECT_TRUE(on.has(Feature::None));
  EXPECT_FALSE(on.has(Feature::Values));
  EXPECT_FALSE(on.has(Feature::Threading));
  FeatureSet changed = on;
  changed.add(Feature::Gc);
  changed.remove(Feature::Gc);
  EXPECT_EQ(changed, on);
}

TEST(Sorts, CodesAreInverse) {
  for (unsigned i = 0; i < kSorts; ++i) {
    const auto sort = static_cast<Sort>(i);
    EXPECT_EQ(sort_from_code(sort_code(sort), is_core(sort)), sort);
    EXPECT_GT(sort_limit(sort), 0u);
  }
  EXPECT_FALSE(sort_from_code(0x06, false));
  EXPECT_FALSE(sort_from_code(0x05, true));
}

TEST(TypeKinds, CodesAreInverse) {
  std::set<uint8_t> seen;
  for (unsigned i = 0; i < static_cast<unsigned>(Primitive::kCount); ++i) {
    const auto type = static_cast<Primitive>(i);
    EXPECT_EQ(primitive_from_code(primitive_code(type)), type);
    EXPECT_TRUE(seen.insert(primitive_code(type)).second);
  }
  for (unsigned i = 1; i <= static_cast<unsigned>(TypeKind::Resource); ++i) {
    const auto kind = static_cast<TypeKind>(i);
    EXPECT_EQ(type_kind_from_code(type_code(kind)), kind);
    EXPECT_TRUE(seen.insert(type_code(kind)).second) << type_keyword(kind);
  }
  EXPECT_EQ(type_kind_from_code(0x43), TypeKind::Func);
  EXPECT_FALSE(type_kind_from_code(0x00));
  EXPECT_FALSE(type_kind_from_code(0x6C));  // union, which was removed
}

TEST(Canonical, OpcodesAndNamesAreInverse) {
  unsigned found = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    const auto op = canon_from_opcode(static_cast<uint8_t>(opcode));
    if (!op) continue;
    ++found;
    EXPECT_EQ(canon_info(*op).opcode, opcode);
    EXPECT_EQ(canon_from_name(canon_info(*op).name), *op);
  }
  EXPECT_EQ(found, static_cast<unsigned>(CanonOp::ThreadAvailableParallelism) + 1);
}

TEST(Canonical, SignaturesHaveOneColon) {
  for (unsigned i = 0; i <= static_cast<unsigned>(CanonOp::ThreadAvailableParallelism); ++i) {
    const std::string_view signature = canon_info(static_cast<CanonOp>(i)).signature;
    if (signature.empty()) continue;
    EXPECT_EQ(signature.find(':'), signature.rfind(':'));
    EXPECT_EQ(signature.find_first_not_of("iIptrxcs:"), std::string_view::npos) << signature;
  }
}

TEST(Canonical, OptionsByCode) {
  for (uint8_t code = 0; code < 10; ++code) {
    const auto kind = canon_option_from_code(code);
    ASSERT_TRUE(kind);
    EXPECT_EQ(canon_option_info(*kind).code, code);
  }
  EXPECT_FALSE(canon_option_from_code(10));
}

}  // namespace
}  // namespace ermine::component
