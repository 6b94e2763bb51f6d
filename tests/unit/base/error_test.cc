#include "ermine/error.h"

#include <gtest/gtest.h>

#include "ermine/result.h"

namespace ermine {
namespace {

TEST(Error, SaysWhatAndWhere) {
  Error error(ErrorKind::kInvalid, "type mismatch", 0x2a);
  EXPECT_TRUE(error);
  EXPECT_EQ(error.kind(), ErrorKind::kInvalid);
  EXPECT_EQ(error.to_string(), "type mismatch at offset 0x2a");
  error = std::move(error).with_context("app.wasm");
  EXPECT_EQ(error.message(), "app.wasm: type mismatch");
}

TEST(Error, TrapHasTheScriptsWordingAndABacktrace) {
  Error error = Error::trap(TrapCode::kIntegerDivideByZero).with_backtrace({{7, "main", "m", 0x10}, {9, "", "", 0x20}});
  EXPECT_EQ(error.trap_code(), TrapCode::kIntegerDivideByZero);
  EXPECT_EQ(error.message(), "integer divide by zero");
  EXPECT_EQ(error.to_string(), "integer divide by zero\n  0: 0x10 - m!main\n  1: 0x20 - <function 9>");
  Error copy = error.clone();
  EXPECT_EQ(copy.backtrace().size(), 2u);
}

TEST(Error, FramesThatRepeatAreShownOnce) {
  const FrameInfo f{1, "f", "m", 0x10}, g{2, "g", "m", 0x20}, main{3, "main", "m", 0x30}, other{1, "f", "m", 0x11};
  auto text = [](std::vector<FrameInfo> frames) {
    return Error::trap(TrapCode::kUnreachable).with_backtrace(std::move(frames)).to_string();
  };
  EXPECT_EQ(text({f, f, f, f, f, main}),
            "unreachable\n  0: 0x10 - m!f\n  … the frame above, 4 more times\n  5: 0x30 - m!main");
  EXPECT_EQ(text({main, f, g, f, g, f, g, f, g, f}),
            "unreachable\n  0: 0x30 - m!main\n  1: 0x10 - m!f\n  2: 0x20 - m!g\n  … the 2 frames above, 3 more times\n"
            "  9: 0x10 - m!f");
  // Few repetitions are shown in full, and different calls of the same function are different frames.
  EXPECT_EQ(text({f, f, f}), "unreachable\n  0: 0x10 - m!f\n  1: 0x10 - m!f\n  2: 0x10 - m!f");
  EXPECT_EQ(text({f, other, f, other}),
            "unreachable\n  0: 0x10 - m!f\n  1: 0x11 - m!f\n  2: 0x10 - m!f\n  3: 0x11 - m!f");
}

TEST(Error, SaysWhichLimitWasReached) {
  EXPECT_EQ(Error::trap(TrapCode::kUnreachable).limit(), Limit::kNone);
  EXPECT_EQ(Error::trap(TrapCode::kInterrupted).limit(), Limit::kNone);  // it may have been requested
  EXPECT_EQ(Error::trap(TrapCode::kCallStackExhausted).limit(), Limit::kStackBytes);
  EXPECT_EQ(Error::trap(TrapCode::kGcHeapExhausted).limit(), Limit::kGcHeapBytes);
  EXPECT_EQ(Error::trap(TrapCode::kOutOfFuel).limit(), Limit::kFuel);
  Error error = Error(ErrorKind::kLimit, "full").with_limit(Limit::kTables);
  EXPECT_EQ(error.clone().with_context("m").limit(), Limit::kTables);
  EXPECT_EQ(limit_setting(error.limit()), "StoreLimits::tables");
  EXPECT_EQ(error.to_string(), "full (StoreLimits::tables)");
  EXPECT_EQ(error.message(), "full");
  EXPECT_EQ(Error(ErrorKind::kLimit, "large").with_limit(Limit::kModuleBytes).to_string(), "large");
  EXPECT_EQ(limit_setting(Limit::kWrittenBytes), "WasiConfig::max_written_bytes");
  EXPECT_EQ(limit_setting(Limit::kNone), "");
}

TEST(Error, OffsetsMoveWithTheBeginning) {
  EXPECT_EQ(Error(ErrorKind::kInvalid, "x", 3).with_offset_moved(40).offset(), 43u);
  EXPECT_EQ(Error(ErrorKind::kInvalid, "x").with_offset_moved(40).offset(), Error::kNoOffset);
}

TEST(Error, NamesInFramesAndContextsAreMadePrintable) {
  Error error = Error::trap(TrapCode::kUnreachable).with_backtrace({{7, "f\n  9: 0x99 - g", "m\x1b[31m", 0x10}});
  EXPECT_EQ(error.to_string(), "unreachable\n  0: 0x10 - m\\1b[31m!f\\0a  9: 0x99 - g");
  error = Error(ErrorKind::kInvalid, "two\nlines").with_context("a\nb.wat");
  EXPECT_EQ(error.message(), "a\\0ab.wat: two\nlines");
}

TEST(Error, ExitKeepsItsCode) { EXPECT_EQ(Error::exit(-3).exit_code(), -3); }

TEST(Error, DefaultAndMovedFromAreEmpty) {
  Error error(ErrorKind::kIo, "x");
  Error other = std::move(error);
  EXPECT_FALSE(error);
  EXPECT_FALSE(Error());
  EXPECT_TRUE(other);
}

Result<int> half(int x) {
  if (x % 2) return Error(ErrorKind::kUsage, "odd");
  return x / 2;
}
Result<int> quarter(int x) {
  ERMINE_ASSIGN(int h, half(x));
  return half(h);
}

TEST(Result, PassesValuesAndErrors) {
  EXPECT_EQ(quarter(8).value(), 2);
  auto bad = quarter(6);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message(), "odd");
}

}  // namespace
}  // namespace ermine
