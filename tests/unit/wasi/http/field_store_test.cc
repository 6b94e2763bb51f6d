// What the program's limit counts for HTTP fields is free again when they are gone.
#include <gtest/gtest.h>

#include "wasi/preview2/http_resources.h"

namespace ermine::wasi::preview2 {
namespace {

TEST(FieldStore, GivesBackWhatWasCountedForIt) {
  const auto counts = std::make_shared<Counts>();
  for (const uint64_t bytes : {0, 1000}) {
    FieldStore store(counts);
    counts->field_bytes += bytes;
    store.counted += bytes;
  }
  EXPECT_EQ(counts->field_bytes, 0u);
}

}  // namespace
}  // namespace ermine::wasi::preview2
