// Random values of random types pass from one guest to another and back, in every tier, and are compared with what the
// reference reads. ERMINE_ROUNDS and ERMINE_SEED in the environment ask for more rounds, and for others.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "world.h"

namespace ermine::component {
namespace {

#if __has_feature(address_sanitizer)
constexpr uint64_t kRounds = 3000;
#else
constexpr uint64_t kRounds = 9000;
#endif

using reference::Kind;
using reference::Side;
using reference::Type;
using reference::Value;

// One call: `params` go to the callee, which returns `result`.
struct Round {
  std::vector<Type> params;
  Type result;  // kNone: none
  Guest caller, callee;
  Tier tier = Tier::kAuto;
};

// Those of this build, in turn; but LLVM takes milliseconds for a function, so that its tier has one round in fifty.
Tier tier_of(size_t round) {
  const Tier tier = Config::tiers()[round % Config::tiers().size()].tier;
  return tier == Tier::kOptimized && round % 50 >= Config::tiers().size() ? Tier::kBaseline : tier;
}

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

std::string definitions(const Round& round) {
  std::string text = "(type (func";
  for (size_t i = 0; i < round.params.size(); ++i)
    text += fmt::format(" (param \"p{}\" {})", i, round.params[i].text());
  if (round.result.kind != Kind::kNone) text += fmt::format(" (result {})", round.result.text());
  return text + "))";
}

// Returns what went wrong.
void run(const Round& round, std::mt19937_64& random, unsigned calls) {
  World world(definitions(round), round.caller, round.callee, random() % 2 == 0, round.tier);
  ASSERT_TRUE(world.ready());
  const Type tuple{Kind::kTuple, round.params, 0};
  for (unsigned n = 0; n < calls; ++n) {
    for (Guest& guest : world.guests) guest.next = 64;
    Side a = world.guests[0].side(&random), b = world.guests[1].side(&random);
    const Value given = round.params.empty() ? Value() : random_value(random, tuple);
    const Value answer = round.result.kind == Kind::kNone ? Value() : random_value(random, round.result);
    std::vector<uint64_t> returned;
    bool called = false;
    world.callee = [&](std::span<const uint64_t> flat) {
      called = true;
      b.exact = true;
      if (!round.params.empty()) {
        const bool in_memory = flatten(tuple, b).size() > 16;
        const Value taken = in_memory ? load(b, flat[0], tuple) : lift(b, flat, tuple);
        EXPECT_TRUE(equal(given, taken, tuple)) << show(given, tuple) << "\n" << show(taken, tuple);
      }
      b.exact = false;
      if (round.result.kind != Kind::kNone) {
        if (flatten(round.result, b).size() > 1) {
          returned = {b.allocate(alignment(round.result, b), size(round.result, b))};
          store(b, answer, round.result, returned[0]);
        } else {
          lower(b, answer, round.result, returned);
        }
      }
      return returned;
    };
    std::vector<uint64_t> args;
    if (!round.params.empty()) {
      if (flatten(tuple, a).size() > 16) {
        args = {a.allocate(alignment(tuple, a), size(tuple, a))};
        store(a, given, tuple, args[0]);
      } else {
        lower(a, given, tuple, args);
      }
    }
    const bool out = round.result.kind != Kind::kNone && flatten(round.result, a).size() > 1;
    if (out) args.push_back(a.allocate(alignment(round.result, a), size(round.result, a)));
    world.post_returns.clear();
    const auto results = world.call(args);
    ASSERT_TRUE(results) << results.error().to_string();
    EXPECT_TRUE(called);
    if (!world.post_returns.empty()) EXPECT_EQ(world.post_returns, (std::vector<std::vector<uint64_t>>{returned}));
    if (round.result.kind == Kind::kNone) continue;
    std::span<const uint64_t> flat(*results);
    a.exact = true;
    const Value back = out ? load(a, args.back(), round.result) : lift(a, flat, round.result);
    EXPECT_TRUE(equal(answer, back, round.result)) << show(answer, round.result) << "\n" << show(back, round.result);
  }
}

TEST(ComponentAdapterProperty, ValuesSurviveTheRoundTrip) {
  std::mt19937_64 random(number_from("ERMINE_SEED", 20250701));
  const uint64_t rounds = number_from("ERMINE_ROUNDS", kRounds), calls = 3;
  for (uint64_t i = 0; i < rounds / calls; ++i) {
    Round round;
    round.tier = tier_of(i);
    const auto params = random() % 5;
    for (size_t k = 0; k < params; ++k) round.params.push_back(reference::random_type(random, 3));
    if (random() % 4 != 0) round.result = reference::random_type(random, 4);
    round.caller.encoding = static_cast<reference::Encoding>(random() % 3);
    round.callee.encoding = static_cast<reference::Encoding>(random() % 3);
    round.caller.is64 = random() % 4 == 0;
    round.callee.is64 = random() % 4 == 0;
    SCOPED_TRACE(fmt::format("round {}: {}, encodings {} and {}, 64 bits {} and {}, tier {}", i, definitions(round),
                             static_cast<int>(round.caller.encoding), static_cast<int>(round.callee.encoding),
                             round.caller.is64, round.callee.is64, static_cast<int>(round.tier)));
    run(round, random, calls);
    if (testing::Test::HasFailure()) return;
  }
}

// Every primitive type by itself, in every place.
TEST(ComponentAdapterProperty, PrimitiveTypes) {
  std::mt19937_64 random(4);
  size_t tried = 0;
  for (uint32_t kind = 0; kind <= static_cast<uint32_t>(Kind::kString); ++kind) {
    const Type primitive{static_cast<Kind>(kind), {}, 0};
    const Type list{Kind::kList, {primitive}, 0}, option{Kind::kOption, {primitive}, 0};
    for (uint32_t encodings = 0; encodings < 9; ++encodings) {
      for (const Type& type : {primitive, list, option}) {
        Round round;
        round.tier = tier_of(tried++);
        round.params = {type, primitive};
        round.result = type;
        round.caller.encoding = static_cast<reference::Encoding>(encodings / 3);
        round.callee.encoding = static_cast<reference::Encoding>(encodings % 3);
        SCOPED_TRACE(definitions(round));
        run(round, random, 10);
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace ermine::component
