// Limits of stores, fuel, deadlines and interrupts; memories in all their kinds.
#include <poll.h>

#include <thread>

#include "tests/api/wat.h"

namespace ermine::limits_test {
namespace {

using test::must;
using test::wat;
using namespace std::chrono_literals;

constexpr std::string_view kLoops = R"((module
  (func (export "loop") (loop $l (br $l)))
  (func $r (export "recurse") (call $r2)) (func $r2 (return_call $r3)) (func $r3 (return_call $r2))
  (func (export "one") (result i32) (i32.const 1))))";

TEST(Interrupt, LoopsAndTailCalls) {
  Engine engine;
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kLoops)));
  for (const char* name : {"loop", "recurse"}) {
    InterruptHandle handle = store.interrupt_handle();
    std::thread other([handle] {
      std::this_thread::sleep_for(20ms);
      handle.interrupt();
    });
    auto r = must(i.get_typed_func<void()>(name))();
    other.join();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted) << r.error().to_string();
    EXPECT_EQ(must(must(i.get_typed_func<int32_t()>("one"))()), 1);
  }
}

TEST(Interrupt, BeforeTheCallAndAfterTheStore) {
  Engine engine;
  std::optional<InterruptHandle> handle;
  {
    Store store(engine);
    Instance i = must(Linker(engine).instantiate(store, wat(engine, kLoops)));
    handle = store.interrupt_handle();
    handle->interrupt();
    EXPECT_TRUE(store.interrupt_requested());
    EXPECT_EQ(must(i.get_typed_func<void()>("loop"))().error().trap_code(), TrapCode::kInterrupted);
    EXPECT_FALSE(store.interrupt_requested());
  }
  handle->interrupt();
}

TEST(Interrupt, WakesWaitingHostFunctions) {
  Engine engine;
  Store store(engine);
  Linker linker(engine);
  must(linker.func_wrap("", "wait", [](Caller& c) -> Result<int32_t> {
    pollfd p{c.store().interrupt_fd(), POLLIN, 0};
    return poll(&p, 1, 5000);
  }));
  Instance i = must(linker.instantiate(store, wat(engine, R"((module
    (import "" "wait" (func $wait (result i32)))
    (func (export "run") (drop (call $wait)) (loop $l (br $l)))))")));
  store.set_timeout(30ms);
  const auto begin = std::chrono::steady_clock::now();
  auto r = must(i.get_typed_func<void()>("run"))();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().trap_code(), TrapCode::kInterrupted);
  EXPECT_EQ(r.error().limit(), Limit::kDeadline);
  EXPECT_NE(r.error().message().find("deadline"), std::string::npos) << r.error().message();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
}

TEST(Interrupt, Deadlines) {
  Engine engine;
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kLoops)));
  auto loop = must(i.get_typed_func<void()>("loop"));
  auto one = must(i.get_typed_func<int32_t()>("one"));
  store.set_timeout(200ms);
  EXPECT_EQ(must(one()), 1);
  EXPECT_EQ(loop().error().trap_code(), TrapCode::kInterrupted);
  // It is over for later calls too, until it is moved.
  EXPECT_EQ(one().error().trap_code(), TrapCode::kInterrupted);
  store.set_timeout(1h);
  EXPECT_EQ(must(one()), 1);
  store.set_timeout(10ms);
  store.clear_deadline();
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(must(one()), 1);
}

// Whenever the timer's thread runs: before the deadline is cleared, during that or afterwards.
TEST(Interrupt, ClearedDeadlinesAreOver) {
  using Clock = std::chrono::steady_clock;
  Engine engine;
  Store store(engine);
  const int event = store.interrupt_fd();
  for (int n = 0; n < 2000; ++n) {
    store.set_timeout(std::chrono::microseconds(n % 60));
    for (const auto end = Clock::now() + std::chrono::microseconds(n % 70); Clock::now() < end;) {}
    store.clear_deadline();
    ASSERT_FALSE(store.interrupt_requested()) << n;
    std::this_thread::yield();
    ASSERT_FALSE(store.interrupt_requested()) << n;
    pollfd p{event, POLLIN, 0};
    ASSERT_EQ(poll(&p, 1, 0), 0) << n;
  }
  // Requested interrupts stay.
  store.interrupt_handle().interrupt();
  store.set_timeout(10s);
  store.clear_deadline();
  EXPECT_TRUE(store.interrupt_requested());
}

TEST(Fuel, RunsOutAndContinues) {
  Config config;
  config.consume_fuel = true;
  Engine engine(config);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (func (export "count") (param i32) (result i32) (local i32)
      (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get 1) (local.get 0))))
      (local.get 1))))")));
  auto count = must(i.get_typed_func<int32_t(int32_t)>("count"));
  auto none = count(1);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().trap_code(), TrapCode::kOutOfFuel);
  EXPECT_EQ(none.error().limit(), Limit::kFuel);
  EXPECT_NE(none.error().to_string().find("set_fuel"), std::string::npos);
  must(store.set_fuel(1000000));
  EXPECT_EQ(must(count(1000)), 1000);
  const uint64_t used = 1000000 - *store.fuel();
  EXPECT_GT(used, 3000u);
  EXPECT_LT(used, 20000u);
  // The same work costs the same.
  must(store.set_fuel(1000000));
  EXPECT_EQ(must(count(1000)), 1000);
  EXPECT_EQ(1000000 - *store.fuel(), used);
  must(store.set_fuel(100));
  EXPECT_EQ(count(1000000).error().trap_code(), TrapCode::kOutOfFuel);
  int refills = 0;
  store.on_out_of_fuel([&refills](StoreRef) { return ++refills > 1000 ? uint64_t{0} : uint64_t{500}; });
  EXPECT_EQ(must(count(1000)), 1000);
  EXPECT_GT(refills, 3);
  Store plain{Engine()};
  EXPECT_FALSE(plain.set_fuel(1));
  EXPECT_FALSE(plain.fuel());
}

TEST(Limits, Memory) {
  Engine engine;
  StoreLimits limits;
  limits.memory_bytes = 3 << 16;
  limits.total_memory_bytes = 4 << 16;
  Store store(engine, limits);
  Module m = wat(engine, R"((module (memory (export "memory") 2)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))");
  Instance a = must(Linker(engine).instantiate(store, m));
  auto grow = must(a.get_typed_func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(must(grow(2)), -1);
  EXPECT_EQ(must(grow(1)), 2);
  EXPECT_EQ(must(grow(0)), 3);
  auto second = Linker(engine).instantiate(store, m);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), ErrorKind::kLimit);
  EXPECT_NE(second.error().to_string().find("total_memory_bytes"), std::string::npos) << second.error().message();
  limits.fail_on_grow = true;
  store.set_limits(limits);
  auto stopped = grow(1);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind(), ErrorKind::kLimit);
  EXPECT_EQ(stopped.error().limit(), Limit::kMemoryBytes);
  EXPECT_NE(stopped.error().to_string().find("memory_bytes"), std::string::npos);
}

TEST(Limits, MemoriesOfAnInstanceAndSharedOnes) {
  Config config;
  config.enable_all_features();
  Engine engine(config);
  StoreLimits limits;
  limits.instance_memory_bytes = 4 << 16;
  limits.total_memory_bytes = 10 << 16;
  Store store(engine, limits);
  Linker linker(engine);
  Module two = wat(engine, R"((module (memory 2) (memory $b 1)
    (func (export "grow") (param i32) (result i32) (memory.grow $b (local.get 0)))))");
  auto grow = must(must(linker.instantiate(store, two)).get_typed_func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(must(grow(2)), -1);
  EXPECT_EQ(must(grow(1)), 1);
  auto fails = [&](std::string_view text, const char* limit) {
    auto r = linker.instantiate(store, wat(engine, text));
    EXPECT_FALSE(r) << text;
    if (r) return;
    EXPECT_EQ(r.error().kind(), ErrorKind::kLimit);
    EXPECT_EQ(limit_setting(r.error().limit()), limit);
    EXPECT_NE(r.error().to_string().find(limit), std::string::npos) << r.error().to_string();
  };
  fails("(module (memory 3) (memory 2))", "StoreLimits::instance_memory_bytes");
  // Shared memories count in the sum, too: 4 + 4 of 10 pages, and 3 more. Grown ones as well.
  Instance shared = must(linker.instantiate(store, wat(engine, R"((module (memory 4 100 shared)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))))")));
  fails("(module (memory 3 4 shared))", "StoreLimits::total_memory_bytes");
  auto grow_shared = must(shared.get_typed_func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(must(grow_shared(3)), -1);
  EXPECT_EQ(must(grow_shared(2)), 4);
  fails("(module (memory 1))", "StoreLimits::total_memory_bytes");
}

// Whatever a failed instantiation has made is freed immediately, however often it is tried.
TEST(Limits, FailedInstantiationsLeaveNothing) {
  Engine engine;
  StoreLimits limits;
  limits.total_memory_bytes = 100 << 16;
  limits.memories = 10;
  limits.tables = 10;
  limits.instances = 10;
  limits.total_table_elements = 1000;
  Store store(engine, limits);
  Linker linker(engine);
  Module too_many_tables = wat(engine, "(module (memory 60) (table 600 funcref) (table 600 funcref))");
  Module too_much_memory = wat(engine, "(module (memory 60) (memory 60))");
  Module good = wat(engine, R"((module (memory 100) (table 1000 funcref)
    (func (export "f") (result i32) (i32.const 1))))");
  for (int n = 0; n < 50; ++n) {
    EXPECT_EQ(linker.instantiate(store, too_many_tables).error().kind(), ErrorKind::kLimit);
    EXPECT_EQ(linker.instantiate(store, too_much_memory).error().kind(), ErrorKind::kLimit);
  }
  Instance i = must(linker.instantiate(store, good));
  EXPECT_EQ(must(i.get_func("f")->call({}))[0].i32(), 1);
}

TEST(Limits, MessagesSayHowToRaiseThem) {
  Config config;
  config.max_wasm_stack = 64 << 10;
  config.max_gc_heap = 1 << 20;
  config.enable_all_features();
  Engine engine(config);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (type $list (struct (field (ref null $list))))
    (func $deep (export "deep") (call $deep))
    (func (export "hoard") (local (ref null $list))
      (loop $l (local.set 0 (struct.new $list (local.get 0))) (br $l)))))")));
  for (auto [name, trap, hint] :
       {std::tuple{"deep", TrapCode::kCallStackExhausted, "the native stack suffices for (Config::max_wasm_stack)"},
        std::tuple{"hoard", TrapCode::kGcHeapExhausted,
                   "1048576 bytes (StoreLimits::gc_heap_bytes or Config::max_gc_heap)"}}) {
    auto r = i.get_func(name)->call({});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().trap_code(), trap);
    EXPECT_NE(r.error().to_string().find(hint), std::string::npos) << r.error().to_string();
  }
}

TEST(Limits, TablesAndInstances) {
  Engine engine;
  StoreLimits limits;
  limits.instances = 2;
  limits.table_elements = 10;
  limits.tables = 3;
  Store store(engine, limits);
  Linker linker(engine);
  Module m = wat(engine, R"((module (table 4 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))))");
  Instance a = must(linker.instantiate(store, m));
  auto grow = must(a.get_typed_func<int32_t(int32_t)>("grow"));
  EXPECT_EQ(must(grow(7)), -1);
  EXPECT_EQ(must(grow(6)), 4);
  must(linker.instantiate(store, m));
  auto third = linker.instantiate(store, m);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().limit(), Limit::kInstances);
  EXPECT_NE(third.error().to_string().find("StoreLimits::instances"), std::string::npos);
  limits.instances = 100;
  store.set_limits(limits);
  must(linker.instantiate(store, m));
  EXPECT_NE(linker.instantiate(store, m).error().to_string().find("StoreLimits::tables"), std::string::npos);
  Store fresh(engine, limits);
  auto large = linker.instantiate(fresh, wat(engine, "(module (table 11 funcref))"));
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().to_string().find("table_elements"), std::string::npos);
}

// All kinds of memory give the same results: guarded, checked, moving, 64-bit, with pages of one byte.
class Memories : public testing::TestWithParam<std::tuple<uint64_t, const char*>> {};

TEST_P(Memories, BoundsAndGrowth) {
  Config config;
  config.memory_reservation = std::get<0>(GetParam());
  config.enable_all_features();
  Engine engine(config);
  Store store(engine);
  const bool is64 = std::string_view(std::get<1>(GetParam())).find("i64") != std::string_view::npos;
  const std::string at = is64 ? "i64" : "i32";
  const bool bytes = std::string_view(std::get<1>(GetParam())).find("pagesize") != std::string_view::npos;
  const uint64_t page = bytes ? 1 : 65536;
  std::string source = R"((module (memory (export "memory") )" + std::string(std::get<1>(GetParam())) + R"()
    (func (export "load") (param AT) (result i32) (i32.load (local.get 0)))
    (func (export "load_far") (param AT) (result i32) (i32.load offset=0xfffffff0 (local.get 0)))
    (func (export "store") (param AT i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "store_v") (param AT) (v128.store (local.get 0) (v128.const i32x4 1 2 3 4)))
    (func (export "grow") (param AT) (result AT) (memory.grow (local.get 0)))
    (func (export "size") (result AT) (memory.size))
    (func (export "fill") (param AT AT) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
    (func (export "copy") (param AT AT AT) (memory.copy (local.get 0) (local.get 1) (local.get 2)))))";
  for (size_t p; (p = source.find("AT")) != std::string::npos;) source.replace(p, 2, at);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, source)));
  Memory memory = *i.get_memory("memory");
  auto num = [&](uint64_t v) { return is64 ? Val(v) : Val(static_cast<uint32_t>(v)); };
  auto call = [&](const char* name, std::vector<Val> args) { return i.get_func(name)->call(args); };
  auto traps = [&](const char* name, std::vector<Val> args) {
    auto r = call(name, std::move(args));
    return !r && r.error().trap_code() == TrapCode::kMemoryOutOfBounds && !r.error().backtrace().empty() &&
           r.error().backtrace()[0].func_name == name;
  };
  const uint64_t size = memory.byte_size();
  must(call("store", {num(size - 4), 0x01020304}));
  EXPECT_EQ(must(call("load", {num(size - 4)}))[0].i32(), 0x01020304);
  for (uint64_t bad : {size - 3, size, size + 4096, size + 100000000, uint64_t{0xffffffff}, uint64_t{0xfffffffc}}) {
    EXPECT_TRUE(traps("load", {num(bad)})) << bad;
    EXPECT_TRUE(traps("load_far", {num(bad)})) << bad;
    EXPECT_TRUE(traps("store", {num(bad), 1})) << bad;
    EXPECT_TRUE(traps("store_v", {num(bad)})) << bad;
  }
  EXPECT_TRUE(traps("store_v", {num(size - 15)}));
  if (is64) {
    EXPECT_TRUE(traps("load", {Val(~uint64_t{0})}));
    EXPECT_TRUE(traps("load_far", {Val(~uint64_t{0})}));
    EXPECT_TRUE(traps("load", {Val(uint64_t{1} << 32)}));
    EXPECT_TRUE(traps("load", {Val(uint64_t{1} << 63)}));
  }
  EXPECT_TRUE(traps("fill", {num(size - 1), num(2)}));
  must(call("fill", {num(size), num(0)}));
  must(call("fill", {num(size - 8), num(4)}));
  must(call("copy", {num(0), num(size - 8), num(8)}));
  EXPECT_EQ(memory.load<uint64_t>(0), 0x0102030401010101u);
  EXPECT_TRUE(traps("copy", {num(1), num(0), num(size)}));
  // Grow in steps: contents are preserved, new bytes are zero, and former outside bytes are inside.
  for (int n = 0; n < 4; ++n) {
    const uint64_t before = memory.byte_size();
    EXPECT_EQ(must(call("grow", {num(65536 / page)}))[0].i64() & 0xffffffff, static_cast<int64_t>(before / page));
    EXPECT_EQ(memory.byte_size(), before + 65536);
    EXPECT_EQ(must(call("load", {num(before)}))[0].i32(), 0);
    must(call("store", {num(before + 65536 - 4), n}));
    EXPECT_EQ(memory.load<uint64_t>(0), 0x0102030401010101u);
    EXPECT_TRUE(traps("load", {num(before + 65536 - 3)}));
  }
  EXPECT_EQ(must(memory.grow(1)), (size + 4 * 65536) / page);
  const Val huge = must(call("grow", {num(is64 ? uint64_t{1} << 50 : 0xffffffff)}))[0];
  EXPECT_EQ(is64 ? huge.i64() : huge.i32(), -1);
  EXPECT_EQ(static_cast<uint64_t>(is64 ? must(call("size", {}))[0].i64() : must(call("size", {}))[0].i32()),
            memory.size());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Memories,
                         testing::Combine(testing::Values(uint64_t{8} << 30, uint64_t{1} << 20, uint64_t{0}),
                                          testing::Values("1", "1 100", "i64 1", "i64 1 1000", "65536 (pagesize 1)")));

TEST(Memory, SharedBetweenStoresAndThreads) {
  Engine engine;
  SharedMemory shared = must(SharedMemory::create(engine, MemoryType{.min = 1, .max = 4, .shared = true}));
  Linker linker(engine);
  must(linker.define_shared_memory("e", "m", shared));
  Module m = wat(engine, R"((module (import "e" "m" (memory 1 4 shared))
    (func (export "add") (loop $l
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $l (i32.lt_u (i32.atomic.load (i32.const 0)) (i32.const 20000)))))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "at") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const -1)))
    (func (export "wait_a_little") (result i32) (memory.atomic.wait32 (i32.const 64) (i32.const 0) (i64.const 1000000)))
    (func (export "wait_for_other") (result i32) (memory.atomic.wait32 (i32.const 64) (i32.const 9) (i64.const -1)))
    (func (export "notify") (result i32) (memory.atomic.notify (i32.const 64) (i32.const 5)))))");
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      Store store(engine);
      must(must(must(linker.instantiate(store, m)).get_typed_func<void()>("add"))());
    });
  }
  for (auto& t : threads) t.join();
  uint32_t sum;
  std::memcpy(&sum, shared.data(), 4);
  EXPECT_GE(sum, 20000u);

  Store a(engine), b(engine);
  Instance ia = must(linker.instantiate(a, m)), ib = must(linker.instantiate(b, m));
  EXPECT_EQ(must(must(ia.get_typed_func<int32_t()>("grow"))()), 1);
  EXPECT_EQ(shared.size(), 2u);
  EXPECT_EQ(must(must(ib.get_typed_func<int32_t(int32_t)>("at"))(65536)), 0);
  EXPECT_FALSE(shared.grow(3));
  EXPECT_EQ(must(must(ia.get_typed_func<int32_t()>("wait_a_little"))()), 2);
  EXPECT_EQ(must(must(ia.get_typed_func<int32_t()>("wait_for_other"))()), 1);
  std::thread waiter([&] { EXPECT_EQ(must(must(ia.get_typed_func<int32_t()>("wait"))()), 0); });
  auto notify = must(ib.get_typed_func<int32_t()>("notify"));
  while (must(notify()) == 0) std::this_thread::yield();
  waiter.join();
  // An interrupt ends an endless wait.
  InterruptHandle handle = a.interrupt_handle();
  std::thread stopper([handle] {
    std::this_thread::sleep_for(20ms);
    handle.interrupt();
  });
  EXPECT_EQ(must(ia.get_typed_func<int32_t()>("wait"))().error().trap_code(), TrapCode::kInterrupted);
  stopper.join();
}

// Address space for a few guarded memories only: the others are checked, and work equally.
TEST(Memory, ManyMemories) {
  Engine engine;
  Store store(engine);
  Module m = wat(engine, R"((module (memory 1)
    (func (export "f") (param i32) (result i32) (i32.store (local.get 0) (i32.const 5)) (i32.load (local.get 0)))))");
  Linker linker(engine);
  std::vector<TypedFunc<int32_t(int32_t)>> all;
  for (int n = 0; n < 300; ++n)
    all.push_back(must(must(linker.instantiate(store, m)).get_typed_func<int32_t(int32_t)>("f")));
  for (auto& f : all) {
    EXPECT_EQ(must(f(65532)), 5);
    EXPECT_EQ(f(65533).error().trap_code(), TrapCode::kMemoryOutOfBounds);
  }
}

// Indices at the edges of tables and arrays, masked and not, in every tier.
TEST(Masks, SameResultsWithoutThem) {
  for (const TierName& tier : Config::tiers()) {
    for (bool mask : {true, false}) {
      Config config;
      config.tier = tier.tier;
      config.mask_speculation = mask;
      config.memory_reservation = 0;  // so that memory is checked as well
      Engine engine(config);
      Store store(engine);
      Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module (memory 1)
        (type $f (func (result i32))) (type $words (array (mut i32)))
        (table $t 2 10 funcref) (elem (table $t) (i32.const 1) func $five) (func $five (type $f) (i32.const 5))
        (table $empty 0 funcref)
        (func (export "call") (param i32) (result i32) (call_indirect $t (type $f) (local.get 0)))
        (func (export "call_empty") (param i32) (result i32) (call_indirect $empty (type $f) (local.get 0)))
        (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $five) (local.get 0)))
        (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
        (func (export "array") (param i32) (result i32) (local $a (ref $words))
          (local.set $a (array.new $words (i32.const 5) (i32.const 3)))
          (array.set $words (local.get $a) (local.get 0) (i32.add (array.get $words (local.get $a) (local.get 0)) (i32.const 0)))
          (array.get $words (local.get $a) (local.get 0)))
        (func (export "select") (param i32) (result i32)
          (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 10))) (return (i32.const 11)))
          (i32.const 12))))")));
      auto call = [&](const char* name, int32_t n) { return must(i.get_typed_func<int32_t(int32_t)>(name))(n); };
      for (int32_t n : {2, 3, INT32_MAX, -1})
        EXPECT_EQ(call("call", n).error().trap_code(), TrapCode::kUndefinedElement);
      EXPECT_EQ(call("call", 0).error().trap_code(), TrapCode::kUninitializedElement);
      EXPECT_EQ(must(call("call", 1)), 5);
      for (int32_t n : {0, 1, -1}) EXPECT_EQ(call("call_empty", n).error().trap_code(), TrapCode::kUndefinedElement);
      EXPECT_EQ(must(call("grow", 3)), 2);
      EXPECT_EQ(must(call("call", 4)), 5);
      EXPECT_EQ(call("call", 5).error().trap_code(), TrapCode::kUndefinedElement);
      for (int32_t n : {0, 2}) EXPECT_EQ(must(call("array", n)), 5);
      for (int32_t n : {3, INT32_MAX, -1}) EXPECT_EQ(call("array", n).error().trap_code(), TrapCode::kArrayOutOfBounds);
      EXPECT_EQ(must(call("load", 65532)), 0);
      for (int32_t n : {65533, 65536, -1, -4})
        EXPECT_EQ(call("load", n).error().trap_code(), TrapCode::kMemoryOutOfBounds);
      for (int32_t n : {0, 1, 2, 3, -1}) EXPECT_EQ(must(call("select", n)), n == 0 ? 10 : n == 1 ? 11 : 12);
    }
  }
}

TEST(Table, GrowGetSet) {
  Engine engine;
  Store store(engine);
  Table t = must(Table::create(store, TableType{ValType::externref(), 1, 5}, ExternRef()));
  EXPECT_EQ(must(t.grow(3, must(ExternRef::create(store, uint64_t{9})))), 1u);
  EXPECT_EQ(must(t.get(3)).externref().payload(), 9u);
  EXPECT_FALSE(t.grow(2, ExternRef()));
  EXPECT_EQ(t.set(1, Val(Func())).error().kind(), ErrorKind::kUsage);
  EXPECT_EQ(t.set(9, ExternRef()).error().trap_code(), TrapCode::kTableOutOfBounds);
  must(t.set(3, ExternRef()));
  EXPECT_TRUE(must(t.get(3)).is_null());
  EXPECT_FALSE(Table::create(store, TableType{ValType::externref(), 1}, 5));
}

TEST(Global, Host) {
  Engine engine;
  Store store(engine);
  Global g = must(Global::create(store, GlobalType{ValType::v128(), true}, V128{{1, 2, 3}}));
  EXPECT_EQ(g.get().v128().bytes[2], 3);
  must(g.set(V128{{9}}));
  EXPECT_EQ(g.get().v128().bytes[0], 9);
  EXPECT_FALSE(g.set(1));
  EXPECT_FALSE(must(Global::create(store, GlobalType{ValType::i32(), false}, 1)).set(2));
}

}  // namespace
}  // namespace ermine::limits_test
