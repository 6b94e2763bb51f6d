#include "operations.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <limits>

namespace ermine::cross {

namespace {

using Result = std::optional<Bits>;

float f32(Bits b) { return std::bit_cast<float>(static_cast<uint32_t>(b)); }
double f64(Bits b) { return std::bit_cast<double>(b); }
Result of(float f) { return std::isnan(f) ? Result() : std::bit_cast<uint32_t>(f); }
Result of(double d) { return std::isnan(d) ? Result() : std::bit_cast<uint64_t>(d); }

// Integers of 8 to 64 bits, by the width. Everything is computed with 128 bits, where nothing overflows.
using Wide = __int128;
template <unsigned kBits>
Wide sign(Bits v) {
  const Bits all = kBits == 64 ? ~Bits{0} : (Bits{1} << (kBits % 64)) - 1;
  v &= all;
  return (v >> (kBits - 1)) & 1 ? static_cast<Wide>(v) - (static_cast<Wide>(1) << kBits) : static_cast<Wide>(v);
}
template <unsigned kBits>
Bits cut(Wide v) {
  return static_cast<Bits>(v) & (kBits == 64 ? ~Bits{0} : (Bits{1} << (kBits % 64)) - 1);
}

template <unsigned N>
void integers(std::vector<Operation>& out) {
  const std::string t = N == 32 ? "i32" : "i64";
  const char c = N == 32 ? 'i' : 'l';
  auto binary = [&](const char* name, Result (*f)(Bits, Bits)) {
    out.push_back({t, "(" + t + "." + name + " %a %b)", {c, c}, c, f});
  };
  auto compare = [&](const char* name, Result (*f)(Bits, Bits)) {
    out.push_back({t, "(" + t + "." + name + " %a %b)", {c, c}, 'i', f});
  };
  auto unary = [&](const char* name, Result (*f)(Bits, Bits), char result) {
    out.push_back({t, "(" + t + "." + name + " %a)", {c}, result, f});
  };
  binary("add", [](Bits a, Bits b) -> Result { return cut<N>(sign<N>(a) + sign<N>(b)); });
  binary("sub", [](Bits a, Bits b) -> Result { return cut<N>(sign<N>(a) - sign<N>(b)); });
  binary("mul", [](Bits a, Bits b) -> Result { return cut<N>(sign<N>(a) * sign<N>(b)); });
  binary("div_s", [](Bits a, Bits b) -> Result {
    if (b == 0) return {};
    const Wide q = sign<N>(a) / sign<N>(b);
    return q == static_cast<Wide>(1) << (N - 1) ? Result() : cut<N>(q);
  });
  binary("div_u", [](Bits a, Bits b) -> Result { return b == 0 ? Result() : a / b; });
  binary("rem_s", [](Bits a, Bits b) -> Result { return b == 0 ? Result() : cut<N>(sign<N>(a) % sign<N>(b)); });
  binary("rem_u", [](Bits a, Bits b) -> Result { return b == 0 ? Result() : a % b; });
  binary("and", [](Bits a, Bits b) -> Result { return a & b; });
  binary("or", [](Bits a, Bits b) -> Result { return a | b; });
  binary("xor", [](Bits a, Bits b) -> Result { return a ^ b; });
  binary("shl", [](Bits a, Bits b) -> Result { return cut<N>(static_cast<Wide>(a) << (b % N)); });
  binary("shr_s", [](Bits a, Bits b) -> Result { return cut<N>(sign<N>(a) >> (b % N)); });
  binary("shr_u", [](Bits a, Bits b) -> Result { return a >> (b % N); });
  binary("rotl", [](Bits a, Bits b) -> Result {
    return cut<N>(static_cast<Wide>(a) << (b % N)) | (b % N == 0 ? 0 : a >> (N - b % N));
  });
  binary("rotr", [](Bits a, Bits b) -> Result {
    return a >> (b % N) | (b % N == 0 ? 0 : cut<N>(static_cast<Wide>(a) << (N - b % N)));
  });
  compare("eq", [](Bits a, Bits b) -> Result { return a == b; });
  compare("ne", [](Bits a, Bits b) -> Result { return a != b; });
  compare("lt_s", [](Bits a, Bits b) -> Result { return sign<N>(a) < sign<N>(b); });
  compare("lt_u", [](Bits a, Bits b) -> Result { return a < b; });
  compare("gt_s", [](Bits a, Bits b) -> Result { return sign<N>(a) > sign<N>(b); });
  compare("gt_u", [](Bits a, Bits b) -> Result { return a > b; });
  compare("le_s", [](Bits a, Bits b) -> Result { return sign<N>(a) <= sign<N>(b); });
  compare("le_u", [](Bits a, Bits b) -> Result { return a <= b; });
  compare("ge_s", [](Bits a, Bits b) -> Result { return sign<N>(a) >= sign<N>(b); });
  compare("ge_u", [](Bits a, Bits b) -> Result { return a >= b; });
  unary("eqz", [](Bits a, Bits) -> Result { return a == 0; }, 'i');
  unary(
      "clz",
      [](Bits a, Bits) -> Result {
        Bits n = 0;
        while (n < N && (a >> (N - 1 - n) & 1) == 0) ++n;
        return n;
      },
      c);
  unary(
      "ctz",
      [](Bits a, Bits) -> Result {
        Bits n = 0;
        while (n < N && (a >> n & 1) == 0) ++n;
        return n;
      },
      c);
  unary(
      "popcnt",
      [](Bits a, Bits) -> Result {
        Bits n = 0;
        for (unsigned i = 0; i < N; ++i) n += a >> i & 1;
        return n;
      },
      c);
  unary("extend8_s", [](Bits a, Bits) -> Result { return cut<N>(sign<8>(a)); }, c);
  unary("extend16_s", [](Bits a, Bits) -> Result { return cut<N>(sign<16>(a)); }, c);
}

template <class F>
F from(Bits b) {
  if constexpr (sizeof(F) == 4) return f32(b);
  else return f64(b);
}

// Converts to a 32-bit integer exactly; nothing if it does not fit.
template <class F, bool kSigned>
Result truncated(Bits a, Bits) {
  const F f = from<F>(a);
  const double low = kSigned ? -2147483649.0 : -1.0, high = kSigned ? 2147483648.0 : 4294967296.0;
  if (std::isnan(f) || !(static_cast<double>(f) > low) || !(static_cast<double>(f) < high)) return {};
  return cut<32>(static_cast<Wide>(f));
}
template <class F, bool kSigned>
Result saturated(Bits a, Bits) {
  const F f = from<F>(a);
  if (std::isnan(f)) return 0;
  if (Result r = truncated<F, kSigned>(a, 0)) return r;
  if (f < 0) return kSigned ? 0x80000000u : 0u;
  return kSigned ? 0x7fffffffu : 0xffffffffu;
}

template <class F>
void floats(std::vector<Operation>& out) {
  const bool single = sizeof(F) == 4;
  const std::string t = single ? "f32" : "f64";
  const char c = single ? 'f' : 'd';
  auto add = [&](const std::string& name, const char* operands, char result, Result (*f)(Bits, Bits)) {
    const bool two = operands[1] != 0;
    out.push_back({"float", "(" + name + (two ? " %a %b)" : " %a)"), operands, result, f});
  };
  const std::string one(1, c), two(2, c);
  add(t + ".add", two.c_str(), c, [](Bits a, Bits b) { return of(from<F>(a) + from<F>(b)); });
  add(t + ".sub", two.c_str(), c, [](Bits a, Bits b) { return of(from<F>(a) - from<F>(b)); });
  add(t + ".mul", two.c_str(), c, [](Bits a, Bits b) { return of(from<F>(a) * from<F>(b)); });
  add(t + ".div", two.c_str(), c, [](Bits a, Bits b) { return of(from<F>(a) / from<F>(b)); });
  add(t + ".min", two.c_str(), c, [](Bits a, Bits b) {
    const F x = from<F>(a), y = from<F>(b);
    if (std::isnan(x) || std::isnan(y)) return Result();
    return of(x == y ? (std::signbit(x) ? x : y) : x < y ? x : y);
  });
  add(t + ".max", two.c_str(), c, [](Bits a, Bits b) {
    const F x = from<F>(a), y = from<F>(b);
    if (std::isnan(x) || std::isnan(y)) return Result();
    return of(x == y ? (std::signbit(x) ? y : x) : x > y ? x : y);
  });
  add(t + ".copysign", two.c_str(), c, [](Bits a, Bits b) -> Result {
    constexpr Bits kSign = Bits{1} << (sizeof(F) * 8 - 1);
    return (a & ~kSign) | (b & kSign);
  });
  add(t + ".eq", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) == from<F>(b); });
  add(t + ".ne", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) != from<F>(b); });
  add(t + ".lt", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) < from<F>(b); });
  add(t + ".gt", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) > from<F>(b); });
  add(t + ".le", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) <= from<F>(b); });
  add(t + ".ge", two.c_str(), 'i', [](Bits a, Bits b) -> Result { return from<F>(a) >= from<F>(b); });
  add(t + ".abs", one.c_str(), c, [](Bits a, Bits) -> Result { return a & ~(Bits{1} << (sizeof(F) * 8 - 1)); });
  add(t + ".neg", one.c_str(), c, [](Bits a, Bits) -> Result { return a ^ Bits { 1 } << (sizeof(F) * 8 - 1); });
  add(t + ".ceil", one.c_str(), c, [](Bits a, Bits) { return of(std::ceil(from<F>(a))); });
  add(t + ".floor", one.c_str(), c, [](Bits a, Bits) { return of(std::floor(from<F>(a))); });
  add(t + ".trunc", one.c_str(), c, [](Bits a, Bits) { return of(std::trunc(from<F>(a))); });
  add(t + ".nearest", one.c_str(), c, [](Bits a, Bits) { return of(std::nearbyint(from<F>(a))); });
  add(t + ".sqrt", one.c_str(), c, [](Bits a, Bits) { return of(std::sqrt(from<F>(a))); });
  add("i32.trunc_" + t + "_s", one.c_str(), 'i', truncated<F, true>);
  add("i32.trunc_" + t + "_u", one.c_str(), 'i', truncated<F, false>);
  add("i32.trunc_sat_" + t + "_s", one.c_str(), 'i', saturated<F, true>);
  add("i32.trunc_sat_" + t + "_u", one.c_str(), 'i', saturated<F, false>);
  add(t + ".convert_i32_s", "i", c, [](Bits a, Bits) { return of(static_cast<F>(static_cast<int64_t>(sign<32>(a)))); });
  add(t + ".convert_i32_u", "i", c, [](Bits a, Bits) { return of(static_cast<F>(static_cast<uint32_t>(a))); });
  add(t + ".convert_i64_s", "l", c, [](Bits a, Bits) { return of(static_cast<F>(static_cast<int64_t>(a))); });
  add(t + ".convert_i64_u", "l", c, [](Bits a, Bits) { return of(static_cast<F>(a)); });
}

void conversions(std::vector<Operation>& out) {
  out.push_back({"i64", "(i32.wrap_i64 %a)", "l", 'i', [](Bits a, Bits) -> Result { return cut<32>(a); }});
  out.push_back(
      {"i64", "(i64.extend_i32_s %a)", "i", 'l', [](Bits a, Bits) -> Result { return cut<64>(sign<32>(a)); }});
  out.push_back({"i64", "(i64.extend_i32_u %a)", "i", 'l', [](Bits a, Bits) -> Result { return a; }});
  out.push_back({"i64", "(i64.extend32_s %a)", "l", 'l', [](Bits a, Bits) -> Result { return cut<64>(sign<32>(a)); }});
  out.push_back({"float", "(i32.reinterpret_f32 %a)", "f", 'i', [](Bits a, Bits) -> Result { return a; }});
  out.push_back({"float", "(f32.reinterpret_i32 %a)", "i", 'f', [](Bits a, Bits) -> Result { return a; }});
  out.push_back({"float", "(i64.reinterpret_f64 %a)", "d", 'l', [](Bits a, Bits) -> Result { return a; }});
  out.push_back(
      {"float", "(f32.demote_f64 %a)", "d", 'f', [](Bits a, Bits) { return of(static_cast<float>(f64(a))); }});
  out.push_back(
      {"float", "(f64.promote_f32 %a)", "f", 'd', [](Bits a, Bits) { return of(static_cast<double>(f32(a))); }});
}

void vectors(std::vector<Operation>& out) {
  auto add = [&](const char* text, Result (*f)(Bits, Bits)) { out.push_back({"vector", text, "i", 'i', f}); };
  add("(i8x16.extract_lane_s 3 (i8x16.splat %a))", [](Bits a, Bits) -> Result { return cut<32>(sign<8>(a)); });
  add("(i8x16.extract_lane_u 0 (i32x4.splat %a))", [](Bits a, Bits) -> Result { return a & 0xff; });
  add("(i16x8.extract_lane_s 1 (i32x4.splat %a))", [](Bits a, Bits) -> Result { return cut<32>(sign<16>(a >> 16)); });
  add("(i16x8.extract_lane_u 7 (i16x8.splat %a))", [](Bits a, Bits) -> Result { return a & 0xffff; });
  add("(i32x4.extract_lane 0 (i32x4.splat %a))", [](Bits a, Bits) -> Result { return a; });
  add("(i32x4.extract_lane 3 (i32x4.replace_lane 3 (v128.const i64x2 -1 -1) %a))",
      [](Bits a, Bits) -> Result { return a; });
  add("(i32x4.extract_lane 1 (i64x2.splat (i64.extend_i32_s %a)))",
      [](Bits a, Bits) -> Result { return a >> 31 ? 0xffffffffu : 0u; });
  add("(i32.reinterpret_f32 (f32x4.extract_lane 2 (i32x4.splat %a)))", [](Bits a, Bits) -> Result { return a; });
  add("(i8x16.bitmask (i32x4.splat %a))", [](Bits a, Bits) -> Result {
    const Bits m = (a >> 7 & 1) | (a >> 15 & 1) << 1 | (a >> 23 & 1) << 2 | (a >> 31 & 1) << 3;
    return m | m << 4 | m << 8 | m << 12;
  });
  add("(i16x8.bitmask (i16x8.splat %a))", [](Bits a, Bits) -> Result { return a >> 15 & 1 ? 0xff : 0; });
  add("(i32x4.bitmask (i32x4.replace_lane 1 (v128.const i64x2 -1 -1) %a))",
      [](Bits a, Bits) -> Result { return a >> 31 ? 15 : 13; });
  add("(i64x2.bitmask (i32x4.splat %a))", [](Bits a, Bits) -> Result { return a >> 31 ? 3 : 0; });
  add("(v128.any_true (i32x4.splat %a))", [](Bits a, Bits) -> Result { return a != 0; });
  add("(i8x16.all_true (i8x16.splat %a))", [](Bits a, Bits) -> Result { return (a & 0xff) != 0; });
  add("(i16x8.all_true (i32x4.splat %a))", [](Bits a, Bits) -> Result { return (a & 0xffff) != 0 && a >> 16 != 0; });
  add("(i32x4.all_true (i32x4.splat %a))", [](Bits a, Bits) -> Result { return a != 0; });
  add("(i64x2.all_true (i64x2.splat (i64.extend_i32_u %a)))", [](Bits a, Bits) -> Result { return a != 0; });
}

// Ways that pass a value on unchanged, or cut it.
void passing(std::vector<Operation>& out) {
  auto same = [&](const char* text) {
    out.push_back({"passing", text, "i", 'i', [](Bits a, Bits) -> Result { return a; }});
  };
  auto add = [&](const char* text, Result (*f)(Bits, Bits)) { out.push_back({"passing", text, "i", 'i', f}); };
  same("(local.tee $t %a)");
  same("(block (result i32) (local.set $t %a) (local.get $t))");
  same("(block (result i32) (br 0 %a))");
  same("(block (result i32) (drop (br_if 0 %a (i32.const 1))) (i32.const -7))");
  same("(if (result i32) (i32.const 1) (then %a) (else (i32.const -7)))");
  same("(block (result i32) (br_table 0 0 %a (i32.const 1)))");
  same("(select %a (i32.const -7) (i32.const 1))");
  same("(select (i32.const -7) %a (i32.const 0))");
  same("(select (result i32) %a (local.get $t) (i32.const -8))");
  same("(block (result i32) (global.set $g32 %a) (global.get $g32))");
  same("(block (result i32) (global.set $imported %a) (global.get $imported))");
  same("(call $same %a)");
  same("(call $host_same %a)");
  same("(call_indirect $others (type $unary) %a (i32.const 1))");
  same("(call_ref $unary %a (ref.func $same))");
  same("(call $through %a)");
  same("(block (result i32) (call $both %a) (drop))");
  same("(block (result i32) (call $both (i32.const -7)) (drop) (drop) (call $both %a) (drop))");
  same("(block (result i32) (try_table (result i32) (catch $e 0) (throw $e %a)))");
  same("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.load (i32.const 0x70000000)))");
  same(
      "(block (result i32) (i32.store (i32.const 0x70000000) %a)"
      " (i32.reinterpret_f32 (f32.load (i32.const 0x70000000))))");
  same("(block (result i32) (i32.store $out (i32.const 65400) %a) (i32.load $out (i32.const 65400)))");
  same("(block (result i32) (i32.atomic.store (i32.const 0x70000000) %a) (i32.atomic.load (i32.const 0x70000000)))");
  same(
      "(block (result i32) (i32.store (i32.const 0x70000000) %a)"
      " (i32.atomic.rmw.add (i32.const 0x70000000) (i32.const -1)))");
  same(
      "(block (result i32) (i32.store (i32.const 0x70000000) %a)"
      " (i32.atomic.rmw.xchg (i32.const 0x70000000) (i32.const -1)))");
  same("(struct.get $s 0 (struct.new $s %a (i32.const -1) (i32.const -1)))");
  same("(array.get $a32 (array.new $a32 %a (i32.const 2)) (i32.const 1))");
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.load8_s (i32.const 0x70000000)))",
      [](Bits a, Bits) -> Result { return cut<32>(sign<8>(a)); });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.load8_u offset=3 (i32.const 0x70000000)))",
      [](Bits a, Bits) -> Result { return a >> 24; });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.load16_s offset=2 (i32.const 0x70000000)))",
      [](Bits a, Bits) -> Result { return cut<32>(sign<16>(a >> 16)); });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.load16_u (i32.const 0x70000000)))",
      [](Bits a, Bits) -> Result { return a & 0xffff; });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a) (i32.atomic.load8_u (i32.const 0x70000000)))",
      [](Bits a, Bits) -> Result { return a & 0xff; });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a)"
      " (i32.atomic.rmw16.or_u (i32.const 0x70000002) (i32.const -1)))",
      [](Bits a, Bits) -> Result { return a >> 16; });
  add("(block (result i32) (i32.store (i32.const 0x70000000) %a)"
      " (i32.atomic.rmw8.cmpxchg_u (i32.const 0x70000000) (i32.const 1) (i32.const -1)))",
      [](Bits a, Bits) -> Result { return a & 0xff; });
  add("(struct.get_s $s 1 (struct.new $s (i32.const -1) %a (i32.const -1)))",
      [](Bits a, Bits) -> Result { return cut<32>(sign<8>(a)); });
  add("(struct.get_u $s 2 (struct.new $s (i32.const -1) (i32.const -1) %a))",
      [](Bits a, Bits) -> Result { return a & 0xffff; });
  add("(array.get_u $a8 (array.new $a8 %a (i32.const 2)) (i32.const 1))",
      [](Bits a, Bits) -> Result { return a & 0xff; });
  add("(array.get_s $a8 (array.new $a8 %a (i32.const 2)) (i32.const 1))",
      [](Bits a, Bits) -> Result { return cut<32>(sign<8>(a)); });
  add("(i31.get_s (ref.i31 %a))", [](Bits a, Bits) -> Result { return cut<32>(sign<31>(a)); });
  add("(i31.get_u (ref.i31 %a))", [](Bits a, Bits) -> Result { return a & 0x7fffffff; });
  add("(ref.eq (ref.i31 %a) (ref.i31 (i32.const -1)))",
      [](Bits a, Bits) -> Result { return (a & 0x7fffffff) == 0x7fffffff; });
  add("(ref.is_null (ref.i31 %a))", [](Bits, Bits) -> Result { return 0; });
  add("(ref.test (ref i31) (ref.i31 %a))", [](Bits, Bits) -> Result { return 1; });
  add("(array.len (array.new $a32 %a (i32.const 40)))", [](Bits, Bits) -> Result { return 40; });
  add("(i32.sub (memory.size) (i32.and %a (i32.const 15)))", [](Bits a, Bits) -> Result { return 65536 - (a & 15); });
  add("(memory.grow %a)", [](Bits a, Bits) -> Result { return a == 0 ? 65536u : 0xffffffffu; });
  add("(i32.or (table.size $functions) %a)", [](Bits a, Bits) -> Result { return a | 60; });
  add("(table.grow $functions (ref.null func) %a)", [](Bits a, Bits) -> Result { return a == 0 ? 60u : 0xffffffffu; });
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> out;
    integers<32>(out);
    integers<64>(out);
    floats<float>(out);
    floats<double>(out);
    conversions(out);
    vectors(out);
    passing(out);
    return out;
  }();
  return all;
}

const std::vector<Bits>& edges(char type) {
  static const auto lists = [] {
    std::array<std::vector<Bits>, 4> l;
    auto add = [](std::vector<Bits>& to, Bits v) {
      for (Bits have : to)
        if (have == v) return;
      to.push_back(v);
    };
    for (unsigned power : {0, 7, 8, 15, 16, 30, 31, 32, 63})
      for (int sign : {1, -1})
        for (int by : {0, -1, 1}) {
          const Bits v = static_cast<Bits>(sign) * (Bits{1} << power) + static_cast<Bits>(by);
          if (power < 32) add(l[0], static_cast<uint32_t>(v));
          add(l[1], v);
          const auto whole = static_cast<int64_t>(v);
          add(l[2], std::bit_cast<uint32_t>(static_cast<float>(whole)));
          add(l[3], std::bit_cast<uint64_t>(static_cast<double>(whole)));
        }
    // As bits: with a non-zero upper half next to the bits of the float.
    for (uint32_t v : {0x80000000u, 0x00000001u, 0x807fffffu, 0xff800000u, 0x3f000000u}) add(l[2], v);
    for (Bits v : std::initializer_list<Bits>{0x8000000000000000u, 0x0000000000000001u, 0xfff0000000000000u,
                                              0xc1efffffffe00007u, 0x3fe0000000000000u})
      add(l[3], v);
    return l;
  }();
  switch (type) {
    case 'i': return lists[0];
    case 'l': return lists[1];
    case 'f': return lists[2];
    default: return lists[3];
  }
}

std::string_view type_name(char type) {
  switch (type) {
    case 'i': return "i32";
    case 'l': return "i64";
    case 'f': return "f32";
    default: return "f64";
  }
}

std::string constant(char type, Bits bits) {
  std::string text(type_name(type));
  text = "(" + text + ".const ";
  char number[64];
  auto value = [&](double d, bool is_negative) {
    if (std::isinf(d)) std::snprintf(number, sizeof number, "%sinf", is_negative ? "-" : "");
    else std::snprintf(number, sizeof number, "%a", d);
  };
  switch (type) {
    case 'i': std::snprintf(number, sizeof number, "%d", static_cast<int32_t>(bits)); break;
    case 'l': std::snprintf(number, sizeof number, "%lld", static_cast<long long>(bits)); break;
    case 'f': value(static_cast<double>(f32(bits)), std::signbit(f32(bits))); break;
    default: value(f64(bits), std::signbit(f64(bits))); break;
  }
  return text + number + ")";
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace ermine::cross
