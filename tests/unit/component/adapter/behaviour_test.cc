// What adapters check and do, one rule at a time.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "world.h"

namespace ermine::component {
namespace {

using reference::Encoding;
using Realloc = Guest::Realloc;

Guest guest(Encoding encoding = Encoding::kUtf8, bool is64 = false) {
  Guest made;
  made.encoding = encoding;
  made.is64 = is64;
  return made;
}
std::string func(std::string_view signature) { return fmt::format("(type (func {}))", signature); }

// What the callee got for these arguments.
std::vector<uint64_t> received(World& world, const std::vector<uint64_t>& args) {
  std::vector<uint64_t> got;
  world.callee = [&](std::span<const uint64_t> flat) {
    got.assign(flat.begin(), flat.end());
    return std::vector<uint64_t>();
  };
  const auto result = world.call(args);
  EXPECT_TRUE(result) << result.error().to_string();
  return got;
}

uint64_t received(std::string_view type, uint64_t arg) {
  World world(func(fmt::format("(param \"x\" {})", type)), guest(), guest());
  const auto got = received(world, {arg});
  return got.size() == 1 ? got[0] : ~uint64_t{0};
}
std::string trap_of(std::string_view type, uint64_t arg) {
  World world(func(fmt::format("(param \"x\" {})", type)), guest(), guest());
  return world.trap_of({arg});
}

TEST(ComponentAdapter, IntegersAreExtendedFromTheirLowBits) {
  EXPECT_EQ(received("u8", 0x1234'56FF), 0xFFu);
  EXPECT_EQ(received("s8", 0x1234'5680), 0xFFFF'FF80u);
  EXPECT_EQ(received("u16", 0x1234'F678), 0xF678u);
  EXPECT_EQ(received("s16", 0x1234'F678), 0xFFFF'F678u);
  EXPECT_EQ(received("u32", 0xFFFF'FFFF), 0xFFFF'FFFFu);
  EXPECT_EQ(received("s32", 0x8000'0000), 0x8000'0000u);
  EXPECT_EQ(received("u64", ~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(received("s64", uint64_t{1} << 63), uint64_t{1} << 63);
}

TEST(ComponentAdapter, Floats) {
  EXPECT_EQ(received("f32", 0x4048'F5C3), 0x4048'F5C3u);
  EXPECT_EQ(received("f64", 0x4009'1EB8'51EB'851F), 0x4009'1EB8'51EB'851Fu);
  EXPECT_EQ(received("f32", 0x8000'0000), 0x8000'0000u);
  EXPECT_GT(received("f32", 0x7FA0'0001) & 0x7FFF'FFFF, 0x7F80'0000u);  // a NaN stays some NaN
  EXPECT_GT(received("f64", 0x7FF4'0000'0000'0001) & ~(uint64_t{1} << 63), 0x7FF0'0000'0000'0000u);
}

TEST(ComponentAdapter, BoolsAndChars) {
  EXPECT_EQ(received("bool", 0), 0u);
  EXPECT_EQ(received("bool", 0x100), 1u);
  for (const uint32_t c : {0u, 0x41u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu})
    EXPECT_EQ(received("char", c), c);
  for (const uint32_t c : {0xD800u, 0xDBFFu, 0xDFFFu, 0x110000u, 0x80000000u, 0xFFFFFFFFu})
    EXPECT_EQ(trap_of("char", c), "invalid `char` bit pattern") << c;
}

TEST(ComponentAdapter, EnumsAndFlags) {
  EXPECT_EQ(received("(enum \"a\" \"b\" \"c\")", 2), 2u);
  EXPECT_EQ(trap_of("(enum \"a\" \"b\" \"c\")", 3), "invalid variant discriminant");
  EXPECT_EQ(trap_of("(enum \"a\" \"b\" \"c\")", 0xFFFF'FFFF), "invalid variant discriminant");
  EXPECT_EQ(received("(flags \"a\" \"b\" \"c\")", 0xFFFF'FFFD), 5u);
  std::string labels;
  for (int i = 1; i <= 32; ++i) {
    labels += fmt::format(" \"l{}\"", i);
    EXPECT_EQ(received(fmt::format("(flags{})", labels), 0xF5F5'F5F5), 0xF5F5'F5F5u & (0xFFFF'FFFFu >> (32 - i))) << i;
  }
}

// The cases share an i32 for f32, and an i64 for both floats and integers.
TEST(ComponentAdapter, JoinedTypes) {
  World narrow(func("(param \"x\" (variant (case \"a\" u8) (case \"b\" f32)))"), guest(), guest());
  EXPECT_EQ(received(narrow, {0, 0xABCD'EF12}), (std::vector<uint64_t>{0, 0x12}));
  EXPECT_EQ(received(narrow, {1, 0x4048'F5C3}), (std::vector<uint64_t>{1, 0x4048'F5C3}));
  World wide(func("(param \"x\" (variant (case \"a\" f32) (case \"b\" f64) (case \"c\" s8) (case \"d\")))"), guest(),
             guest());
  EXPECT_EQ(received(wide, {0, 0xFFFF'FFFF'4048'F5C3}), (std::vector<uint64_t>{0, 0x4048'F5C3}));
  EXPECT_EQ(received(wide, {1, 0xC009'1EB8'51EB'851F}), (std::vector<uint64_t>{1, 0xC009'1EB8'51EB'851F}));
  EXPECT_EQ(received(wide, {2, 0xFFFF'FFFF'0000'00FF}), (std::vector<uint64_t>{2, 0xFFFF'FFFF}));
  EXPECT_EQ(received(wide, {3, 0x1234}), (std::vector<uint64_t>{3, 0}));  // no payload passes
  EXPECT_EQ(wide.trap_of({4, 0}), "invalid variant discriminant");
  World result(func("(param \"x\" (result (tuple u8 f64) (error char)))"), guest(), guest());
  EXPECT_EQ(received(result, {0, 7, 0x4009'1EB8'51EB'851F}), (std::vector<uint64_t>{0, 7, 0x4009'1EB8'51EB'851F}));
  EXPECT_EQ(received(result, {1, 0x20AC, 99}), (std::vector<uint64_t>{1, 0x20AC, 0}));
  EXPECT_EQ(result.trap_of({1, 0xD800, 99}), "invalid `char` bit pattern");
  result.set_flags(1, kInstanceIdle);
  // A case that is not taken is not checked.
  EXPECT_EQ(received(result, {0, 0xD800, 0}), (std::vector<uint64_t>{0, 0, 0}));
}

TEST(ComponentAdapter, ScopesAndHandles) {
  const std::string resources = "(type $r (resource (rep i32)))";
  World world(resources + func("(param \"a\" (own $r)) (param \"b\" (option (borrow $r))) (result (own $r))"), guest(),
              guest());
  world.callee = [](std::span<const uint64_t> flat) {
    EXPECT_EQ(flat[0], 1005u);
    EXPECT_EQ(flat[2], 1006u);
    return std::vector<uint64_t>{7};
  };
  const auto result = world.call({5, 1, 6});
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ(*result, std::vector<uint64_t>{1007});
  EXPECT_EQ(world.events,
            (std::vector<std::string>{"enter-call", "transfer-own 5 from 0 to 1", "transfer-borrow 6 from 0 to 1",
                                      "transfer-own 7 from 1 to 0", "exit-call"}));
  World plain(resources + func("(param \"a\" (own $r))"), guest(), guest());
  received(plain, {5});
  EXPECT_EQ(plain.events, (std::vector<std::string>{"transfer-own 5 from 0 to 1"}));
}

TEST(ComponentAdapter, ListsOfNumbersAreCopied) {
  for (const bool to64 : {false, true}) {
    World world(func("(param \"x\" (list u32)) (result (list u8))"), guest(), guest(Encoding::kUtf8, to64), true);
    ASSERT_TRUE(world.ready());
    world.put(0, 16, "abcdefgh");
    world.callee = [&](std::span<const uint64_t> flat) {
      EXPECT_EQ(flat[1], 2u);
      EXPECT_EQ(world.get(1, flat[0], 8), "abcdefgh");
      world.put(1, 1000, "xyz");
      std::string area(16, '\0');
      area[to64 ? 8 : 4] = 3;
      area[0] = static_cast<char>(1000 & 0xFF);
      area[1] = static_cast<char>(1000 >> 8);
      world.put(1, 2000, area);
      return std::vector<uint64_t>{2000};
    };
    const auto result = world.call({16, 2, 400});
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ(world.guests[1].reallocs, (std::vector<Realloc>{{0, 0, 4, 8}}));
    EXPECT_EQ(world.guests[0].reallocs, (std::vector<Realloc>{{0, 0, 1, 3}}));
    EXPECT_EQ(world.get(0, 400, 8), std::string("\x40\0\0\0\3\0\0\0", 8));
    EXPECT_EQ(world.get(0, 64, 3), "xyz");
    EXPECT_EQ(world.post_returns, (std::vector<std::vector<uint64_t>>{{2000}}));
  }
}

TEST(ComponentAdapter, BadLists) {
  World world(func("(param \"x\" (list u32))"), guest(), guest());
  ASSERT_TRUE(world.ready());
  const auto trap = [&](uint64_t pointer, uint64_t length) {
    world.set_flags(1, kInstanceIdle);
    world.set_flags(0, kInstanceRuns);
    return world.trap_of({pointer, length});
  };
  EXPECT_EQ(trap(65536, 0), "");  // at the end is in the memory
  EXPECT_EQ(trap(65532, 1), "");
  EXPECT_EQ(trap(65536, 1), "list content out-of-bounds");
  EXPECT_EQ(trap(0xFFFF'FFFC, 1), "list content out-of-bounds");
  EXPECT_EQ(trap(65540, 0), "list content out-of-bounds");
  EXPECT_EQ(trap(2, 1), "unaligned pointer");
  EXPECT_EQ(trap(2, 0), "unaligned pointer");
  EXPECT_EQ(trap(0, 0x400'0000), "list is too long: the limit is 2^28 bytes");
  EXPECT_EQ(trap(0, 0x3FF'FFFF), "list content out-of-bounds");
  EXPECT_EQ(trap(0, 0x4000'0001), "list is too long: the limit is 2^28 bytes");  // 4 * this is 4 in 32 bits
  EXPECT_EQ(trap(0, 0xFFFF'FFFF), "list is too long: the limit is 2^28 bytes");
  World wide(func("(param \"x\" (list u32))"), guest(Encoding::kUtf8, true), guest());
  ASSERT_TRUE(wide.ready());
  EXPECT_EQ(wide.trap_of({uint64_t{1} << 32, 1}), "list content out-of-bounds");
  wide.set_flags(1, kInstanceIdle);
  EXPECT_EQ(wide.trap_of({~uint64_t{3}, 1}), "list content out-of-bounds");
  wide.set_flags(1, kInstanceIdle);
  EXPECT_EQ(wide.trap_of({0, uint64_t{1} << 62}), "list is too long: the limit is 2^28 bytes");
  wide.set_flags(1, kInstanceIdle);
  EXPECT_EQ(wide.trap_of({0, uint64_t{1} << 32}), "list is too long: the limit is 2^28 bytes");
}

TEST(ComponentAdapter, ReallocMisbehaves) {
  const auto trap = [](uint64_t pointer, bool is64 = false) {
    Guest callee = guest(Encoding::kUtf8, is64);
    callee.allocator = [=](const Realloc&) { return pointer; };
    World world(func("(param \"x\" (list u32))"), guest(), callee);
    world.put(0, 0, "1234");
    return world.trap_of({0, 1});
  };
  EXPECT_EQ(trap(65532), "");
  EXPECT_EQ(trap(2), "unaligned pointer");
  EXPECT_EQ(trap(65536), adapter_trap_message(AdapterTrap::ReallocOutOfBounds));
  EXPECT_EQ(trap(0xFFFF'FFFC), adapter_trap_message(AdapterTrap::ReallocOutOfBounds));
  EXPECT_EQ(trap(~uint64_t{3}, true), adapter_trap_message(AdapterTrap::ReallocOutOfBounds));
  Guest failing = guest();
  failing.allocator = [](const Realloc&) -> Result<uint64_t> { return Error(ErrorKind::kTrap, "no memory"); };
  World world(func("(param \"x\" string)"), guest(), failing);
  EXPECT_EQ(world.trap_of({0, 1}), "no memory");
  EXPECT_EQ(world.guests[1].flags_now(), kInstanceMayNotLeave);  // and so it is never entered again
  EXPECT_EQ(world.trap_of({0, 1}), "cannot enter component instance");
}

TEST(ComponentAdapter, FlagsOfInstances) {
  World world(func(""), guest(), guest());
  ASSERT_TRUE(world.ready());
  EXPECT_EQ(world.trap_of({}), "");
  world.set_flags(0, kInstanceMayNotLeave);
  EXPECT_EQ(world.trap_of({}), "cannot leave component instance");
  world.set_flags(0, kInstanceRuns);
  world.set_flags(1, kInstanceRuns);
  EXPECT_EQ(world.trap_of({}), "cannot enter component instance");
  world.set_flags(1, kInstanceIdle);
  world.before_callee = [&]() -> Result<void> {  // calls itself
    world.before_callee = nullptr;
    return world.adapter->call(std::span<const Val>(), std::span<Val>());
  };
  EXPECT_EQ(world.trap_of({}), "cannot enter component instance");
}

TEST(ComponentAdapter, ExceptionsAreTraps) {
  Guest callee = guest();
  callee.throws = true;
  World world(func(""), guest(), callee);
  ASSERT_TRUE(world.ready());
  const auto result = world.call({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), ErrorKind::kTrap);
  EXPECT_EQ(result.error().message(), "an exception left a component instance");
  EXPECT_EQ(world.trap_of({}), "cannot enter component instance");
}

TEST(ComponentAdapter, BacktracesNameTheFunction) {
  World world(func("(param \"x\" (list char))"), guest(), guest());
  ASSERT_TRUE(world.ready());
  const auto result = world.call({2, 0});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().to_string().find("adapter of test#f"), std::string::npos) << result.error().to_string();
}

// Sixteen parameters are passed as core values, seventeen in memory.
TEST(ComponentAdapter, ManyParameters) {
  std::string params;
  std::vector<uint64_t> args;
  for (int i = 0; i < 16; ++i) {
    params += fmt::format("(param \"p{}\" u8)", i);
    args.push_back(static_cast<uint64_t>(i));
  }
  World flat(func(params), guest(), guest());
  EXPECT_EQ(received(flat, args), args);
  World many(func(params + "(param \"last\" u32)"), guest(), guest());
  ASSERT_TRUE(many.ready());
  many.put(0, 32, std::string_view("0123456789abcdefABCD", 20));
  const auto got = received(many, {32});
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(many.get(1, got[0], 20), "0123456789abcdefABCD");
  EXPECT_EQ(many.guests[1].reallocs, (std::vector<Realloc>{{0, 0, 4, 20}}));
  EXPECT_EQ(many.trap_of({33}), "unaligned pointer");
  many.set_flags(1, kInstanceIdle);
  EXPECT_EQ(many.trap_of({65520}), "pointer out of bounds of memory");
}

TEST(ComponentAdapter, ResultsInMemory) {
  World world(func("(result (tuple u8 u32))"), guest(), guest(), true);
  ASSERT_TRUE(world.ready());
  uint64_t at = 16;
  world.callee = [&](std::span<const uint64_t>) { return std::vector<uint64_t>{at}; };
  world.put(1, 16, std::string_view("a---BCDE", 8));
  world.put(0, 64, "........");
  EXPECT_EQ(world.trap_of({64}), "");
  EXPECT_EQ(world.get(0, 64, 8), "a...BCDE");  // bytes between the fields stay what they were
  EXPECT_EQ(world.trap_of({66}), "unaligned pointer");
  const auto retry = [&](uint64_t pointer, uint64_t out) {
    world.set_flags(1, kInstanceIdle);
    at = pointer;
    return world.trap_of({out});
  };
  EXPECT_EQ(retry(16, 65532), "pointer out of bounds of memory");
  EXPECT_EQ(retry(17, 64), "unaligned pointer");
  EXPECT_EQ(retry(65536, 64), "pointer out of bounds of memory");
  EXPECT_EQ(world.post_returns.size(), 1u);
}

struct Text {
  Encoding encoding;
  std::string bytes;
  uint64_t length;
};
constexpr uint64_t kTag = 0x8000'0000;

// Passes a string, and returns what the callee got: the length and the bytes.
std::pair<uint64_t, std::string> pass(const Text& text, Encoding to, std::vector<Realloc>* reallocs = nullptr) {
  World world(func("(param \"x\" string)"), guest(text.encoding), guest(to));
  world.put(0, 256, text.bytes);
  std::pair<uint64_t, std::string> got;
  world.callee = [&](std::span<const uint64_t> flat) {
    const bool wide = to == Encoding::kUtf16 || (to == Encoding::kLatin1Utf16 && (flat[1] & kTag));
    got = {flat[1], world.get(1, flat[0], (flat[1] & ~kTag) * (wide ? 2 : 1))};
    return std::vector<uint64_t>();
  };
  EXPECT_EQ(world.trap_of({256, text.length}), "");
  if (reallocs) *reallocs = world.guests[1].reallocs;
  return got;
}

using Sizes = std::vector<Realloc>;
constexpr uint64_t kAt = 64;  // where the first allocation is

TEST(ComponentAdapter, StringsInAllEncodings) {
  using namespace std::string_literals;
  const Text sources[][3] = {
      // ASCII, Latin-1, beyond Latin-1, beyond the basic plane
      {{Encoding::kUtf8, "abc", 3}, {Encoding::kUtf16, "a\0b\0c\0"s, 3}, {Encoding::kLatin1Utf16, "abc", 3}},
      {{Encoding::kUtf8, "a\xC3\xA9", 3}, {Encoding::kUtf16, "a\0\xE9\0"s, 2}, {Encoding::kLatin1Utf16, "a\xE9", 2}},
      {{Encoding::kUtf8, "\xE2\x82\xAC!", 4},
       {Encoding::kUtf16, "\xAC\x20!\0"s, 2},
       {Encoding::kLatin1Utf16, "\xAC\x20!\0"s, 2 | kTag}},
      {{Encoding::kUtf8, "\xF0\x9F\x98\x80", 4},
       {Encoding::kUtf16, "\x3D\xD8\x00\xDE"s, 2},
       {Encoding::kLatin1Utf16, "\x3D\xD8\x00\xDE"s, 2 | kTag}},
  };
  for (const auto& row : sources)
    for (const Text& from : row)
      for (const Text& to : row) {
        const auto got = pass(from, to.encoding);
        EXPECT_EQ(got.first, to.length) << static_cast<int>(from.encoding) << " to " << static_cast<int>(to.encoding);
        EXPECT_EQ(got.second, to.bytes);
      }
  // Tagged text that would fit Latin-1 is made compact.
  EXPECT_EQ(pass({Encoding::kLatin1Utf16, "a\0\xE9\0"s, 2 | kTag}, Encoding::kLatin1Utf16),
            (std::pair<uint64_t, std::string>(2, "a\xE9")));
}

// The calls of realloc are those of the specification.
TEST(ComponentAdapter, StringsCallRealloc) {
  using namespace std::string_literals;
  Sizes calls;
  pass({Encoding::kUtf8, "abc", 3}, Encoding::kUtf8, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 1, 3}}));
  pass({Encoding::kUtf16, "a\0b\0"s, 2}, Encoding::kUtf8, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 1, 2}}));
  pass({Encoding::kUtf16, "a\0\xE9\0"s, 2}, Encoding::kUtf8, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 1, 2}, {kAt, 2, 1, 6}, {kAt + 2, 6, 1, 3}}));
  pass({Encoding::kLatin1Utf16, "\xE9\xE9", 2}, Encoding::kUtf8, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 1, 2}, {kAt, 2, 1, 4}}));
  pass({Encoding::kUtf8, "\xC3\xA9", 2}, Encoding::kUtf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 4}, {kAt, 4, 2, 2}}));
  pass({Encoding::kUtf8, "abc", 3}, Encoding::kLatin1Utf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 3}}));
  pass({Encoding::kUtf8, "a\xC3\xA9", 3}, Encoding::kLatin1Utf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 3}, {kAt, 3, 2, 2}}));
  pass({Encoding::kUtf8, "a\xE2\x82\xAC", 4}, Encoding::kLatin1Utf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 4}, {kAt, 4, 2, 8}, {kAt + 4, 8, 2, 4}}));
  pass({Encoding::kLatin1Utf16, "a\0b\0"s, 2 | kTag}, Encoding::kLatin1Utf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 4}, {kAt, 4, 1, 2}}));
  pass({Encoding::kUtf8, "", 0}, Encoding::kUtf16, &calls);
  EXPECT_EQ(calls, (Sizes{{0, 0, 2, 0}}));
}

TEST(ComponentAdapter, BadStrings) {
  const auto trap = [](Encoding from, Encoding to, std::string_view bytes, uint64_t pointer, uint64_t length) {
    World world(func("(param \"x\" string)"), guest(from), guest(to));
    world.put(0, 256, bytes);
    return world.trap_of({pointer, length});
  };
  for (const Encoding to : {Encoding::kUtf8, Encoding::kUtf16, Encoding::kLatin1Utf16}) {
    EXPECT_EQ(trap(Encoding::kUtf8, to, "ab\xC3", 256, 3), "invalid utf-8");
    EXPECT_EQ(trap(Encoding::kUtf8, to, "\xED\xA0\x80", 256, 3), "invalid utf-8");
    EXPECT_EQ(trap(Encoding::kUtf16, to, std::string_view("a\0\x00\xD8", 4), 256, 2), "invalid utf-16");
    EXPECT_EQ(trap(Encoding::kLatin1Utf16, to, std::string_view("\x00\xDC", 2), 256, 1 | kTag), "invalid utf-16");
    EXPECT_EQ(trap(Encoding::kUtf8, to, "", 65536, 1), "string content out-of-bounds");
    EXPECT_EQ(trap(Encoding::kUtf8, to, "", 0xFFFF'FFFF, 2), "string content out-of-bounds");
    EXPECT_EQ(trap(Encoding::kUtf16, to, "", 257, 1), "unaligned pointer");
    EXPECT_EQ(trap(Encoding::kLatin1Utf16, to, "", 257, 1), "unaligned pointer");
    EXPECT_EQ(trap(Encoding::kUtf8, to, "", 0, 0x1000'0000), "string content is too long: the limit is 2^28 bytes");
    EXPECT_EQ(trap(Encoding::kUtf16, to, "", 0, 0x800'0000), "string content is too long: the limit is 2^28 bytes");
    EXPECT_EQ(trap(Encoding::kUtf16, to, "", 0, 0xFFFF'FFFF), "string content is too long: the limit is 2^28 bytes");
  }
}

TEST(ComponentAdapter, ElementsInMemoryAreChecked) {
  const auto trap = [](std::string_view type, std::string_view bytes, uint64_t length) {
    World world(func(fmt::format("(param \"x\" (list {}))", type)), guest(), guest());
    world.put(0, 256, bytes);
    return world.trap_of({256, length});
  };
  EXPECT_EQ(trap("char", std::string_view("\0\0\0\0\0\xD8\0\0", 8), 2), "invalid `char` bit pattern");
  EXPECT_EQ(trap("(enum \"a\" \"b\")", "\x01\x02", 2), "invalid variant discriminant");
  EXPECT_EQ(trap("(option u8)", std::string_view("\0\xFF\2\0", 4), 2), "invalid variant discriminant");
  EXPECT_EQ(trap("(option char)", std::string_view("\1\0\0\0\0\xD8\0\0", 8), 1), "invalid `char` bit pattern");
  EXPECT_EQ(trap("(list u8)", std::string_view("\xFF\xFF\xFF\xFF\1\0\0\0", 8), 1), "list content out-of-bounds");
  EXPECT_EQ(trap("(list char 2)", std::string_view("\0\0\0\0\0\xD8\0\0", 8), 1), "invalid `char` bit pattern");
  EXPECT_EQ(trap("bool", "\0\x01\xFF", 3), "");
}

// Bytes between the fields of the caller's records do not reach the callee.
TEST(ComponentAdapter, PaddingIsNotCopied) {
  World world(func("(param \"x\" (list (tuple u8 u32)))"), guest(), guest());
  world.put(0, 256,
            "a\xAA\xBB\xCC"
            "1234");
  EXPECT_EQ(received(world, {256, 1}), (std::vector<uint64_t>{kAt, 1}));
  EXPECT_EQ(world.get(1, kAt, 8), std::string("a\0\0\0"
                                              "1234",
                                              8));
}

}  // namespace
}  // namespace ermine::component
