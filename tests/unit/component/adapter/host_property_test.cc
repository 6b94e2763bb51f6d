// Random values of random types pass from the host to a guest, from it to a function of the host, and both results
// back, in every tier, encoding and size of pointers, and arrive as they were. ERMINE_ROUNDS and ERMINE_SEED as in
// property_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>

#include "ermine/ermine.h"
#include "reference.h"

namespace ermine::host_property_test {
namespace {

#if __has_feature(address_sanitizer)
constexpr uint64_t kHostRounds = 1000;
#else
constexpr uint64_t kHostRounds = 3000;
#endif

using component::NamedValue;
using component::Value;
using component::ValueKind;
using reference::Encoding;
using reference::Kind;
using reference::Side;
using reference::Type;

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// The definitions of the types that need names, since functions that are exported use them.
class NamedTypes {
 public:
  std::string use(const Type& type) {
    switch (type.kind) {
      case Kind::kRecord: return named("record", "field", type);
      case Kind::kVariant: return named("variant", "case", type);
      case Kind::kEnum:
      case Kind::kFlags: return define(type.text());
      case Kind::kTuple: return compound("tuple", type);
      case Kind::kOption: return compound("option", type);
      case Kind::kList: return compound("list", type);
      case Kind::kMap: return compound("map", type);
      case Kind::kFixedList: return fmt::format("(list {} {})", use(type.parts[0]), type.count);
      case Kind::kResult: {
        const std::string ok = use(type.parts[0]), error = use(type.parts[1]);
        return fmt::format("(result {}{})", ok, error.empty() ? "" : fmt::format(" (error {})", error));
      }
      default: return type.text();
    }
  }
  std::string text;

 private:
  std::string named(std::string_view word, std::string_view part, const Type& type) {
    std::string out = fmt::format("({}", word);
    for (size_t i = 0; i < type.parts.size(); ++i) out += fmt::format(" ({} \"l{}\" {})", part, i, use(type.parts[i]));
    return define(out + ")");
  }
  std::string compound(std::string_view word, const Type& type) {
    std::string out = fmt::format("({}", word);
    for (const Type& part : type.parts) out += " " + use(part);
    return out + ")";
  }
  std::string define(const std::string& type) {
    text += fmt::format("(type $d{0} {1}) (import \"d{0}\" (type $t{0} (eq $d{0})))\n", count_, type);
    return fmt::format("$t{}", count_++);
  }
  unsigned count_ = 0;
};

std::string guest_text(const Type& type, Encoding encoding, bool is64) {
  NamedTypes names;
  const std::string t = names.use(type), p = is64 ? "i64" : "i32";
  Side side;
  side.is64 = is64;
  const std::string flat = reference::flatten(type, side);
  const auto core = [](char c) { return c == 'i' ? "i32" : c == 'I' ? "i64" : c == 'f' ? "f32" : "f64"; };
  std::string params, gets;
  if (flat.size() > 16) {
    params = " " + p, gets = " (local.get 0)";
  } else {
    for (size_t i = 0; i < flat.size(); ++i)
      params += fmt::format(" {}", core(flat[i])), gets += fmt::format(" (local.get {})", i);
  }
  const bool direct = flat.size() == 1;
  const std::string result = direct ? core(flat[0]) : p;
  const std::string call =
      direct ? fmt::format("(call $h{})", gets) : fmt::format("(call $h{0} ({1}.const 64)) ({1}.const 64)", gets, p);
  constexpr const char* kEncodings[] = {"utf8", "utf16", "latin1+utf16"};
  const std::string options = fmt::format("string-encoding={} (memory $m \"memory\") (realloc (func $m \"realloc\"))",
                                          kEncodings[static_cast<size_t>(encoding)]);
  std::string text = fmt::format(R"((component
    {0}
    (import "h" (func $h (param "v" {1}) (result {1})))
    (core module $Memory
      (memory (export "memory") {2} 40)
      (global $next (mut {2}) ({2}.const 65536))
      (func (export "realloc") (param {2} {2} {2} {2}) (result {2})
        (global.set $next ({2}.and ({2}.add (global.get $next) ({2}.const 7)) ({2}.const -8)))
        (global.get $next)
        (global.set $next ({2}.add (global.get $next) (local.get 3))))
      (func (export "free") (param {3}) (global.set $next ({2}.const 65536))))
    (core instance $m (instantiate $Memory))
    (core func $lowered (canon lower (func $h) {4}))
)",
                                 names.text, t, p, result, options);
  text += fmt::format(R"((core module $M
      (import "" "h" (func $h (param{0}{1}){2}))
      (func (export "f") (param{0}) (result {3}) {4}))
    (core instance $i (instantiate $M (with "" (instance (export "h" (func $lowered))))))
    (func (export "f") (param "v" {5}) (result {5})
      (canon lift (core func $i "f") {6} (post-return (func $m "free")))))
)",
                      params, direct ? "" : " " + p, direct ? fmt::format(" (result {})", result) : "", result, call, t,
                      options);
  return text;
}

std::string utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) {
    if (c < 0x80) {
      out += static_cast<char>(c);
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out += static_cast<char>((0xF0 << (3 - more) & 0xFF) | (c >> 6 * more));
    for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | (c >> 6 * i & 0x3F));
  }
  return out;
}

std::string label(uint64_t i) { return fmt::format("l{}", i); }

// What arrives: the one NaN instead of any other.
Value value_of(const reference::Value& v, const Type& type) {
  const auto all = [&](const auto& part_type) {
    std::vector<Value> out;
    for (size_t i = 0; i < v.parts.size(); ++i) out.push_back(value_of(v.parts[i], part_type(i)));
    return out;
  };
  const auto payload = [&] { return value_of(v.parts[0], type.parts[v.number]); };
  switch (type.kind) {
    case Kind::kBool: return Value::boolean(v.number != 0);
    case Kind::kS8:
      return Value::integer(ValueKind::kS8, static_cast<uint64_t>(int64_t{static_cast<int8_t>(v.number)}));
    case Kind::kU8: return Value::integer(ValueKind::kU8, v.number);
    case Kind::kS16:
      return Value::integer(ValueKind::kS16, static_cast<uint64_t>(int64_t{static_cast<int16_t>(v.number)}));
    case Kind::kU16: return Value::integer(ValueKind::kU16, v.number);
    case Kind::kS32: return Value::s32(static_cast<int32_t>(v.number));
    case Kind::kU32: return Value::u32(static_cast<uint32_t>(v.number));
    case Kind::kS64: return Value::s64(static_cast<int64_t>(v.number));
    case Kind::kU64: return Value::u64(v.number);
    case Kind::kF32: {
      const auto f = std::bit_cast<float>(static_cast<uint32_t>(v.number));
      return Value::f32(std::isnan(f) ? std::bit_cast<float>(0x7FC0'0000u) : f);
    }
    case Kind::kF64: {
      const auto f = std::bit_cast<double>(v.number);
      return Value::f64(std::isnan(f) ? std::bit_cast<double>(0x7FF8'0000'0000'0000u) : f);
    }
    case Kind::kChar: return Value::character(static_cast<char32_t>(v.number));
    case Kind::kString: return Value::string(utf8(v.text));
    case Kind::kRecord: {
      std::vector<NamedValue> fields;
      for (size_t i = 0; i < v.parts.size(); ++i) fields.push_back({label(i), value_of(v.parts[i], type.parts[i])});
      return Value::record(std::move(fields));
    }
    case Kind::kTuple: return Value::tuple(all([&](size_t i) { return type.parts[i]; }));
    case Kind::kVariant:
      return v.parts.empty() ? Value::variant(label(v.number)) : Value::variant(label(v.number), payload());
    case Kind::kEnum: return Value::enumeration(label(v.number));
    case Kind::kOption: return v.number == 0 ? Value::none() : Value::some(value_of(v.parts[0], type.parts[0]));
    case Kind::kResult: return v.parts.empty() ? Value::result(v.number == 0) : Value::result(v.number == 0, payload());
    case Kind::kFlags: {
      std::vector<std::string> set;
      for (uint32_t i = 0; i < type.count; ++i)
        if (v.number >> i & 1) set.push_back(label(i));
      return Value::flags(std::move(set));
    }
    case Kind::kMap: {
      std::vector<std::pair<Value, Value>> entries;
      for (const reference::Value& entry : v.parts)
        entries.emplace_back(value_of(entry.parts[0], type.parts[0]), value_of(entry.parts[1], type.parts[1]));
      return Value::map(std::move(entries));
    }
    default: return Value::list(all([&](size_t) { return type.parts[0]; }));
  }
}

void run(const Type& type, Encoding encoding, bool is64, Tier tier, std::mt19937_64& random) {
  Config config;
  config.enable_all_features();
  config.tier = tier;
  const Engine engine(config);
  const std::string text = guest_text(type, encoding, is64);
  auto component = Component::from_text(engine, text, "guest");
  ASSERT_TRUE(component) << component.error().to_string() << "\n" << text;
  ComponentLinker linker(engine);
  std::optional<Value> seen, answer;
  ASSERT_TRUE(
      linker.func("", "h", [&](ComponentCaller&, std::span<const Value> arguments) -> Result<std::optional<Value>> {
        seen = arguments[0].clone();
        return std::optional<Value>(answer->clone());
      }));
  Store store(engine);
  auto instance = linker.instantiate(store, *component);
  ASSERT_TRUE(instance) << instance.error().to_string();
  const std::optional<ComponentFunc> f = instance->get_func("f");
  ASSERT_TRUE(f);
  for (int i = 0; i < 3; ++i) {
    const Value given = value_of(reference::random_value(random, type), type);
    answer = value_of(reference::random_value(random, type), type);
    const auto result = f->call(std::span(&given, 1));
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_TRUE(*seen == given);
    EXPECT_TRUE(**result == *answer);
  }
}

TEST(ComponentHostProperty, ValuesSurviveTheRoundTrip) {
  std::mt19937_64 random(number_from("ERMINE_SEED", 20261201));
  const uint64_t rounds = number_from("ERMINE_ROUNDS", kHostRounds) / 3;
  for (uint64_t i = 0; i < rounds; ++i) {
    // LLVM takes milliseconds for a function, so that its tier has one round in fifty.
    Tier tier = Config::tiers()[i % Config::tiers().size()].tier;
    if (tier == Tier::kOptimized && i % 50 >= Config::tiers().size()) tier = Tier::kBaseline;
    const Type type = reference::random_type(random, 4);
    const auto encoding = static_cast<Encoding>(random() % 3);
    Side side;
    side.is64 = random() % 3 == 0;
    if (reference::size(type, side) > 60'000) continue;
    SCOPED_TRACE(fmt::format("round {}: {}, encoding {}, {} bits, tier {}", i, type.text(), static_cast<int>(encoding),
                             side.is64 ? 64 : 32, static_cast<int>(tier)));
    run(type, encoding, side.is64, tier, random);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace ermine::host_property_test
