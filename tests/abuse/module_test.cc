// Excessive modules: a million of everything, depths, false counts.
#include "tests/abuse/attack.h"

namespace ermine::abuse {
namespace {

using binary::operator+;
using binary::append_u32;
using binary::body;
using binary::header;
using binary::one_function;
using binary::section;
using binary::text;

Bytes u32(uint64_t n) {
  Bytes out;
  append_u32(out, static_cast<uint32_t>(n));
  return out;
}
// `n` times the same bytes, after their count.
Bytes many(uint32_t n, const Bytes& one) {
  Bytes out = u32(n);
  out.reserve(out.size() + n * one.size());
  for (uint32_t i = 0; i < n; ++i) out.insert(out.end(), one.begin(), one.end());
  return out;
}
Bytes repeat(uint32_t n, const Bytes& one) {
  Bytes out;
  out.reserve(n * one.size());
  for (uint32_t i = 0; i < n; ++i) out.insert(out.end(), one.begin(), one.end());
  return out;
}
Attack attack(Bytes module, std::string expected, long most_mb = 100) {
  Attack a;
  a.module = std::move(module);
  a.expected = std::move(expected);
  a.most_mb = most_mb;
  return a;
}
const Bytes kNoParams = {0, 0};  // () -> ()
const Bytes kEmptyBody = {2, 0, 0x0b};
constexpr uint32_t kMillion = 1'000'000;

#ifdef ERMINE_BASELINE
// Compiling takes many times the size of a body, so a body of megabytes is interpreted.
TEST(Abuse, LoopsInOneFunction) {
  for (uint32_t loops : {400'000u, 2'500'000u}) {
    const Bytes content = Bytes{0} + repeat(loops, {0x03, 0x40, 0x0b}) + Bytes{0x0b};
    Attack a = attack(header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0}) +
                          section(7, Bytes{1} + text("run") + Bytes{0, 0}) + section(10, Bytes{1} + body(content)),
                      "", 330);
    a.tier = Tier::kBaseline;
    expect_contained(std::to_string(loops) + " loops", a);
  }
}
#endif

TEST(Abuse, AMillionOfEverything) {
  const Bytes type = section(1, {1, 0x60, 0, 0});
  expect_contained("types", attack(header() + section(1, many(kMillion, {0x60, 0, 0})), "", 600));
  Bytes different = u32(200'000);
  for (uint32_t i = 0; i < 200'000; ++i) {
    different.insert(different.end(), {0x60, 17});
    for (int bit = 0; bit < 17; ++bit) different.push_back(i >> bit & 1 ? 0x7f : 0x7e);
    different.push_back(0);
  }
  expect_contained("different types", attack(header() + section(1, different), "", 600));
  expect_contained("more types", attack(header() + section(1, many(kMillion + 1, {0x60, 0, 0})), "types"));
  expect_contained(
      "functions",
      attack(header() + type + section(3, many(kMillion, {0})) + section(10, many(kMillion, kEmptyBody)), "", 600));
  expect_contained("more functions", attack(header() + type + section(3, many(kMillion + 1, {0})) +
                                                section(10, many(kMillion + 1, kEmptyBody)),
                                            "functions"));
  expect_contained("globals", attack(header() + section(6, many(kMillion, {0x7f, 0, 0x41, 0, 0x0b})), "", 400));
  expect_contained("imports",
                   attack(header() + type + section(2, many(kMillion, {1, 'a', 1, 'b', 0, 0})), "unknown import", 800));
  Bytes exports = u32(kMillion);
  for (uint32_t i = 0; i < kMillion; ++i)
    exports.insert(exports.end(), {4, static_cast<uint8_t>(i & 0x7f), static_cast<uint8_t>(i >> 7 & 0x7f),
                                   static_cast<uint8_t>(i >> 14 & 0x7f), 'x', 0, 0});
  const Bytes one = section(3, {1, 0});
  expect_contained("exports",
                   attack(header() + type + one + section(7, exports) + section(10, Bytes{1} + kEmptyBody), "", 400));
  expect_contained("the same export", attack(header() + type + one + section(7, many(kMillion, {1, 'x', 0, 0})) +
                                                 section(10, Bytes{1} + kEmptyBody),
                                             "duplicate"));
  expect_contained("tags", attack(header() + type + section(13, many(kMillion, {0, 0})), "", 300));
  expect_contained("tables", attack(header() + section(4, many(100'000, {0x70, 0, 0})), "StoreLimits::tables", 300));
  expect_contained("memories", attack(header() + section(5, many(kMillion, {0, 1})), "memories"));
  expect_contained(
      "elements", attack(header() + type + one + section(4, {1, 0x70, 0, 1}) +
                             section(9, Bytes{1, 1, 0} + many(10 * kMillion, {0})) + section(10, Bytes{1} + kEmptyBody),
                         "", 500));
  expect_contained(
      "data segments",
      attack(header() + section(5, {1, 0, 1}) + section(11, many(100'000, {0, 0x41, 0, 0x0b, 1, 7})), "", 200));
  Bytes custom = header();
  for (uint32_t i = 0; i < kMillion; ++i) custom.insert(custom.end(), {0, 2, 1, 'x'});
  expect_contained("custom sections", attack(custom, "", 300));
}

TEST(Abuse, Locals) {
  const Bytes declared = u32(50'000) + Bytes{0x7f};
  expect_contained("of sixteen bytes",
                   attack(one_function(kNoParams, Bytes{1} + u32(50'000) + Bytes{0x7b, 0x0b}), "slots"));
  expect_contained("fifty thousand", attack(one_function(kNoParams, Bytes{1} + declared + Bytes{0x0b}), ""));
  expect_contained("a million",
                   attack(one_function(kNoParams, Bytes{1} + u32(kMillion) + Bytes{0x7f, 0x0b}), "locals"));
  expect_contained(
      "four billion",
      attack(one_function(kNoParams, Bytes{2} + u32(0xffffffff) + Bytes{0x7f} + u32(2) + Bytes{0x7f, 0x0b}), "locals"));
  expect_contained("a million declarations",
                   attack(one_function(kNoParams, many(kMillion, {0, 0x7f}) + Bytes{0x0b}), ""));
  // Ten thousand functions with the largest possible frame, calling each other.
  Bytes bodies = u32(10'000);
  for (uint32_t i = 0; i < 10'000; ++i)
    bodies = std::move(bodies) + body(Bytes{1} + declared + Bytes{0x10} + u32((i + 1) % 10'000) + Bytes{0x0b});
  expect_contained("large frames", attack(header() + section(1, {1, 0x60, 0, 0}) + section(3, many(10'000, {0})) +
                                              section(7, Bytes{1} + text("run") + Bytes{0, 0}) + section(10, bodies),
                                          "call stack exhausted", 100));
}

TEST(Abuse, Depth) {
  for (const uint8_t opcode : {0x02, 0x03, 0x06, 0x1f}) {
    const Bytes open = opcode == 0x1f ? Bytes{opcode, 0x40, 0} : Bytes{opcode, 0x40};
    expect_contained(
        "blocks",
        attack(one_function(kNoParams, Bytes{0} + repeat(kMillion, open) + repeat(kMillion + 1, {0x0b})), "nest"));
    expect_contained(
        "fewer blocks",
        attack(one_function(kNoParams, Bytes{0} + repeat(40'000, open) + repeat(40'001, {0x0b})), "", 200));
  }
  expect_contained(
      "ifs", attack(one_function(kNoParams, Bytes{0} + repeat(40'000, {0x41, 1, 0x04, 0x40}) + repeat(40'001, {0x0b})),
                    "", 200));
  // Nested blocks with many values: a careless validator keeps the product.
  const Bytes wide = many(1000, {0x7f});
  const Bytes types = Bytes{2, 0x60, 0, 0, 0x60} + wide + wide;
  const Bytes values = repeat(1000, {0x41, 0});
  expect_contained("wide blocks",
                   attack(header() + section(1, types) + section(3, {1, 0}) +
                              section(10, Bytes{1} + body(Bytes{0} + values + repeat(20'000, {0x02, 0x01}) +
                                                          repeat(20'000, {0x0b}) + repeat(1000, {0x1a}) + Bytes{0x0b})),
                          "", 300));
  expect_contained("a deep operand stack", attack(one_function(kNoParams, Bytes{0} + repeat(kMillion, {0x41, 0}) +
                                                                              repeat(kMillion, {0x1a}) + Bytes{0x0b}),
                                                  "operands on the stack", 200));
  expect_contained("a long constant expression",
                   attack(header() + section(6, Bytes{1, 0x7f, 0} + repeat(kMillion, {0x41, 0}) +
                                                    repeat(kMillion - 1, {0x6a}) + Bytes{0x0b}),
                          "operands on the stack", 200));
  // Nested text.
  std::string parentheses = "(module (func ";
  for (int i = 0; i < 300'000; ++i) parentheses += "(block ";
  const Outcome end = in_child([&]() -> Result<void> {
    auto r = text::parse(parentheses);
    if (!r) return std::move(r).error();
    return {};
  });
  EXPECT_FALSE(end.crashed);
  EXPECT_NE(end.text, "");
  Bytes chain = u32(kMillion);
  chain.insert(chain.end(), {0x50, 0, 0x5f, 0});
  for (uint32_t i = 1; i < kMillion; ++i)
    chain.insert(chain.end(), {0x50, 1}), append_u32(chain, i - 1), chain.insert(chain.end(), {0x5f, 0});
  expect_contained("a chain of subtypes", attack(header() + section(1, chain), "too deep", 600));
}

TEST(Abuse, Branches) {
  for (const auto& [n, expected] : {std::pair{60'000u, ""}, std::pair{kMillion, "br_table"}})
    expect_contained(
        "br_table", attack(one_function(kNoParams, Bytes{0, 0x41, 0, 0x0e} + many(n, {0}) + Bytes{0, 0x0b}), expected));
  // A hundred of the largest, each to a block with a thousand values.
  const Bytes wide = many(1000, {0x7f});
  Bytes code = Bytes{0, 0x02, 0x01} + repeat(1000, {0x41, 0});
  for (int i = 0; i < 100; ++i) code = std::move(code) + Bytes{0x41, 0, 0x0e} + many(60'000, {0}) + Bytes{0};
  code = std::move(code) + Bytes{0x0b} + repeat(1000, {0x1a}) + Bytes{0x0b};
  expect_contained("wide br_table", attack(header() + section(1, Bytes{2, 0x60, 0, 0, 0x60, 0} + wide) +
                                               section(3, {1, 0}) + section(10, Bytes{1} + body(code)),
                                           "", 200));
}

TEST(Abuse, WrongCounts) {
  const Bytes huge = u32(0xffffffff);
  for (uint8_t id = 1; id <= 13; ++id)
    expect_contained("count of section " + std::to_string(id),
                     attack(header() + section(id, huge), id == 8    ? "unknown function 4294967295"
                                                          : id == 12 ? "inconsistent lengths: 4294967295 and 0"
                                                                     : "length out of bounds: 4294967295"));
  for (uint8_t id = 0; id <= 14; ++id) {
    const bool known = id < 14;
    expect_contained(
        "size of section " + std::to_string(id),
        attack(header() + Bytes{id} + huge, known ? "length out of bounds: 4294967295" : "malformed section id", 60));
    expect_contained("truncated section " + std::to_string(id),
                     attack(header() + Bytes{id} + u32(1'000'000) + Bytes{200, 200, 200, 1},
                            known ? "length out of bounds: 1000000" : "malformed section id", 60));
  }
  expect_contained("parameters",
                   attack(header() + section(1, Bytes{1, 0x60} + huge), "length out of bounds: 4294967295"));
  expect_contained("fields", attack(header() + section(1, Bytes{1, 0x5f} + huge), "length out of bounds: 4294967295"));
  expect_contained("a recursion group",
                   attack(header() + section(1, Bytes{1, 0x4e} + huge), "length out of bounds: 4294967295"));
  expect_contained("a name", attack(header() + section(7, Bytes{1} + huge), "length out of bounds: 4294967295"));
  expect_contained("locals of a body", attack(one_function(kNoParams, huge), "length out of bounds: 4294967295"));
  expect_contained("targets",
                   attack(one_function(kNoParams, Bytes{0, 0x41, 0, 0x0e} + huge), "length out of bounds: 4294967295"));
  expect_contained("catches",
                   attack(one_function(kNoParams, Bytes{0, 0x1f, 0x40} + huge), "length out of bounds: 4294967295"));
  expect_contained("bytes of data", attack(header() + section(11, Bytes{1, 1} + huge), "unexpected end"));
  expect_contained("elements",
                   attack(header() + section(9, Bytes{1, 1, 0} + huge), "length out of bounds: 4294967295"));
  expect_contained("names", attack(header() + section(0, text("name") + Bytes{1, 5} + huge), ""));
  expect_contained("a table's minimum", attack(header() + section(4, Bytes{1, 0x70, 0} + huge), "elements"));
}

}  // namespace
}  // namespace ermine::abuse
