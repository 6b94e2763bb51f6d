// The collector at its limits, through the API: rings, long lists, huge arrays, exhaustion, collections deep within
// calls from host to guest to host, and far more garbage than heap.
#include <cinttypes>

#include "tests/api/wat.h"

namespace ermine::gc_test {
namespace {

using test::must;
using test::wat;

constexpr uint64_t kMiB = 1 << 20;

Engine engine_with_heap(uint64_t bytes, bool stress = false) {
  Config config;
  config.max_gc_heap = bytes;
  config.gc_stress = stress;
  return Engine(config);
}

TEST(Gc, CyclesAreCollected) {
  Engine engine = engine_with_heap(4 * kMiB);
  Store store(engine);
  // A hundred doubly linked rings of a thousand nodes live at a time; some hundred MiB are allocated.
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (type $node (struct (field $next (mut (ref null $node))) (field $before (mut (ref null $node)))))
    (func $ring (param $n i32) (local $first (ref null $node)) (local $at (ref null $node)) (local $new (ref null $node))
      (local.set $first (struct.new_default $node))
      (local.set $at (local.get $first))
      (loop $more
        (local.set $new (struct.new $node (ref.null $node) (local.get $at)))
        (struct.set $node $next (local.get $at) (local.get $new))
        (local.set $at (local.get $new))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (struct.set $node $next (local.get $at) (local.get $first))
      (struct.set $node $before (local.get $first) (local.get $at)))
    (func (export "run") (param $n i32)
      (loop $more
        (call $ring (i32.const 1000))
        (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))")));
  must(must(i.get_typed_func<void(int32_t)>("run"))(5000));
  EXPECT_GT(store.gc_stats().allocated_bytes, 75 * kMiB);
  store.collect_garbage();
  EXPECT_LT(store.gc_heap_size(), kMiB);
}

constexpr const char* kList = R"((module
  (type $node (struct (field $next (mut (ref null $node))) (field $value i32)))
  (global $list (mut (ref null $node)) (ref.null $node))
  (func (export "build") (param $n i32)
    (loop $more
      (global.set $list (struct.new $node (global.get $list) (local.get $n)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "sum") (result i64) (local $at (ref null $node)) (local $sum i64)
    (local.set $at (global.get $list))
    (block $end
      (loop $more
        (br_if $end (ref.is_null (local.get $at)))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (struct.get $node $value (local.get $at)))))
        (local.set $at (struct.get $node $next (local.get $at)))
        (br $more)))
    (local.get $sum))
  (func (export "drop") (global.set $list (ref.null $node)))))";

TEST(Gc, ListOfTenMillionNodes) {
  Engine engine = engine_with_heap(512 * kMiB);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kList)));
  must(must(i.get_typed_func<void(int32_t)>("build"))(10'000'000));
  store.collect_garbage();
  EXPECT_EQ(must(must(i.get_typed_func<int64_t()>("sum"))()), int64_t{10'000'000} * 10'000'001 / 2);
  EXPECT_GE(store.gc_heap_size(), 16 * uint64_t{10'000'000});
  must(must(i.get_typed_func<void()>("drop"))());
  store.collect_garbage();
  EXPECT_LT(store.gc_heap_size(), kMiB);
}

TEST(Gc, ExhaustionIsATrapAndPasses) {
  Engine engine = engine_with_heap(8 * kMiB);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kList)));
  auto build = must(i.get_typed_func<void(int32_t)>("build"));
  auto sum = must(i.get_typed_func<int64_t()>("sum"));
  for (int round = 0; round < 3; ++round) {
    auto failed = build(10'000'000);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().trap_code(), TrapCode::kGcHeapExhausted);
    EXPECT_EQ(failed.error().backtrace().size(), 1u);
    EXPECT_GT(must(sum()), 0);  // the objects are intact
    must(must(i.get_typed_func<void()>("drop"))());
    must(build(100'001));
    EXPECT_EQ(must(sum()), int64_t{100'001} * 100'002 / 2);
    must(must(i.get_typed_func<void()>("drop"))());
  }
}

TEST(Gc, HugeArrays) {
  Engine engine = engine_with_heap(256 * kMiB);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (type $bytes (array (mut i8)))
    (type $refs (array (mut eqref)))
    (global $kept (mut (ref null $refs)) (ref.null $refs))
    ;; References to other arrays and to itself, far apart.
    (func (export "make") (param $n i32) (local $i i32)
      (global.set $kept (array.new_default $refs (local.get $n)))
      (array.set $refs (global.get $kept) (i32.sub (local.get $n) (i32.const 1)) (global.get $kept))
      (loop $more
        (array.set $refs (global.get $kept) (local.get $i) (array.new $bytes (local.get $i) (i32.const 100)))
        (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 100000))) (i32.sub (local.get $n) (i32.const 1))))))
    (func (export "sum") (result i32) (local $i i32) (local $sum i32) (local $refs (ref $refs))
      (local.set $refs
        (ref.cast (ref $refs) (array.get $refs (global.get $kept) (i32.sub (array.len (global.get $kept)) (i32.const 1)))))
      (loop $more
        (local.set $sum
          (i32.add (local.get $sum)
            (array.get_u $bytes (ref.cast (ref $bytes) (array.get $refs (local.get $refs) (local.get $i))) (i32.const 99))))
        (br_if $more
          (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 100000)))
                    (i32.sub (array.len (local.get $refs)) (i32.const 1)))))
      (local.get $sum))
    (func (export "bytes") (param $n i32) (result i32) (array.len (array.new_default $bytes (local.get $n))))))")));
  must(must(i.get_typed_func<void(int32_t)>("make"))(20'000'000));
  auto sum = must(i.get_typed_func<int32_t()>("sum"));
  int32_t expected = 0;
  for (int32_t n = 0; n < 19'999'999; n += 100'000) expected += n & 255;
  EXPECT_EQ(must(sum()), expected);
  store.collect_garbage();
  EXPECT_EQ(must(sum()), expected);
  // Each takes the space that the previous one gave back.
  auto bytes = must(i.get_typed_func<int32_t(int32_t)>("bytes"));
  for (int round = 0; round < 10; ++round) EXPECT_EQ(must(bytes(100'000'000)), 100'000'000);
  // One that could be allocated if the other did not exist; and one that never can.
  auto full = bytes(250 << 20);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().trap_code(), TrapCode::kGcHeapExhausted);
  auto too_large = bytes(-1);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().trap_code(), TrapCode::kAllocationTooLarge);
  EXPECT_EQ(must(sum()), expected);
}

// Host, guest, host, guest and so on, each frame holding objects that only it refers to, while the innermost collects.
// With stress the calls themselves collect as well.
class NestedCalls : public testing::TestWithParam<bool> {};

TEST_P(NestedCalls, KeepWhatEachFrameHolds) {
  Engine engine = engine_with_heap(16 * kMiB, GetParam());
  Store store(engine);
  Linker linker(engine);
  // The host's frames hold references in handles, and pass some on.
  must(linker.func_wrap("host", "down", [](Caller& c, int32_t depth, AnyRef given) -> Result<AnyRef> {
    StoreRef s = c.store();
    AnyRef mine = AnyRef::from_extern(must(ExternRef::create(s, uint64_t(1000 + depth))));
    if (depth == 0) {
      s.collect_garbage();
      return given;
    }
    auto deeper = must(c.get_export("deeper")->func()->typed<AnyRef(int32_t, AnyRef)>());
    AnyRef back = must(deeper(depth - 1, given));
    s.collect_garbage();
    EXPECT_EQ(mine.to_extern().payload(), uint64_t(1000 + depth));
    return back;
  }));
  Instance i = must(linker.instantiate(store, wat(engine, R"((module
    (import "host" "down" (func $down (param i32 anyref) (result anyref)))
    (type $box (struct (field $value (mut i32)) (field $inner (mut anyref))))
    (func $deeper (export "deeper") (param $depth i32) (param $given anyref) (result anyref)
      (local $mine (ref null $box)) (local $result anyref)
      (local.set $mine (struct.new $box (local.get $depth) (struct.new $box (i32.const 77) (ref.null any))))
      ;; The new box is known to the operand stack alone, and what it holds to it.
      (struct.new $box (i32.mul (local.get $depth) (i32.const 3)) (local.get $given))
      (local.set $result (call $down (local.get $depth) (struct.new $box (local.get $depth) (local.get $given))))
      (if (i32.ne (struct.get $box $value) (i32.mul (local.get $depth) (i32.const 3))) (then (unreachable)))
      (if (i32.ne (struct.get $box $value (local.get $mine)) (local.get $depth)) (then (unreachable)))
      (if (i32.ne (struct.get $box $value (ref.cast (ref $box) (struct.get $box $inner (local.get $mine)))) (i32.const 77))
        (then (unreachable)))
      (local.get $result))
    (func (export "count") (param $at anyref) (result i32) (local $n i32)
      (block $end
        (loop $more
          (local.set $at
            (struct.get $box $inner
              (block $is_box (result (ref $box))
                (drop (br_on_cast $is_box anyref (ref $box) (local.get $at)))
                (br $end))))
          (local.set $n (i32.add (local.get $n) (i32.const 1)))
          (br $more)))
      (local.get $n))))")));
  auto deeper = must(i.get_typed_func<AnyRef(int32_t, AnyRef)>("deeper"));
  AnyRef start = AnyRef::from_extern(must(ExternRef::create(store, uint64_t{5})));
  AnyRef chain = must(deeper(20, start));
  store.collect_garbage();
  EXPECT_EQ(must(must(i.get_typed_func<int32_t(AnyRef)>("count"))(chain)), 21);
  EXPECT_EQ(start.to_extern().payload(), 5u);
}
INSTANTIATE_TEST_SUITE_P(, NestedCalls, testing::Bool(), [](const auto& p) { return p.param ? "Stress" : "Plain"; });

// Objects of 16 to 4,000 bytes, of which one in sixty survives for a while; `gigabytes` in all in a heap of 16 MiB.
void make_garbage(uint32_t gigabytes) {
  Engine engine = engine_with_heap(16 * kMiB);
  Store store(engine);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, R"((module
    (type $a (array (mut i64)))
    (type $ring (array (mut (ref null $a))))
    (global $ring (mut (ref null $ring)) (ref.null $ring))
    (func (export "megabytes") (param $n i32) (local $bytes i32) (local $size i32) (local $i i32)
      (if (ref.is_null (global.get $ring)) (then (global.set $ring (array.new_default $ring (i32.const 1024)))))
      (loop $megabyte
        (local.set $bytes (i32.const 0))
        (loop $more
          (local.set $size (i32.add (local.get $size) (i32.const 37)))
          (if (i32.gt_u (local.get $size) (i32.const 498)) (then (local.set $size (i32.and (local.get $size) (i32.const 15)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (if (i32.rem_u (local.get $i) (i32.const 60))
            (then (drop (array.new_default $a (local.get $size))))
            (else
              (array.set $ring (global.get $ring) (i32.and (i32.div_u (local.get $i) (i32.const 60)) (i32.const 1023))
                (array.new_default $a (local.get $size)))))
          (br_if $more
            (i32.lt_u (local.tee $bytes (i32.add (local.get $bytes) (i32.add (i32.const 8) (i32.shl (local.get $size) (i32.const 3)))))
                      (i32.const 0x100000))))
        (br_if $megabyte (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))))")));
  auto megabytes = must(i.get_typed_func<void(int32_t)>("megabytes"));
  for (uint32_t n = 0; n < gigabytes; ++n) must(megabytes(1024));
  const GcStats stats = store.gc_stats();
  EXPECT_GE(stats.allocated_bytes, uint64_t{gigabytes} << 30);
  EXPECT_LE(stats.live_bytes, 16 * kMiB);
  std::printf("%" PRIu64 " minor and %" PRIu64 " full collections, longest pause %.2f ms\n", stats.minor_collections,
              stats.full_collections, static_cast<double>(stats.max_pause.count()) / 1e6);
}

TEST(Gc, TwoGigabytesOfGarbageInSixteenMegabytes) { make_garbage(2); }
// Takes half a minute: run by name, with --gtest_also_run_disabled_tests.
TEST(Gc, DISABLED_HundredGigabytesOfGarbageInSixteenMegabytes) { make_garbage(100); }

TEST(Gc, CollectionsAreReported) {
  Engine engine;
  Store store(engine);
  EXPECT_EQ(store.gc_stats().allocated_bytes, 0u);
  Instance i = must(Linker(engine).instantiate(store, wat(engine, kList)));
  must(must(i.get_typed_func<void(int32_t)>("build"))(1000));
  std::vector<GcCollection> seen;
  store.on_collection([&](const GcCollection& c) { seen.push_back(c); });
  store.collect_garbage();
  store.collect_garbage();
  store.on_collection(nullptr);
  store.collect_garbage();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(seen[0].full);
  EXPECT_GT(seen[0].pause.count(), 0);
  EXPECT_GE(seen[1].live_bytes, 16'000u);
  const GcStats stats = store.gc_stats();
  EXPECT_EQ(stats.full_collections, 3u);
  EXPECT_EQ(stats.live_bytes, store.gc_heap_size());
  EXPECT_GE(stats.allocated_bytes, 16'000u);
  EXPECT_GE(stats.total_pause, stats.max_pause);
}

}  // namespace
}  // namespace ermine::gc_test
