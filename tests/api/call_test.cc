// Calls in both directions: typed and by Val, host functions, traps with backtraces, recursion.
#include <pthread.h>

#include <functional>
#include <thread>

#include "tests/api/wat.h"

namespace ermine::call_test {
namespace {

using test::must;
using test::wat;

TEST(Call, TypedFunctions) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "mix") (param i64 f32 f64) (result f64 i32 i64)
      (local.get 2) (i32.trunc_f32_s (local.get 1)) (local.get 0))
    (func (export "v") (param v128) (result v128) (i32x4.add (local.get 0) (local.get 0)))
    (func (export "nothing"))))");
  Instance i = must(Linker(engine).instantiate(store, m));
  auto add = must(i.get_typed_func<int32_t(int32_t, int32_t)>("add"));
  EXPECT_EQ(must(add(2, 3)), 5);
  EXPECT_EQ(must(add(INT32_MAX, 1)), INT32_MIN);
  auto unsigned_add = must(i.get_typed_func<uint32_t(uint32_t, uint32_t)>("add"));
  EXPECT_EQ(must(unsigned_add(~0u, 0)), ~0u);
  using Three = std::tuple<double, int32_t, int64_t>;
  auto mix = must(i.get_typed_func<Three(int64_t, float, double)>("mix"));
  EXPECT_EQ(must(mix(-7, -2.5f, 0.25)), Three(0.25, -2, -7));
  V128 v;
  for (int b = 0; b < 16; b += 4) v.bytes[static_cast<size_t>(b)] = static_cast<uint8_t>(b + 1);
  V128 twice = must(must(i.get_typed_func<V128(V128)>("v"))(v));
  for (size_t b = 0; b < 16; ++b) EXPECT_EQ(twice.bytes[b], v.bytes[b] * 2);
  must(must(i.get_typed_func<void()>("nothing"))());

  auto wrong = i.get_typed_func<int64_t(int32_t, int32_t)>("add");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind(), ErrorKind::kUsage);
  EXPECT_NE(wrong.error().message().find("(param i32 i32) (result i32)"), std::string::npos) << wrong.error().message();
  EXPECT_FALSE(i.get_typed_func<void()>("absent"));
}

TEST(Call, Vals) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module
    (func (export "swap") (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))))");
  Instance i = must(Linker(engine).instantiate(store, m));
  Func swap = *i.get_func("swap");
  std::vector<Val> r = must(swap.call({7, 0.5}));
  ASSERT_EQ(r.size(), 2u);
  EXPECT_EQ(r[0].f64(), 0.5);
  EXPECT_EQ(r[1].i32(), 7);
  EXPECT_EQ(r[1].to_string(), "i32:7");
  EXPECT_EQ(swap.type().to_string(), "(param i32 f64) (result f64 i32)");
  auto few = swap.call({7});
  ASSERT_FALSE(few);
  EXPECT_EQ(few.error().kind(), ErrorKind::kUsage);
  auto wrong = swap.call({7, 8});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message().find("argument 2"), std::string::npos);
}

TEST(Call, HostFunctions) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  int logged = 0;
  must(linker.func_wrap("host", "add", [](int32_t a, int64_t b) { return a + b; }));
  must(linker.func_wrap("host", "log", [&logged](Caller& caller, uint32_t at) -> Result<void> {
    auto byte = caller.memory()->load<uint8_t>(at);
    if (!byte) return Error::trap(TrapCode::kHost, "outside");
    logged = *byte;
    return {};
  }));
  must(linker.func_wrap("host", "pair", [](V128 v, float f) { return std::tuple<float, V128>(f, v); }));
  must(linker.func("host", "dynamic", FuncType{{ValType::i32(), ValType::v128()}, {ValType::i64(), ValType::i32()}},
                   [](Caller&, std::span<const Val> args, std::span<Val> results) -> Result<void> {
                     results[0] = Val(int64_t{args[0].i32()} + args[1].v128().bytes[0]);
                     results[1] = Val(1);
                     return {};
                   }));
  Module m = wat(engine, R"((module
    (import "host" "add" (func $add (param i32 i64) (result i64)))
    (import "host" "log" (func $log (param i32)))
    (import "host" "pair" (func $pair (param v128 f32) (result f32 v128)))
    (import "host" "dynamic" (func $dynamic (param i32 v128) (result i64 i32)))
    (memory (export "memory") 1)
    (data (i32.const 9) "\2a")
    (func (export "run") (result i64)
      (call $log (i32.const 9))
      (call $add (i32.const -1) (i64.const 5)))
    (func (export "pair") (result f32 i32)
      (call $pair (v128.const i32x4 1 2 3 4) (f32.const 1.5))
      (i32x4.extract_lane 3))
    (func (export "dynamic") (result i64 i32)
      (call $dynamic (i32.const 40) (v128.const i8x16 2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)))
    (func (export "outside") (call $log (i32.const 65536)))))");
  Instance i = must(linker.instantiate(store, m));
  EXPECT_EQ(must(must(i.get_typed_func<int64_t()>("run"))()), 4);
  EXPECT_EQ(logged, 42);
  using Pair = std::tuple<float, int32_t>;
  EXPECT_EQ(must(must(i.get_typed_func<Pair()>("pair"))()), Pair(1.5f, 4));
  using Dynamic = std::tuple<int64_t, int32_t>;
  EXPECT_EQ(must(must(i.get_typed_func<Dynamic()>("dynamic"))()), Dynamic(42, 1));
  auto outside = must(i.get_typed_func<void()>("outside"))();
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().kind(), ErrorKind::kTrap);
  EXPECT_EQ(outside.error().trap_code(), TrapCode::kHost);
  ASSERT_EQ(outside.error().backtrace().size(), 1u);
  EXPECT_EQ(outside.error().backtrace()[0].func_name, "outside");
}

TEST(Call, TrapsSayWhichAddressItWas) {
  for (const TierName& tier : Config::tiers()) {
    Config config;
    config.tier = tier.tier;
    Engine engine(config);
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
      (memory 1 2)
      (func (export "load") (param i32) (result i64) (i64.load offset=8 (local.get 0)))
      (data $d "abc")
      (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 200000)))
      (func (export "init") (memory.init $d (i32.const 0) (i32.const 0) (i32.const 5)))
      (func (export "grow") (drop (memory.grow (i32.const 1))))))")));
    auto load = must(i.get_typed_func<int64_t(int32_t)>("load"));
    auto message = [](const auto& result) { return result ? std::string("no trap") : result.error().message(); };
    const std::string trap = "out of bounds memory access";
    EXPECT_EQ(must(load(65520)), 0);
    // Across the end it is the first byte that is not there.
    for (const int32_t at : {65521, 65528})
      EXPECT_EQ(message(load(at)), trap + ": address 0x10000 of a memory of 65536 bytes");
    EXPECT_EQ(message(load(-1)), trap + ": address 0x100000007 of a memory of 65536 bytes");
    EXPECT_EQ(message(must(i.get_typed_func<void()>("fill"))()), trap + ": address 0x10000 of a memory of 65536 bytes");
    // What is outside of a segment says nothing of an address, least of all of one before.
    EXPECT_EQ(message(must(i.get_typed_func<void()>("init"))()), trap);
    must(must(i.get_typed_func<void()>("grow"))());
    EXPECT_EQ(message(load(200000)), trap + ": address 0x30d48 of a memory of 131072 bytes");
  }
}

TEST(Call, HostFunctionOutsideOfWasm) {
  Engine engine;
  Store store(engine);
  Func f = Func::wrap(store, [](Caller& c, int32_t a) {
    EXPECT_FALSE(c.instance());
    EXPECT_TRUE(c.memory_span().empty());
    return a * 2;
  });
  EXPECT_EQ(must(must(f.typed<int32_t(int32_t)>())(21)), 42);
  Func failing = Func::wrap(store, []() -> Result<void> { return Error::exit(3); });
  auto r = failing.call({});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind(), ErrorKind::kExit);
  EXPECT_EQ(r.error().exit_code(), 3);
}

TEST(Call, HostExceptionsBecomeErrors) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.func_wrap("", "throw", [] { throw std::runtime_error("no luck"); }));
  Instance i = must(linker.instantiate(
      store, wat(engine, R"((module (import "" "throw" (func $t)) (func (export "f") (call $t))))")));
  auto r = must(i.get_typed_func<void()>("f"))();
  ASSERT_FALSE(r);
  EXPECT_NE(r.error().message().find("no luck"), std::string::npos);
}

// wasm -> host -> wasm: the backtrace has the frames of both calls.
TEST(Call, BacktraceThroughTheHost) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.func_wrap("", "back", [](Caller& c) -> Result<void> {
    auto f = c.get_export("inner")->func()->typed<void()>();
    return (*f)();
  }));
  Module m = wat(engine, R"((module
    (import "" "back" (func $back))
    (func $inner (export "inner") (call $deep))
    (func $deep (drop (i32.div_s (i32.const 1) (i32.const 0))))
    (func $outer (export "outer") (call $middle))
    (func $middle (call $back))))",
                 "app");
  Instance i = must(linker.instantiate(store, m));
  auto r = must(i.get_typed_func<void()>("outer"))();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().trap_code(), TrapCode::kIntegerDivideByZero);
  std::vector<std::string> names;
  for (const FrameInfo& f : r.error().backtrace()) {
    names.push_back(f.func_name);
    EXPECT_EQ(f.module_name, "app");
    EXPECT_GT(f.offset, 0u);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"deep", "inner", "middle", "outer"}));
  // The store continues normally.
  EXPECT_FALSE(must(i.get_typed_func<void()>("inner"))());
  EXPECT_EQ(must(i.get_typed_func<void()>("outer"))().error().backtrace().size(), 4u);
}

TEST(Call, EndlessRecursion) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.func_wrap("", "again", [](Caller& c) -> Result<void> {
    return (*c.get_export("through_host")->func()->typed<void()>())();
  }));
  Module m = wat(engine, R"((module
    (import "" "again" (func $again))
    (func $f (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))
    (func (export "through_host") (call $again))
    (func (export "fine") (result i32) (i32.const 1))))");
  Instance i = must(linker.instantiate(store, m));
  auto run = [&] {
    for (int n = 0; n < 3; ++n) {
      auto r = must(i.get_typed_func<int32_t(int32_t)>("f"))(1);
      ASSERT_FALSE(r);
      EXPECT_EQ(r.error().trap_code(), TrapCode::kCallStackExhausted);
      EXPECT_LE(r.error().backtrace().size(), 100u);
      auto h = must(i.get_typed_func<void()>("through_host"))();
      ASSERT_FALSE(h);
      EXPECT_EQ(h.error().trap_code(), TrapCode::kCallStackExhausted);
      EXPECT_EQ(must(must(i.get_typed_func<int32_t()>("fine"))()), 1);
    }
  };
  run();
  // Another thread has another native stack.
  std::thread(run).join();
}

// Frames on the value stack and on the native one are bounded together: whichever stack is smaller, and however frames
// are mixed, recursion ends in a trap.
TEST(Call, EndlessRecursionOnStacksOfAllSizes) {
  for (const auto& [tier_name, tier] : Config::tiers()) {
    for (const uint64_t value_stack : {uint64_t{64} << 10, uint64_t{64} << 20}) {
      Config config;
      config.tier = tier;
      config.max_wasm_stack = value_stack;
      Engine engine(config);
      Store store(engine);
      Linker linker(engine);
      must(linker.func_wrap("", "again", [](Caller& c) -> Result<void> {
        return (*c.get_export("deep_then_host")->func()->typed<void(int32_t)>())(1000);
      }));
      Module m = wat(engine, R"((module
        (import "" "again" (func $again))
        (type $t (func))
        (table funcref (elem $by_table $by_tail))
        (func $smallest (export "smallest") (call $smallest))
        (func $values (export "values") (local v128 v128 v128 v128 v128 v128 v128 v128)
          (call $values) (drop (i8x16.splat (i32.const 1))))
        (func $by_table (export "by_table") (call_indirect (type $t) (i32.const 0)))
        (func $by_tail (export "by_tail") (return_call $tail))
        (func $tail (call_indirect (type $t) (i32.const 1)))
        (func $by_ref (export "by_ref") (call_ref $t (ref.func $by_ref)))
        (func $catching (export "catching") (block $b (try_table (catch_all $b) (call $catching))))
        (func $deep_then_host (export "deep_then_host") (param i32)
          (if (local.get 0) (then (call $deep_then_host (i32.sub (local.get 0) (i32.const 1)))) (else (call $again))))
        (func (export "fine") (result i32) (i32.const 1))))");
      Instance i = must(linker.instantiate(store, m));
      auto run = [&] {
        for (const char* name : {"smallest", "values", "by_table", "by_tail", "by_ref", "catching"}) {
          auto r = must(i.get_typed_func<void()>(name))();
          ASSERT_FALSE(r) << name;
          EXPECT_EQ(r.error().trap_code(), TrapCode::kCallStackExhausted) << name;
        }
        auto h = must(i.get_typed_func<void(int32_t)>("deep_then_host"))(1000);
        ASSERT_FALSE(h);
        EXPECT_EQ(h.error().trap_code(), TrapCode::kCallStackExhausted);
        EXPECT_EQ(must(must(i.get_typed_func<int32_t()>("fine"))()), 1);
      };
      run();
      for (const size_t bytes : {size_t{192} << 10, size_t{600} << 10, size_t{3} << 20}) {
        pthread_attr_t attr;
        pthread_attr_init(&attr);
        pthread_attr_setstacksize(&attr, bytes);
        pthread_t thread;
        std::function<void()> body = run;
        ASSERT_EQ(pthread_create(
                      &thread, &attr,
                      [](void* f) -> void* {
                        (*static_cast<std::function<void()>*>(f))();
                        return nullptr;
                      },
                      &body),
                  0);
        pthread_join(thread, nullptr);
        pthread_attr_destroy(&attr);
      }
      run();
    }
  }
}

// Results, errors and exceptions of host functions when hot code calls them: the same in every tier, at the same
// position.
TEST(Call, HostFunctionsOfHotCode) {
  std::vector<std::string> told;
  for (const auto& [name, tier] : Config::tiers()) {
    Config config;
    config.tier = tier;
    Engine engine(config);
    Store store(engine);
    Linker linker(engine);
    Tag tag = must(Tag::create(store, TagType{FuncType{{ValType::i32()}, {}}}));
    must(linker.define("", "tag", Extern(tag)));
    must(linker.func_wrap("", "many", [](int32_t a, double b) {
      return std::tuple<double, int64_t, float, int32_t>(b * 2, int64_t{a} << 33, 0.5f, a);
    }));
    must(linker.func_wrap("", "nothing", [] {}));
    must(linker.func_wrap("", "fails_at", [](int32_t n, int32_t at) -> Result<int32_t> {
      if (n == at) return Error(ErrorKind::kUsage, "it is " + std::to_string(n));
      return n;
    }));
    must(linker.func_wrap("", "throws", [&](Caller& c, int32_t n) -> Result<int32_t> {
      if (n % 3 != 0) return n;
      const Val payload[] = {Val(n)};
      return throw_exception(c.store(), must(ExnRef::create(c.store(), tag, payload)));
    }));
    must(linker.func_wrap("", "grows", [](Caller& c) -> Result<int32_t> {
      return (*c.get_export("grow")->func()->typed<int32_t()>())();
    }));
    Module m = wat(engine, R"((module
      (import "" "tag" (tag $tag (param i32)))
      (import "" "many" (func $many (param i32 f64) (result f64 i64 f32 i32)))
      (import "" "nothing" (func $nothing))
      (import "" "fails_at" (func $fails_at (param i32 i32) (result i32)))
      (import "" "throws" (func $throws (param i32) (result i32)))
      (import "" "grows" (func $grows (result i32)))
      (memory 1 200)
      (func (export "grow") (result i32) (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
        (memory.grow (i32.const 1)))
      (func (export "sum") (param $n i32) (result f64)
        (local $a f64) (local $b i64) (local $c f32) (local $d i32) (local $sum f64)
        (loop $l
          (call $nothing)
          (call $many (local.get $n) (f64.convert_i32_s (local.get $n)))
          (local.set $d) (local.set $c) (local.set $b) (local.set $a)
          (local.set $sum (f64.add (local.get $sum) (f64.add (local.get $a) (f64.promote_f32 (local.get $c)))))
          (local.set $sum (f64.add (local.get $sum) (f64.convert_i64_s (i64.shr_u (local.get $b) (i64.const 32)))))
          (local.set $sum (f64.add (local.get $sum) (f64.convert_i32_s (local.get $d))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func $inner (param $n i32) (param $at i32) (result i32)
        (i32.add (call $fails_at (local.get $n) (local.get $at)) (i32.const 1)))
      (func $outer (export "fail") (param $n i32) (param $at i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (call $inner (local.get $n) (local.get $at))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func $catches (param $n i32) (result i32)
        (block $h (result i32)
          (try_table (catch $tag $h) (return (call $throws (local.get $n))))
          (unreachable))
        (i32.mul (i32.const 1000)))
      (func (export "catch") (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (call $catches (local.get $n))))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func (export "memory") (param $n i32) (result i32) (local $sum i32)
        (loop $l
          (local.set $sum (i32.add (local.get $sum) (call $grows)))
          (i32.store (i32.mul (memory.size) (i32.const 65532)) (local.get $n))
          (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.add (i32.load (i32.const 0)) (local.get $sum)))))",
                   "app");
    Instance i = must(linker.instantiate(store, m));
    EXPECT_EQ(must(must(i.get_typed_func<double(int32_t)>("sum"))(1000)), 500500.0 * 5 + 500) << name;
    EXPECT_EQ(must(must(i.get_typed_func<int32_t(int32_t, int32_t)>("fail"))(1000, -1)), 501500) << name;
    EXPECT_EQ(must(must(i.get_typed_func<int32_t(int32_t)>("catch"))(300)), 30000 + 15150 * 1000) << name;
    EXPECT_EQ(must(must(i.get_typed_func<int32_t(int32_t)>("memory"))(100)), 100 + 5050) << name;
    auto failed = must(i.get_typed_func<int32_t(int32_t, int32_t)>("fail"))(1000, 77);
    ASSERT_FALSE(failed) << name;
    EXPECT_EQ(failed.error().kind(), ErrorKind::kUsage) << name;
    told.push_back(failed.error().to_string());
    EXPECT_NE(told.back().find("it is 77"), std::string::npos) << told.back();
    EXPECT_NE(told.back().find("inner"), std::string::npos) << told.back();
    EXPECT_EQ(told.back(), told.front()) << name;
  }
}

TEST(Call, FunctionReferences) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module
    (type $t (func (param i32) (result i32)))
    (table (export "table") 2 funcref)
    (func $inc (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (elem declare func $inc)
    (func (export "get") (result funcref) (ref.func $inc))
    (func (export "set") (param funcref) (table.set (i32.const 1) (local.get 0)))
    (func (export "call") (param i32) (result i32) (call_indirect (type $t) (local.get 0) (i32.const 1)))))");
  Instance i = must(Linker(engine).instantiate(store, m));
  Func inc = must(must(i.get_typed_func<Func()>("get"))());
  EXPECT_EQ(must(must(inc.typed<int32_t(int32_t)>())(41)), 42);
  EXPECT_EQ(inc, must(must(i.get_typed_func<Func()>("get"))()));
  auto set = must(i.get_typed_func<void(Func)>("set"));
  auto call = must(i.get_typed_func<int32_t(int32_t)>("call"));
  must(set(inc));
  EXPECT_EQ(must(call(1)), 2);
  must(set(Func::wrap(store, [](int32_t v) { return v * 10; })));
  EXPECT_EQ(must(call(4)), 40);
  must(set(Func()));
  auto null = call(1);
  ASSERT_FALSE(null);
  EXPECT_EQ(null.error().trap_code(), TrapCode::kUninitializedElement);
  must(set(Func::wrap(store, [](int64_t) {})));
  EXPECT_EQ(call(1).error().trap_code(), TrapCode::kIndirectCallTypeMismatch);
  // A reference of another store is refused.
  Store other(engine);
  auto foreign = i.get_func("set")->call({Val(Func::wrap(other, [] {}))});
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message().find("another store"), std::string::npos);
}

TEST(Call, ExternRefs) {
  Engine engine;
  auto object = std::make_shared<int>(5);
  {
    Store store(engine);
    Module m = wat(engine, R"((module
      (table (export "t") 1 externref)
      (func (export "id") (param externref) (result externref) (local.get 0))
      (func (export "keep") (param externref) (table.set (i32.const 0) (local.get 0)))
      (func (export "is_null") (param externref) (result i32) (ref.is_null (local.get 0)))))");
    Instance i = must(Linker(engine).instantiate(store, m));
    auto id = must(i.get_typed_func<ExternRef(ExternRef)>("id"));
    ExternRef seven = must(ExternRef::create(store, uint64_t{7}));
    ExternRef back = must(id(seven));
    EXPECT_EQ(back, seven);
    EXPECT_EQ(back.payload(), 7u);
    EXPECT_TRUE(must(id(ExternRef())).is_null());
    EXPECT_NE(must(ExternRef::create(store, uint64_t{7})), seven);
    auto is_null = must(i.get_typed_func<int32_t(ExternRef)>("is_null"));
    EXPECT_EQ(must(is_null(ExternRef())), 1);
    EXPECT_EQ(must(is_null(seven)), 0);
    ExternRef shared = must(ExternRef::create(store, std::shared_ptr<void>(object)));
    must(must(i.get_typed_func<void(ExternRef)>("keep"))(shared));
    EXPECT_EQ(*static_cast<int*>(must(i.get_table("t")->get(0)).externref().pointer()), 5);
    EXPECT_GT(object.use_count(), 1);
  }
  EXPECT_EQ(object.use_count(), 1);
}

TEST(Call, RefsMayOutliveTheStore) {
  Engine engine;
  ExternRef ref;
  {
    Store store(engine);
    ref = must(ExternRef::create(store, uint64_t{7}));
  }
  ExternRef copy = ref;  // destroyed after the store, which is the only allowed operation
}

// More than a mebibyte of machine code, beyond the range of some processors' conditional branches: out of the loop,
// back to its head, to the function's end and to a trap.
TEST(Call, AVeryLongFunctionInEveryTier) {
  std::string source = R"((module (func (export "f") (param i32) (result i32) (local i32)
    (if (i32.lt_s (local.get 0) (i32.const 0)) (then (return (i32.const 7))))
    (block $far
      (br_if $far (i32.eq (local.get 0) (i32.const 5)))
      (loop $l)";
  for (int n = 0; n < 120000; ++n)
    source += "(local.set 1 (i32.add (local.get 1) (i32.rotl (local.get 0) (local.get 1))))\n";
  source += R"((local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))))
    (i32.div_s (local.get 1) (local.get 0)))))";
  const auto bytes = test::wat_bytes(source);
  for (const auto& [name, tier] : Config::tiers()) {
    Config config;
    config.tier = tier;
    Engine engine(config);
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, must(Module::compile(engine, bytes))));
    auto f = must(i.get_typed_func<int32_t(int32_t)>("f"));
    EXPECT_EQ(must(f(5)), 0) << name;
    EXPECT_EQ(must(f(-5)), 7) << name;
    auto divided = f(3);
    ASSERT_FALSE(divided) << name;
    EXPECT_EQ(divided.error().trap_code(), TrapCode::kIntegerDivideByZero) << name;
  }
}

}  // namespace
}  // namespace ermine::call_test
