#include "base/leb128.h"

#include <gtest/gtest.h>

#include <vector>

namespace ermine::base {
namespace {

struct Read {
  ReadStatus status = ReadStatus::kOk;
  uint64_t value = 0;
  size_t used = 0;
};

Read read(std::vector<uint8_t> bytes, unsigned bits, bool is_signed) {
  Read r;
  const uint8_t* next = read_leb(bytes.data(), bytes.data() + bytes.size(), bits, is_signed, r.value, r.status);
  if (next) r.used = static_cast<size_t>(next - bytes.data());
  return r;
}

void encode(uint64_t value, std::vector<uint8_t>& out) {
  do {
    out.push_back(static_cast<uint8_t>((value & 0x7F) | (value > 0x7F ? 0x80 : 0)));
    value >>= 7;
  } while (value);
}
void encode_signed(int64_t value, std::vector<uint8_t>& out) {
  while (true) {
    uint8_t byte = value & 0x7F;
    value >>= 7;
    bool done = (value == 0 && !(byte & 0x40)) || (value == -1 && (byte & 0x40));
    out.push_back(done ? byte : byte | 0x80);
    if (done) return;
  }
}

TEST(Leb128, ReadsBackWhatIsWritten) {
  for (unsigned shift = 0; shift < 64; ++shift) {
    for (int64_t delta : {-1, 0, 1}) {
      uint64_t value = (uint64_t{1} << shift) + static_cast<uint64_t>(delta);
      std::vector<uint8_t> bytes;
      encode(value, bytes);
      Read r = read(bytes, 64, false);
      EXPECT_EQ(r.value, value);
      EXPECT_EQ(r.used, bytes.size());
      for (int64_t v : {static_cast<int64_t>(value), -static_cast<int64_t>(value >> 1)}) {
        bytes.clear();
        encode_signed(v, bytes);
        EXPECT_EQ(static_cast<int64_t>(read(bytes, 64, true).value), v);
        if (v == static_cast<int32_t>(v)) EXPECT_EQ(static_cast<int64_t>(read(bytes, 32, true).value), v);
      }
    }
  }
}

TEST(Leb128, PaddingIsAllowedUpToTheLimit) {
  EXPECT_EQ(read({0x82, 0x80, 0x80, 0x80, 0x00}, 32, false).value, 2u);
  EXPECT_EQ(read({0x82, 0x80, 0x80, 0x80, 0x80, 0x00}, 32, false).status, ReadStatus::kTooLong);
  EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, 32, true).value, ~uint64_t{0});
  EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F}, 32, true).status, ReadStatus::kTooLong);
}

TEST(Leb128, UnusedBitsMustBeZeroOrTheSign) {
  EXPECT_EQ(read({0x82, 0x80, 0x80, 0x80, 0x10}, 32, false).status, ReadStatus::kTooLarge);
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x70}, 32, true).status, ReadStatus::kTooLarge);
  EXPECT_EQ(read({0xFF, 0xFF, 0xFF, 0xFF, 0x0F}, 32, true).status, ReadStatus::kTooLarge);
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x78}, 32, true).value, 0xFFFFFFFF80000000u);
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7E}, 64, true).status, ReadStatus::kTooLarge);
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7F}, 64, true).value, uint64_t{1} << 63);
}

TEST(Leb128, TruncatedNumbersAreErrors) {
  EXPECT_EQ(read({}, 32, false).status, ReadStatus::kUnexpectedEnd);
  EXPECT_EQ(read({0x80}, 32, false).status, ReadStatus::kUnexpectedEnd);
  EXPECT_EQ(read({0x80, 0x80}, 7, true).status, ReadStatus::kTooLong);
}

}  // namespace
}  // namespace ermine::base
