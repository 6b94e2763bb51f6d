#include "uses.h"

#include <cstring>
#include <string_view>

namespace ermine::cross {

namespace {

constexpr const char* kMemoryTrap = "out of bounds memory access";
constexpr const char* kTableTrap = "out of bounds table access";
constexpr const char* kElementTrap = "undefined element";
constexpr const char* kArrayTrap = "out of bounds array access";

template <class T>
uint64_t get(const uint8_t* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return static_cast<uint64_t>(static_cast<int64_t>(v));
}
template <class T>
void put(uint8_t* at, uint64_t v) {
  const auto t = static_cast<T>(v);
  std::memcpy(at, &t, sizeof t);
}

// The index of a block that br_table branches to: see the text below.
constexpr uint64_t kTargets = 5;

class List {
 public:
  std::vector<Use> uses;

  void number(Use::Kind kind, const char* text, uint64_t (*seen)(uint32_t, uint8_t*)) {
    uses.push_back({kind, text, true, 0, 0, false, kMemoryEnd, "", seen});
  }
  void access(const char* text, unsigned offset, unsigned size, uint64_t (*seen)(uint32_t, uint8_t*),
              bool aligned = false, Use::Kind kind = Use::kLight) {
    uses.push_back({kind, text, true, static_cast<uint8_t>(offset), static_cast<uint8_t>(size), aligned, kMemoryEnd,
                    kMemoryTrap, seen});
  }
  void store(const char* text, unsigned offset, unsigned size, uint64_t (*seen)(uint32_t, uint8_t*),
             bool aligned = false, Use::Kind kind = Use::kLight) {
    access(text, offset, size, seen, aligned, kind);
    uses.back().has_result = false;
  }
  void index(const char* text, uint64_t limit, const char* trap, uint64_t (*seen)(uint32_t, uint8_t*),
             Use::Kind kind = Use::kHeavy) {
    uses.push_back({kind, text, true, 0, 0, false, limit, trap, seen});
  }
};

void numbers(List& l) {
  l.number(Use::kLight, "(i64.extend_i32_u %v)", [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(i64.extend_i32_s %v)",
           [](uint32_t v, uint8_t*) { return static_cast<uint64_t>(static_cast<int32_t>(v)); });
  l.number(Use::kLight, "(i64.extend_i32_u (local.tee $t %v))", [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(block (result i64) (local.set $t %v) (i64.extend_i32_u (local.get $t)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(block (result i64) (global.set $g32 %v) (i64.extend_i32_u (global.get $g32)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(block (result i64) (global.set $imported %v) (i64.extend_i32_u (global.get $imported)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(if (result i64) %v (then (i64.const 3)) (else (i64.const 4)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v != 0 ? 3 : 4; });
  l.number(Use::kLight, "(block (result i64) (drop (br_if 0 (i64.const 3) %v)) (i64.const 4))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v != 0 ? 3 : 4; });
  l.number(Use::kLight, "(block (result i64) (drop (br_if 0 (i64.const 3) (i32.eqz %v))) (i64.const 4))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v == 0 ? 3 : 4; });
  l.number(Use::kLight, "(i64.extend_i32_u (i32.eqz %v))", [](uint32_t v, uint8_t*) -> uint64_t { return v == 0; });
  l.number(Use::kLight, "(select (i64.const 3) (i64.const 4) %v)",
           [](uint32_t v, uint8_t*) -> uint64_t { return v != 0 ? 3 : 4; });
  l.number(Use::kLight, "(i64.extend_i32_u (select %v (i32.const 9) (local.get $n)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight,
           "(block $d (result i64) (block $c (block $b (block $a (br_table $a $b $c $b $a $c %v))"
           " (br $d (i64.const 10))) (br $d (i64.const 11))) (i64.const 12))",
           [](uint32_t v, uint8_t*) -> uint64_t {
             constexpr uint64_t kTo[kTargets + 1] = {10, 11, 12, 11, 10, 12};
             return kTo[v < kTargets ? v : kTargets];
           });
  l.number(Use::kLight,
           "(block $b (result i64) (drop (block $a (result i64) (br_table $a $a $b (i64.const 7) %v)))"
           " (i64.const 8))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v < 2 ? 8 : 7; });
  l.number(Use::kLight, "(i64.extend_i32_u (i32.lt_u %v (i32.const 100)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v < 100; });
  l.number(Use::kLight, "(i64.extend_i32_u (i32.gt_s %v (i32.const -2)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return static_cast<int32_t>(v) > -2; });
  l.number(Use::kLight, "(i64.extend_i32_u (i64.lt_u (i64.extend_i32_u %v) (i64.const 0x100000000)))",
           [](uint32_t, uint8_t*) -> uint64_t { return 1; });
  l.number(Use::kLight, "(i64.shl (i64.const 1) (i64.extend_i32_u %v))",
           [](uint32_t v, uint8_t*) { return uint64_t{1} << v % 64; });
  l.number(Use::kLight, "(i64.shr_u (i64.sub (i64.extend_i32_u %v) (i64.const 1)) (i64.const 32))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v == 0 ? 0xffffffff : 0; });
  l.number(Use::kLight, "(i64.trunc_f64_u (f64.convert_i32_u %v))", [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(i64.trunc_f64_s (f64.convert_i32_s %v))",
           [](uint32_t v, uint8_t*) { return static_cast<uint64_t>(static_cast<int32_t>(v)); });
  l.number(Use::kLight, "(i64.trunc_f32_u (f32.convert_i32_u %v))",
           [](uint32_t v, uint8_t*) { return static_cast<uint64_t>(static_cast<float>(v)); });
  l.number(Use::kLight, "(i64.extend_i32_u (i32.reinterpret_f32 (f32.reinterpret_i32 %v)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(i64x2.extract_lane 0 (i32x4.splat %v))",
           [](uint32_t v, uint8_t*) { return uint64_t{v} | uint64_t{v} << 32; });
  l.number(Use::kLight, "(i64x2.extract_lane 1 (i8x16.splat %v))",
           [](uint32_t v, uint8_t*) { return (v & 0xff) * 0x0101010101010101u; });
  l.number(Use::kLight, "(i64x2.extract_lane 0 (i64x2.splat (i64.extend_i32_u %v)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(i64x2.extract_lane 1 (i32x4.replace_lane 2 (v128.const i64x2 0 0) %v))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
  l.number(Use::kLight, "(i64x2.extract_lane 0 (i16x8.shl (v128.const i64x2 1 0) %v))",
           [](uint32_t v, uint8_t*) { return uint64_t{1} << v % 16; });
  l.number(Use::kLight,
           "(block (result i64) (i64.store (i32.const 0x70000000) (i64.const -1))"
           " (i32.store (i32.const 0x70000000) %v) (i64.load (i32.const 0x70000000)))",
           [](uint32_t v, uint8_t*) { return uint64_t{v} | 0xffffffff00000000u; });
  l.number(Use::kLight,
           "(block (result i64) (i64.store (i32.const 0x70000000) (i64.extend_i32_u %v))"
           " (i64.load (i32.const 0x70000000)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v; });
}

void accesses(List& l) {
  l.access("(i64.load8_u %v)", 0, 1, [](uint32_t, uint8_t* w) { return get<uint8_t>(w); });
  l.access("(i64.load8_s offset=7 %v)", 7, 1, [](uint32_t, uint8_t* w) { return get<int8_t>(w + 7); });
  l.access("(i64.load16_u offset=1 %v)", 1, 2, [](uint32_t, uint8_t* w) { return get<uint16_t>(w + 1); });
  l.access("(i64.load32_s %v)", 0, 4, [](uint32_t, uint8_t* w) { return get<int32_t>(w); });
  l.access("(i64.load offset=30 %v)", 30, 8, [](uint32_t, uint8_t* w) { return get<uint64_t>(w + 30); });
  l.access("(i64.extend_i32_s (i32.load8_s offset=2 %v))", 2, 1,
           [](uint32_t, uint8_t* w) { return get<int8_t>(w + 2); });
  l.access("(i64.extend_i32_u (i32.load8_u %v))", 0, 1, [](uint32_t, uint8_t* w) { return get<uint8_t>(w); });
  l.access("(i64.extend_i32_u (i32.load16_s %v))", 0, 2,
           [](uint32_t, uint8_t* w) { return get<int16_t>(w) & 0xffffffff; });
  l.access("(i64.extend_i32_u (i32.load16_u %v))", 0, 2, [](uint32_t, uint8_t* w) { return get<uint16_t>(w); });
  l.access("(i64.extend_i32_u (i32.load offset=5 %v))", 5, 4,
           [](uint32_t, uint8_t* w) { return get<uint32_t>(w + 5); });
  l.access("(i64.extend_i32_u (i32.reinterpret_f32 (f32.load %v)))", 0, 4,
           [](uint32_t, uint8_t* w) { return get<uint32_t>(w); });
  l.access("(i64.reinterpret_f64 (f64.load %v))", 0, 8, [](uint32_t, uint8_t* w) { return get<uint64_t>(w); });
  // Sums are computed modulo 2^32 before the offset is added.
  l.access("(i64.extend_i32_u (i32.load16_u (i32.add %v (i32.const 24))))", 24, 2,
           [](uint32_t, uint8_t* w) { return get<uint16_t>(w + 24); });
  l.uses.back().trap = nullptr;  // it wraps
  l.access("(i64.load8_u offset=0x40000000 (i32.sub %v (i32.const 0x40000000)))", 0, 1,
           [](uint32_t, uint8_t* w) { return get<uint8_t>(w); });
  l.uses.back().from = 0x40000000;  // below, the difference wraps and is out of bounds
  l.store("(i64.store8 offset=3 %v (i64.const 0x5a))", 3, 1, [](uint32_t, uint8_t* w) {
    w[3] = 0x5a;
    return uint64_t{};
  });
  l.store("(i64.store offset=40 %v (i64.const 0x1122334455667788))", 40, 8, [](uint32_t, uint8_t* w) {
    put<uint64_t>(w + 40, 0x1122334455667788);
    return uint64_t{};
  });
  l.store("(i32.store8 %v (i32.const 0x77))", 0, 1, [](uint32_t, uint8_t* w) {
    w[0] = 0x77;
    return uint64_t{};
  });
  l.store("(i32.store16 offset=6 %v (i32.const 0x1357))", 6, 2, [](uint32_t, uint8_t* w) {
    put<uint16_t>(w + 6, 0x1357);
    return uint64_t{};
  });
  l.store("(i32.store offset=9 %v (i32.const 0x2468ace0))", 9, 4, [](uint32_t, uint8_t* w) {
    put<uint32_t>(w + 9, 0x2468ace0);
    return uint64_t{};
  });
  l.store("(i32.store offset=14 %v %v)", 14, 4, [](uint32_t v, uint8_t* w) {
    put<uint32_t>(w + 14, v);
    return uint64_t{};
  });
  l.store("(i64.store32 offset=20 %v (i64.extend_i32_u %v))", 20, 4, [](uint32_t v, uint8_t* w) {
    put<uint32_t>(w + 20, v);
    return uint64_t{};
  });
  l.store("(f32.store offset=24 %v (f32.const 1))", 24, 4, [](uint32_t, uint8_t* w) {
    put<uint32_t>(w + 24, 0x3f800000);
    return uint64_t{};
  });
  l.store("(f64.store offset=49 %v (f64.const 1))", 49, 8, [](uint32_t, uint8_t* w) {
    put<uint64_t>(w + 49, 0x3ff0000000000000);
    return uint64_t{};
  });
  l.store("(f32.store offset=28 %v (f32.reinterpret_i32 %v))", 28, 4, [](uint32_t v, uint8_t* w) {
    put<uint32_t>(w + 28, v);
    return uint64_t{};
  });
  l.access("(i64x2.extract_lane 1 (v128.load %v))", 0, 16, [](uint32_t, uint8_t* w) { return get<uint64_t>(w + 8); });
  l.access("(i64x2.extract_lane 0 (v128.load8x8_u offset=8 %v))", 8, 8, [](uint32_t, uint8_t* w) {
    return get<uint8_t>(w + 8) | get<uint8_t>(w + 9) << 16 | get<uint8_t>(w + 10) << 32 | get<uint8_t>(w + 11) << 48;
  });
  l.access("(i64x2.extract_lane 1 (v128.load8_splat offset=4 %v))", 4, 1,
           [](uint32_t, uint8_t* w) { return w[4] * 0x0101010101010101u; });
  l.access("(i64x2.extract_lane 0 (v128.load32_zero %v))", 0, 4, [](uint32_t, uint8_t* w) { return get<uint32_t>(w); });
  l.access("(i64x2.extract_lane 0 (v128.load64_zero offset=16 %v))", 16, 8,
           [](uint32_t, uint8_t* w) { return get<uint64_t>(w + 16); });
  l.access("(i64x2.extract_lane 0 (v128.load16_lane offset=2 1 %v (v128.const i64x2 0 0)))", 2, 2,
           [](uint32_t, uint8_t* w) { return get<uint16_t>(w + 2) << 16; });
  l.store("(v128.store offset=44 %v (v128.const i64x2 3 4))", 44, 16, [](uint32_t, uint8_t* w) {
    put<uint64_t>(w + 44, 3), put<uint64_t>(w + 52, 4);
    return uint64_t{};
  });
  l.store("(v128.store8_lane offset=5 3 %v (v128.const i8x16 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15))", 5, 1,
          [](uint32_t, uint8_t* w) {
            w[5] = 3;
            return uint64_t{};
          });
  l.store("(v128.store64_lane offset=12 1 %v (v128.const i64x2 5 6))", 12, 8, [](uint32_t, uint8_t* w) {
    put<uint64_t>(w + 12, 6);
    return uint64_t{};
  });
}

void atomics(List& l) {
  l.access(
      "(i64.extend_i32_u (i32.atomic.load8_u %v))", 0, 1, [](uint32_t, uint8_t* w) { return get<uint8_t>(w); }, true);
  l.access(
      "(i64.extend_i32_u (i32.atomic.load %v))", 0, 4, [](uint32_t, uint8_t* w) { return get<uint32_t>(w); }, true);
  l.access("(i64.atomic.load16_u offset=2 %v)", 2, 2, [](uint32_t, uint8_t* w) { return get<uint16_t>(w + 2); }, true);
  l.access("(i64.atomic.load %v)", 0, 8, [](uint32_t, uint8_t* w) { return get<uint64_t>(w); }, true);
  l.store(
      "(i32.atomic.store8 offset=1 %v (i32.const 0x44))", 1, 1,
      [](uint32_t, uint8_t* w) {
        w[1] = 0x44;
        return uint64_t{};
      },
      true);
  l.store(
      "(i64.atomic.store32 offset=4 %v (i64.const 0x99887766))", 4, 4,
      [](uint32_t, uint8_t* w) {
        put<uint32_t>(w + 4, 0x99887766);
        return uint64_t{};
      },
      true);
  l.access(
      "(i64.extend_i32_u (i32.atomic.rmw8.add_u %v (i32.const 3)))", 0, 1,
      [](uint32_t, uint8_t* w) {
        const uint64_t was = w[0];
        w[0] = static_cast<uint8_t>(was + 3);
        return was;
      },
      true);
  l.access(
      "(i64.extend_i32_u (i32.atomic.rmw.xchg offset=8 %v %v))", 8, 4,
      [](uint32_t v, uint8_t* w) {
        const uint64_t was = get<uint32_t>(w + 8);
        put<uint32_t>(w + 8, v);
        return was;
      },
      true);
  l.access(
      "(i64.atomic.rmw16.or_u offset=6 %v (i64.const 0x0101))", 6, 2,
      [](uint32_t, uint8_t* w) {
        const uint64_t was = get<uint16_t>(w + 6);
        put<uint16_t>(w + 6, was | 0x0101);
        return was;
      },
      true);
  l.access(
      "(i64.atomic.rmw.and offset=16 %v (i64.const -256))", 16, 8,
      [](uint32_t, uint8_t* w) {
        const uint64_t was = get<uint64_t>(w + 16);
        put<uint64_t>(w + 16, was & ~uint64_t{255});
        return was;
      },
      true);
  l.access(
      "(i64.extend_i32_u (i32.atomic.rmw8.cmpxchg_u offset=2 %v (i32.const 0x100) (i32.const 1)))", 2, 1,
      [](uint32_t, uint8_t* w) { return get<uint8_t>(w + 2); }, true);  // never equal
  l.access(
      "(i64.atomic.rmw32.xor_u %v (i64.const 0xf0f0f0f0))", 0, 4,
      [](uint32_t, uint8_t* w) {
        const uint64_t was = get<uint32_t>(w);
        put<uint32_t>(w, was ^ 0xf0f0f0f0);
        return was;
      },
      true);
  l.access(
      "(i64.extend_i32_u (memory.atomic.notify %v (i32.const 1)))", 0, 4,
      [](uint32_t, uint8_t*) -> uint64_t { return 0; }, true, Use::kHeavy);
}

uint64_t plain(uint32_t v, uint8_t*) { return v; }

void calls(List& l) {
  l.number(Use::kHeavy, "(call $wide %v)", plain);
  l.number(Use::kHeavy, "(call $third (i64.const -1) (f32.const 1) %v (i64.const -1))", plain);
  l.number(Use::kHeavy, "(call $host_wide %v)", plain);
  l.number(Use::kHeavy, "(call_indirect $others (type $widening) %v (i32.const 0))", plain);
  l.number(Use::kHeavy, "(call_ref $widening %v (ref.func $wide))", plain);
  l.number(Use::kHeavy,
           "(block (result i64) (block $c (result i32) (try_table (catch $e $c) (throw $e %v)) (unreachable))"
           " (i64.extend_i32_u))",
           plain);
  l.number(Use::kHeavy, "(i64.extend_i32_u (struct.get $s 0 (struct.new $s %v (i32.const 0) (i32.const 0))))", plain);
  l.number(Use::kHeavy, "(i64.extend_i32_u (i31.get_u (ref.i31 %v)))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v & 0x7fffffff; });
  l.number(Use::kHeavy, "(i64.extend_i32_u (memory.grow %v))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v == 0 ? 65536 : 0xffffffff; });
  l.number(Use::kHeavy, "(i64.extend_i32_u (table.grow $functions (ref.null func) %v))",
           [](uint32_t v, uint8_t*) -> uint64_t { return v == 0 ? 60 : 0xffffffff; });
  l.number(Use::kLast, "(return_call $wide %v)", plain);
  l.number(Use::kLast, "(return_call_ref $widening %v (ref.func $wide))", plain);
  l.number(Use::kLast, "(return_call_indirect $others (type $widening) %v (i32.const 0))", plain);
  l.number(Use::kLast, "(return (i64.extend_i32_u %v))", plain);
  l.index(
      "(return_call_indirect $functions (type $get) %v)", 60, kElementTrap,
      [](uint32_t v, uint8_t*) -> uint64_t { return 1000 + v; }, Use::kLast);
}

void indices(List& l) {
  auto element = [](uint32_t v, uint8_t*) -> uint64_t { return 1000 + v; };
  l.index("(call_indirect $functions (type $get) %v)", 60, kElementTrap, element);
  l.index("(call_ref $get (table.get $typed %v))", 60, kTableTrap, element);
  l.index("(i64.extend_i32_u (i31.get_u (ref.cast (ref i31) (table.get $numbers %v))))", 60, kTableTrap,
          [](uint32_t v, uint8_t*) -> uint64_t { return 3000 + v; });
  l.index(
      "(block (result i64) (table.set $free %v (ref.func $get7)) (call_ref $get (table.get $free %c))"
      " (table.set $free %c (ref.null $get)))",
      60, kTableTrap, [](uint32_t, uint8_t*) -> uint64_t { return 1007; });
  l.index(
      "(block (result i64) (table.fill $free %v (ref.func $get8) (i32.const 1))"
      " (call_ref $get (table.get $free %c)) (table.fill $free %v (ref.null $get) (i32.const 1)))",
      60, kTableTrap, [](uint32_t, uint8_t*) -> uint64_t { return 1008; });
  l.index(
      "(block (result i64) (table.copy $free $typed %v (i32.const 9) (i32.const 1))"
      " (call_ref $get (table.get $free %c)))",
      60, kTableTrap, [](uint32_t, uint8_t*) -> uint64_t { return 1009; });
  l.index(
      "(block (result i64) (table.copy $free $typed (i32.const 3) %v (i32.const 1))"
      " (call_ref $get (table.get $free (i32.const 3))))",
      60, kTableTrap, element);
  l.index(
      "(block (result i64) (table.init $free $gets %v (i32.const 11) (i32.const 1))"
      " (call_ref $get (table.get $free %c)))",
      60, kTableTrap, [](uint32_t, uint8_t*) -> uint64_t { return 1011; });
  l.index(
      "(block (result i64) (table.init $free $gets (i32.const 4) %v (i32.const 1))"
      " (call_ref $get (table.get $free (i32.const 4))))",
      60, kTableTrap, element);
  l.index("(block (result i64) (table.fill $free (i32.const 0) (ref.func $get5) %v) (i64.const 1))", 61, kTableTrap,
          [](uint32_t, uint8_t*) -> uint64_t { return 1; });
  l.index("(array.get $a64 (global.get $array) %v)", 60, kArrayTrap,
          [](uint32_t v, uint8_t*) -> uint64_t { return 5000 + v; });
  l.index(
      "(block (result i64) (array.set $a64 (global.get $scratch) %v (i64.const 77))"
      " (array.get $a64 (global.get $scratch) %c) (array.set $a64 (global.get $scratch) %c (i64.const 0)))",
      60, kArrayTrap, [](uint32_t, uint8_t*) -> uint64_t { return 77; });
  l.index(
      "(block (result i64) (array.fill $a64 (global.get $scratch) %v (i64.const 78) (i32.const 1))"
      " (array.get $a64 (global.get $scratch) %c))",
      60, kArrayTrap, [](uint32_t, uint8_t*) -> uint64_t { return 78; });
  l.index(
      "(block (result i64) (array.copy $a64 $a64 (global.get $scratch) (i32.const 2) (global.get $array) %v"
      " (i32.const 1)) (array.get $a64 (global.get $scratch) (i32.const 2)))",
      60, kArrayTrap, [](uint32_t v, uint8_t*) -> uint64_t { return 5000 + v; });
  l.index("(i64.extend_i32_u (array.len (array.new_default $a8 %v)))", 4096, nullptr, plain);
  // A memory of 64-bit addresses, and a second one: one page each.
  l.index("(i64.load8_u $long offset=2 (i64.extend_i32_u %v))", 65534, kMemoryTrap,
          [](uint32_t v, uint8_t*) -> uint64_t { return v + 2 >= 100 && v + 2 < 108 ? 0x60 + v + 2 - 100 : 0; });
  l.index("(i64.load8_u $out offset=2 %v)", 65534, kMemoryTrap,
          [](uint32_t v, uint8_t*) -> uint64_t { return v + 2 >= 100 && v + 2 < 108 ? 0x50 + v + 2 - 100 : 0; });
  l.uses.back().limit = 65390;  // the bytes after it are written by others
  l.uses.back().trap = nullptr;
}

void bulk(List& l) {
  l.store(
      "(memory.fill %v (i32.const 0x3c) (i32.const 5))", 0, 5,
      [](uint32_t, uint8_t* w) {
        std::memset(w, 0x3c, 5);
        return uint64_t{};
      },
      false, Use::kHeavy);
  l.store(
      "(memory.copy 0 $out %v (i32.const 100) (i32.const 7))", 0, 7,
      [](uint32_t, uint8_t* w) {
        for (uint8_t i = 0; i < 7; ++i) w[i] = static_cast<uint8_t>(0x50 + i);
        return uint64_t{};
      },
      false, Use::kHeavy);
  l.store(
      "(memory.init $bytes %v (i32.const 1) (i32.const 6))", 0, 6,
      [](uint32_t, uint8_t* w) {
        std::memcpy(w, "bcdefg", 6);
        return uint64_t{};
      },
      false, Use::kHeavy);
  l.access(
      "(block (result i64) (memory.copy $out 0 (i32.const 65472) %v (i32.const 8))"
      " (i64.load $out (i32.const 65472)))",
      0, 8, [](uint32_t, uint8_t* w) { return get<uint64_t>(w); }, false, Use::kHeavy);
  l.access(
      "(block (result i64) (memory.copy (i32.const 0x70000010) %v (i32.const 8)) (i64.load (i32.const 0x70000010)))", 0,
      8, [](uint32_t, uint8_t* w) { return get<uint64_t>(w); }, false, Use::kHeavy);
  // Lengths. 64 bytes are left from 65472 on.
  l.index(
      "(block (result i64) (i64.store $out (i32.const 65528) (i64.const 0))"
      " (memory.fill $out (i32.const 65472) (i32.const 1) %v) (i64.load $out (i32.const 65528)))",
      65, kMemoryTrap, [](uint32_t v, uint8_t*) { return v <= 56 ? 0 : 0x0101010101010101u >> 8 * (64 - v); });
  l.index(
      "(block (result i64) (i64.store $out (i32.const 65528) (i64.const 0))"
      " (memory.copy $out 0 (i32.const 65472) (i32.const 0x70001000) %v) (i64.load $out (i32.const 65528)))",
      65, kMemoryTrap, [](uint32_t, uint8_t*) -> uint64_t { return 0; });
  l.index("(block (result i64) (memory.init $bytes (i32.const 0x70002000) %v (i32.const 0)) (i64.const 2))", 9,
          kMemoryTrap, [](uint32_t, uint8_t*) -> uint64_t { return 2; });
  l.index("(block (result i64) (memory.init $bytes (i32.const 0x70002000) (i32.const 0) %v) (i64.const 2))", 9,
          kMemoryTrap, [](uint32_t, uint8_t*) -> uint64_t { return 2; });
}

}  // namespace

const std::vector<Use>& uses() {
  static const std::vector<Use> all = [] {
    List l;
    numbers(l);
    accesses(l);
    atomics(l);
    calls(l);
    indices(l);
    bulk(l);
    return std::move(l.uses);
  }();
  return all;
}

std::string_view environment() {
  static const std::string text = [] {
    std::string s = R"(
  (type $get (func (result i64)))
  (type $unary (func (param i32) (result i32)))
  (type $widening (func (param i32) (result i64)))
  (type $s (struct (field (mut i32)) (field (mut i8)) (field (mut i16))))
  (type $a8 (array (mut i8)))
  (type $a32 (array (mut i32)))
  (type $a64 (array (mut i64)))
  (import "host" "same" (func $host_same (param i32) (result i32)))
  (import "host" "wide" (func $host_wide (param i32) (result i64)))
  (import "host" "global" (global $imported (mut i32)))
  (memory $memory (export "memory") 65536 65536)
  (memory $out 1 1)
  (memory $long i64 1 1)
  (data $bytes "abcdefgh")
  (data (memory $out) (i32.const 100) "\50\51\52\53\54\55\56\57")
  (data (memory $long) (i64.const 100) "\60\61\62\63\64\65\66\67")
  (tag $e (param i32))
  (global $g32 (mut i32) (i32.const 0))
  (global $scratch (ref $a64) (array.new $a64 (i64.const 0) (i32.const 60)))
  (func $same (type $unary) (local.get 0))
  (func $through (type $unary) (return_call $same (local.get 0)))
  (func $both (param i32) (result i32 i32) (local.get 0) (i32.xor (local.get 0) (i32.const -1)))
  (func $wide (type $widening) (i64.extend_i32_u (local.get 0)))
  (func $third (param i64 f32 i32 i64) (result i64) (i64.extend_i32_u (local.get 2)))
  (table $functions 60 60 funcref)
  (table $others 2 2 funcref)
  (table $typed 60 60 (ref null $get))
  (table $free 60 60 (ref null $get))
  (table $numbers 60 60 anyref)
  (elem (table $others) (i32.const 0) func $wide $same)
)";
    std::string funcs, list, refs, numbers, elements;
    for (int i = 0; i < 60; ++i) {
      const std::string n = std::to_string(i), name = "$get" + n;
      funcs += "  (func " + name + " (type $get) (i64.const " + std::to_string(1000 + i) + "))\n";
      list += " " + name;
      refs += " (ref.func " + name + ")";
      numbers += " (item (ref.i31 (i32.const " + std::to_string(3000 + i) + ")))";
      elements += " (i64.const " + std::to_string(5000 + i) + ")";
    }
    s += funcs;
    s += "  (elem (table $functions) (i32.const 0) func" + list + ")\n";
    s += "  (elem (table $typed) (i32.const 0) (ref null $get)" + refs + ")\n";
    s += "  (elem $gets (ref null $get)" + refs + ")\n";
    s += "  (elem (table $numbers) (i32.const 0) anyref" + numbers + ")\n";
    s += "  (global $array (ref $a64) (array.new_fixed $a64 60" + elements + "))\n";
    return s;
  }();
  return text;
}

}  // namespace ermine::cross
