#include "wasm/features.h"

#include <gtest/gtest.h>

namespace ermine::wasm {
namespace {

TEST(Features, SetsAddAndRemove) {
  FeatureSet s;
  EXPECT_TRUE(s.has(Feature::Mvp));
  EXPECT_FALSE(s.has(Feature::Gc));
  s.add(Feature::Gc);
  EXPECT_TRUE(s.has(Feature::Gc));
  s.remove(Feature::Gc);
  EXPECT_EQ(s.bits(), FeatureSet().bits());
  for (unsigned i = 0; i < static_cast<unsigned>(Feature::kCount); ++i)
    EXPECT_TRUE(FeatureSet::all().has(static_cast<Feature>(i)));
}

}  // namespace
}  // namespace ermine::wasm
