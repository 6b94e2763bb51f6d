// The collector: reachable objects are preserved and unreachable ones are freed, for all shapes; and the heap stays
// within its limit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <unordered_map>
#include <vector>

#include "runtime/gc/heap.h"
#include "runtime/table.h"
#include "wasm/type_registry.h"

namespace ermine::runtime::gc {
namespace {

using wasm::CompositeKind;
using wasm::FieldType;
using wasm::HeapType;
using wasm::TypeDef;
using wasm::TypeId;
using wasm::TypeRegistry;
using wasm::ValKind;
using wasm::ValType;

constexpr uint64_t kMiB = 1 << 20;

// A heap with a value stack, globals and some types.
class Fixture : public RootSource {
 public:
  explicit Fixture(HeapOptions options = {}) : heap_(std::make_unique<Heap>(view, registry, *this, options)) {
    node = add(CompositeKind::kStruct, {self_ref(), self_ref(), ValKind::kI32});
    pair = add(CompositeKind::kStruct, {any(), any()});
    leaf = add(CompositeKind::kStruct, {ValKind::kI64});
    empty = add(CompositeKind::kStruct, {});
    refs = add(CompositeKind::kArray, {any()});
    bytes = add(CompositeKind::kArray, {ValKind::kI8});
    // References further out than a header can express, and a size that it cannot express either.
    std::vector<ValType> many(700, ValType(ValKind::kI64));
    many.insert(many.begin() + 40, any());
    many.push_back(any());
    large = add(CompositeKind::kStruct, many);
  }

  Heap& heap() { return *heap_; }
  void reset() { heap_.reset(); }

  static ValType any() { return ValType::ref(HeapType::kAny, true); }
  static ValType self_ref() { return ValType::ref(HeapType::concrete(TypeRegistry::kRecBase), true); }

  const TypeDef* add(CompositeKind kind, std::vector<ValType> fields) {
    TypeDef def;
    def.kind = kind;
    for (ValType f : fields) def.fields.push_back(FieldType{f, true});
    TypeId id = wasm::kNoType;
    EXPECT_TRUE(registry.add_group({&def, 1}, {&id, 1}));
    return &registry.get(id);
  }

  Ref field(Ref object, const TypeDef* type, uint32_t i) {
    Ref r;
    std::memcpy(&r, heap().at(object) + type->field_offsets[i], sizeof r);
    return r;
  }
  void set_field(Ref object, const TypeDef* type, uint32_t i, Ref value) {
    heap().store_ref(object, heap().at(object) + type->field_offsets[i], value);
  }
  Ref element(Ref array, uint32_t i) {
    Ref r;
    std::memcpy(&r, array_elements(heap().at(0), array) + 4 * uint64_t{i}, sizeof r);
    return r;
  }
  void set_element(Ref array, uint32_t i, Ref value) {
    heap().store_ref(array, array_elements(heap().at(0), array) + 4 * uint64_t{i}, value);
  }
  int32_t& number(Ref n) { return *reinterpret_cast<int32_t*>(heap().at(n) + node->field_offsets[2]); }

  void ambiguous_roots(AmbiguousRoots& roots) override {
    roots.slots(stack.data(), stack.data() + stack.size());
    if (native_high != 0) roots.native_stack(native_high);
    for (uintptr_t word : native) roots.native_words(&word, &word + 1);
  }
  void precise_roots(PreciseRoots& roots) override {
    for (Ref r : globals) roots.ref(r);
  }

  TypeRegistry registry;
  View view;
  std::vector<uint64_t> stack;
  std::vector<Ref> globals;
  std::vector<uintptr_t> native;
  uintptr_t native_high = 0;
  const TypeDef *node, *pair, *leaf, *empty, *refs, *bytes, *large;

 private:
  std::unique_ptr<Heap> heap_;
};

TEST(Gc, HeadersSayWhatTypesSay) {
  Fixture f;
  EXPECT_EQ(wasm::header_shape(f.node->object_header), wasm::Shape::kStruct);
  EXPECT_EQ(wasm::object_bytes(f.node->object_header), f.node->size);
  EXPECT_EQ(wasm::header_high(f.node->object_header) >> 8, 3u);
  EXPECT_EQ(wasm::header_shape(f.large->object_header), wasm::Shape::kLargeStruct);
  EXPECT_EQ(wasm::object_bytes(f.large->object_header), f.large->size);
  EXPECT_EQ(wasm::object_bytes(f.empty->object_header), 8u);
  EXPECT_EQ(wasm::header_shape(f.refs->object_header), wasm::Shape::kArrayRef);
  EXPECT_EQ(wasm::header_shape(f.bytes->object_header), wasm::Shape::kArray1);
  EXPECT_EQ(wasm::header_type(f.node->object_header), f.node->id);
}

TEST(Gc, CostsNothingBeforeItsFirstObject) {
  Fixture f;
  EXPECT_EQ(f.view.base, nullptr);
  f.heap().collect(true);
  EXPECT_EQ(f.heap().used_bytes(), 0u);
}

TEST(Gc, KeepsWhatIsReachableAndFreesTheRest) {
  for (const bool generational : {false, true}) {
    Fixture f({.max_bytes = 16 * kMiB, .generational = generational});
    const Ref root = f.heap().new_struct(*f.node);
    f.globals = {root};
    const Ref kept = f.heap().new_struct(*f.node);
    f.set_field(root, f.node, 0, kept);
    f.number(kept) = 77;
    // A cycle without other references.
    const Ref a = f.heap().new_struct(*f.node), b = f.heap().new_struct(*f.node);
    f.set_field(a, f.node, 0, b);
    f.set_field(b, f.node, 0, a);
    // A cycle with a reference from outside.
    f.set_field(kept, f.node, 1, root);
    f.heap().collect(true);
    EXPECT_EQ(f.number(kept), 77);
    EXPECT_EQ(f.field(root, f.node, 0), kept);
    EXPECT_LE(f.heap().stats().live_bytes, 128u);
    f.globals.clear();
    f.heap().collect(true);
    EXPECT_EQ(f.heap().stats().live_bytes, 0u);
    EXPECT_EQ(f.heap().used_bytes(), 0u);
  }
}

TEST(Gc, MemoryIsZero) {
  Fixture f({.max_bytes = 4 * kMiB});
  // Fills the heap with ones again and again; each new object must be zero nevertheless.
  for (int round = 0; round < 100'000; ++round) {
    const uint32_t length = round % 97 == 0 ? 20'000 : static_cast<uint32_t>(round % 300);
    const Ref a = f.heap().new_array(*f.bytes, length);
    ASSERT_NE(a, kNull);
    uint8_t* p = array_elements(f.heap().at(0), a);
    ASSERT_TRUE(std::all_of(p, p + length, [](uint8_t v) { return v == 0; })) << round;
    std::memset(p, 0xFF, length);
    if (round % 13 == 0) {
      f.globals.push_back(a);
      if (f.globals.size() > 500) f.globals.erase(f.globals.begin(), f.globals.begin() + 250);
    }
  }
  EXPECT_GT(f.heap().stats().minor + f.heap().stats().full, 5u);
}

TEST(Gc, OldObjectsKeepWhatIsStoredIntoThem) {
  Fixture f({.max_bytes = 64 * kMiB});
  const Ref old = f.heap().new_struct(*f.pair), array = f.heap().new_array(*f.refs, 100),
            huge = f.heap().new_array(*f.refs, 100'000), large = f.heap().new_struct(*f.large);
  f.globals = {old, array, huge, large};
  f.heap().collect(false);
  for (int round = 1; round < 50; ++round) {
    const auto make = [&](int v) {
      const Ref n = f.heap().new_struct(*f.node);
      f.number(n) = v * round;
      return n;
    };
    f.set_field(old, f.pair, 1, make(1));
    f.set_element(array, 50, make(2));
    f.set_element(huge, 0, make(3));
    f.set_element(huge, 29, make(4));  // at the line's end: header 2 words, 32 per line
    f.set_element(huge, 30, make(5));
    f.set_element(huge, 99'999, make(6));
    f.set_field(large, f.large, 40, make(7));
    f.set_field(large, f.large, 701, make(8));
    f.heap().collect(round % 10 == 0);
    EXPECT_EQ(f.number(f.field(old, f.pair, 1)), 1 * round);
    EXPECT_EQ(f.number(f.element(array, 50)), 2 * round);
    EXPECT_EQ(f.number(f.element(huge, 0)), 3 * round);
    EXPECT_EQ(f.number(f.element(huge, 29)), 4 * round);
    EXPECT_EQ(f.number(f.element(huge, 30)), 5 * round);
    EXPECT_EQ(f.number(f.element(huge, 99'999)), 6 * round);
    EXPECT_EQ(f.number(f.field(large, f.large, 40)), 7 * round);
    EXPECT_EQ(f.number(f.field(large, f.large, 701)), 8 * round);
  }
}

TEST(Gc, MinorCollectionsDoNotTraceOldObjects) {
  Fixture f({.max_bytes = 64 * kMiB});
  const Ref root = f.heap().new_struct(*f.pair);
  f.globals = {root};
  f.set_field(root, f.pair, 0, f.heap().new_struct(*f.leaf));
  f.heap().collect(false);
  // Old garbage stays until a full collection.
  f.set_field(root, f.pair, 0, kNull);
  f.globals.clear();
  f.heap().collect(false);
  EXPECT_GT(f.heap().stats().live_bytes, 0u);
  f.heap().collect(true);
  EXPECT_EQ(f.heap().stats().live_bytes, 0u);
}

TEST(Gc, AmbiguousSlots) {
  Fixture f({.max_bytes = 16 * kMiB});
  const Ref a = f.heap().new_struct(*f.node), b = f.heap().new_array(*f.bytes, 60),
            c = f.heap().new_array(*f.bytes, 300), big = f.heap().new_array(*f.bytes, 50'000),
            last = f.heap().new_struct(*f.leaf);
  for (const bool full : {false, true, false}) {
    // Words that are not references: inside objects, odd, too large, in free memory, with high bits.
    f.stack = {a,
               a + 8,
               b + 16,
               c,
               big,
               big + 8,
               big + 4096,
               a + 1,
               a + 4,
               uint64_t{a} | uint64_t{1} << 32,
               ~uint64_t{0},
               16 * kMiB,
               16 * kMiB - 8,
               8,
               32768,
               32776,
               last};
    f.heap().collect(full);
    EXPECT_EQ(wasm::header_type(load_header(f.heap().at(0), a)), f.node->id);
    EXPECT_EQ(array_length(f.heap().at(0), c), 300u);
    EXPECT_EQ(array_length(f.heap().at(0), big), 50'000u);
  }
  f.stack = {a + 8, big + 8, big + 4096, c + 16};
  f.heap().collect(true);
  EXPECT_EQ(f.heap().stats().live_bytes, 0u);
}

TEST(Gc, NativeWordsMayPointInside) {
  Fixture f({.max_bytes = 16 * kMiB});
  for (const bool old : {false, true}) {
    const Ref young = f.heap().new_struct(*f.leaf);
    const Ref a = f.heap().new_array(*f.bytes, 1000), big = f.heap().new_array(*f.bytes, 50'000),
              n = f.heap().new_struct(*f.node);
    std::memset(array_elements(f.heap().at(0), a), 7, 1000);
    if (old) {
      f.globals = {a, big, n, young};
      f.heap().collect(false);
      f.globals.clear();
    }
    f.native = {reinterpret_cast<uintptr_t>(f.heap().at(a) + 999),
                reinterpret_cast<uintptr_t>(f.heap().at(big) + 49'999), uintptr_t{n} << 32 | 12345};
    f.heap().collect(true);
    EXPECT_EQ(array_length(f.heap().at(0), a), 1000u);
    EXPECT_EQ(array_elements(f.heap().at(0), a)[999], 7);
    EXPECT_EQ(array_length(f.heap().at(0), big), 50'000u);
    EXPECT_EQ(wasm::header_type(load_header(f.heap().at(0), n)), f.node->id);
    f.native.clear();
    f.heap().collect(true);
    EXPECT_EQ(f.heap().stats().live_bytes, 0u);
  }
}

[[gnu::noinline]] Ref hold_on_native_stack(Fixture& f) {
  volatile Ref held = f.heap().new_struct(*f.node);
  f.number(held) = 4711;
  f.heap().collect(true);
  return held;
}

TEST(Gc, NativeStack) {
  Fixture f({.max_bytes = 16 * kMiB});
  f.native_high = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  EXPECT_EQ(f.number(hold_on_native_stack(f)), 4711);
}

TEST(Gc, Locals) {
  Fixture f({.max_bytes = 16 * kMiB});
  {
    Heap::Local outer(f.heap(), f.heap().new_struct(*f.leaf));
    Heap::Local inner(f.heap(), f.heap().new_struct(*f.leaf));
    f.heap().collect(true);
    EXPECT_GT(f.heap().stats().live_bytes, 0u);
    EXPECT_EQ(wasm::header_type(load_header(f.heap().at(0), outer.get())), f.leaf->id);
  }
  f.heap().collect(true);
  EXPECT_EQ(f.heap().stats().live_bytes, 0u);
}

TEST(Gc, DeepListsCostNoStack) {
  constexpr int kNodes = 10'000'000;
  Fixture f({.max_bytes = 512 * kMiB});
  // Newest first, then a list that is followed from its oldest end.
  f.globals = {kNull, kNull};
  Ref tail = kNull;
  for (int i = 0; i < kNodes; ++i) {
    const Ref n = f.heap().new_struct(*f.node);
    ASSERT_NE(n, kNull);
    f.number(n) = i;
    if (i % 2 == 0) {
      f.set_field(n, f.node, 0, f.globals[0]);
      f.globals[0] = n;
    } else if (tail == kNull) {
      f.globals[1] = tail = n;
    } else {
      f.set_field(tail, f.node, 1, n);
      tail = n;
    }
  }
  f.heap().collect(true);
  int count = 0;
  for (Ref n = f.globals[0]; n != kNull; n = f.field(n, f.node, 0), ++count)
    ASSERT_EQ(f.number(n), kNodes - 2 - 2 * count);
  for (Ref n = f.globals[1]; n != kNull; n = f.field(n, f.node, 1), ++count)
    ASSERT_EQ(f.number(n), 2 * (count - kNodes / 2) + 1);
  EXPECT_EQ(count, kNodes);
}

TEST(Gc, HugeArraysAreTracedInChunks) {
  constexpr uint32_t kLength = 20'000'000;
  Fixture f({.max_bytes = 512 * kMiB});
  const Ref array = f.heap().new_array(*f.refs, kLength);
  ASSERT_NE(array, kNull);
  f.globals = {array};
  for (uint32_t i = 0; i < kLength; i += 3) {
    const Ref n = f.heap().new_struct(*f.leaf);
    ASSERT_NE(n, kNull);
    *reinterpret_cast<uint64_t*>(f.heap().at(n) + 8) = i;
    f.set_element(array, i, n);
  }
  f.heap().collect(true);
  f.heap().collect(false);
  for (uint32_t i = 0; i < kLength; i += 3)
    ASSERT_EQ(*reinterpret_cast<uint64_t*>(f.heap().at(f.element(array, i)) + 8), i);
}

TEST(Gc, MarkingRecoversFromAFullStack) {
  // A stack of a few entries, and a graph that needs thousands: wide, deep and with large arrays.
  Fixture f({.max_bytes = 64 * kMiB, .mark_stack = 8});
  const Ref array = f.heap().new_array(*f.refs, 5000);
  f.globals = {array};
  for (uint32_t i = 0; i < 5000; ++i) {
    f.set_element(array, i, f.heap().new_struct(*f.node));
    Ref n = f.element(array, i);
    for (int k = 0; k < 3; ++k) {
      const Ref left = f.heap().new_struct(*f.node);
      f.set_field(n, f.node, 0, left);
      f.set_field(n, f.node, 1, f.heap().new_struct(*f.node));
      f.number(left) = static_cast<int>(i) + k;
      n = left;
    }
  }
  f.heap().collect(true);
  for (uint32_t i = 0; i < 5000; ++i) {
    Ref n = f.element(array, i);
    for (int k = 0; k < 3; ++k) {
      ASSERT_EQ(wasm::header_type(load_header(f.heap().at(0), f.field(n, f.node, 1))), f.node->id);
      n = f.field(n, f.node, 0);
      ASSERT_EQ(f.number(n), static_cast<int>(i) + k);
    }
  }
  EXPECT_GE(f.heap().stats().live_bytes, 35'000u * 24);
}

TEST(Gc, ExhaustionIsReportedAndPasses) {
  for (const bool generational : {false, true}) {
    Fixture f({.max_bytes = 8 * kMiB, .generational = generational});
    f.globals = {kNull};
    int made = 0;
    for (;; ++made) {
      const Ref n = f.heap().new_struct(*f.node);
      if (n == kNull) break;
      f.set_field(n, f.node, 0, f.globals[0]);
      f.globals[0] = n;
      ASSERT_LT(made, 1'000'000);
    }
    // Nearly all of the heap could be used.
    EXPECT_GT(made, 8 * static_cast<int>(kMiB) / 24 * 9 / 10);
    EXPECT_EQ(f.heap().new_array(*f.bytes, 9 << 20), kNull);
    int count = 0;
    for (Ref n = f.globals[0]; n != kNull; n = f.field(n, f.node, 0)) ++count;
    EXPECT_EQ(count, made);
    // Releasing it makes space again.
    f.globals[0] = kNull;
    EXPECT_NE(f.heap().new_struct(*f.node), kNull);
    EXPECT_NE(f.heap().new_array(*f.bytes, 7 << 20), kNull);
  }
}

TEST(Gc, HeapOfTheSmallestSize) {
  Fixture f({.max_bytes = 1});
  f.globals = {kNull};
  for (int i = 0; i < 100'000; ++i) {
    const Ref n = f.heap().new_struct(*f.node);
    ASSERT_NE(n, kNull);
    f.globals[0] = n;
  }
  EXPECT_EQ(f.heap().new_array(*f.bytes, 40'000), kNull);
}

TEST(Gc, GarbageInABoundedHeap) {
  // 100 GB with ERMINE_GC_GARBAGE_GB=100.
  const char* scale = std::getenv("ERMINE_GC_GARBAGE_GB");
  const uint64_t total = scale ? std::strtoull(scale, nullptr, 10) << 30 : uint64_t{2} << 30;
  Fixture f({.max_bytes = 64 * kMiB});
  f.stack.assign(1000, 0);
  uint64_t allocated = 0;
  for (uint64_t i = 0; allocated < total; ++i) {
    const uint32_t length = i % 1000 == 0 ? 100'000 : i % 50 == 0 ? 3000 : i % 5 == 0 ? 200 : 0;
    const Ref r = length ? f.heap().new_array(*f.bytes, length) : f.heap().new_struct(*f.node);
    ASSERT_NE(r, kNull) << allocated;
    allocated += length + 24;
    f.stack[i % 1000] = r;
    ASSERT_LE(f.heap().used_bytes(), 64 * kMiB);
  }
  EXPECT_GT(f.heap().stats().minor, total / (64 * kMiB));
}

TEST(Gc, FragmentedHeapTakesMediumObjects) {
  Fixture f({.max_bytes = 4 * kMiB});
  // Fills the heap, then keeps one object in each KiB.
  std::vector<Ref> all;
  for (;;) {
    const Ref r = f.heap().new_array(*f.bytes, 240);
    if (r == kNull) break;
    f.globals.push_back(r);
  }
  std::vector<Ref> kept;
  for (size_t i = 0; i < f.globals.size(); i += 4) kept.push_back(f.globals[i]);
  f.globals = kept;
  int medium = 0;
  while (f.heap().new_array(*f.bytes, 600) != kNull && medium < 20'000) ++medium;
  EXPECT_EQ(medium, 20'000);
}

TEST(Gc, ExternBoxesAndFinalizers) {
  std::vector<int> dead;
  struct Env {
    std::vector<int>* list;
    int id;
  };
  const Finalizer finalizer = [](void* p) {
    auto* env = static_cast<Env*>(p);
    env->list->push_back(env->id);
    delete env;
  };
  {
    Fixture f({.max_bytes = kMiB});
    const Ref a = f.heap().new_extern(11, finalizer, new Env{&dead, 1});
    const Ref b = f.heap().new_extern(22, finalizer, new Env{&dead, 2});
    const Ref c = f.heap().new_extern(33);
    const Ref holder = f.heap().new_struct(*f.pair);
    f.set_field(holder, f.pair, 0, b);
    f.set_field(holder, f.pair, 1, c);
    f.globals = {a, holder};
    f.heap().collect(false);
    f.heap().collect(true);
    EXPECT_TRUE(dead.empty());
    EXPECT_EQ(extern_payload(f.heap().at(0), a), 11u);
    EXPECT_EQ(extern_payload(f.heap().at(0), b), 22u);
    EXPECT_EQ(extern_payload(f.heap().at(0), c), 33u);
    f.globals = {holder};
    f.heap().collect(true);
    EXPECT_EQ(dead, std::vector<int>{1});
  }
  EXPECT_EQ(dead, (std::vector<int>{1, 2}));
}

TEST(Gc, ExceptionsHoldTheirPayload) {
  Fixture f({.max_bytes = kMiB});
  const ValType params[] = {wasm::kI64, wasm::kV128, Fixture::any(), wasm::kFuncRef, wasm::kExternRef};
  auto id = f.registry.add_func(params, {});
  ASSERT_TRUE(id);
  const Tag tag{*id, &f.registry.get(*id)};
  const Ref exn = f.heap().new_exception(&tag);
  f.globals = {exn};
  uint64_t payload[6] = {1, 2, 3, f.heap().new_struct(*f.leaf), 0x1234'5678'9ABC, f.heap().new_extern(5)};
  std::memcpy(exception_payload(f.heap().at(0), exn), payload, sizeof payload);
  f.heap().collect(true);
  EXPECT_EQ(exception_tag(f.heap().at(0), exn), &tag);
  EXPECT_EQ(exception_slots(f.heap().at(0), exn), 6u);
  EXPECT_EQ(std::memcmp(exception_payload(f.heap().at(0), exn), payload, sizeof payload), 0);
  EXPECT_EQ(wasm::header_type(load_header(f.heap().at(0), static_cast<Ref>(payload[3]))), f.leaf->id);
  EXPECT_EQ(extern_payload(f.heap().at(0), static_cast<Ref>(payload[5])), 5u);
}

// A random graph is changed at random and compared with a shadow copy on the C++ heap.
class Shadow {
 public:
  Shadow(HeapOptions options, uint64_t seed) : f_(options), random_(seed) {}

  void run(int steps) {
    f_.globals.assign(8, kNull);
    roots_.assign(8, nullptr);
    f_.stack.assign(16, 0);
    stack_.assign(16, nullptr);
    for (int i = 0; i < steps; ++i) {
      step();
      if (i % 5000 == 4999) {
        compare();
        if (testing::Test::HasFatalFailure()) return;
      }
    }
    compare();
  }
  HeapStats stats() { return f_.heap().stats(); }

 private:
  struct ShadowObject {
    const TypeDef* type;
    Ref ref;
    std::vector<ShadowObject*> fields;  // null: null or i31
    std::vector<Ref> i31;
    uint64_t stamp;
    bool seen = false;
  };

  uint64_t below(uint64_t n) { return random_() % n; }

  void step() {
    switch (below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: make(); break;
      case 5:
      case 6:
      case 7: link(); break;
      case 8:
        roots_[below(8)] = pick();
        sync();
        break;
      default:
        if (below(50) == 0) f_.heap().collect(below(4) == 0);
        else if (below(100) == 0) roots_[below(8)] = nullptr, stack_[below(16)] = nullptr, sync();
        break;
    }
  }

  void make() {
    ShadowObject* t = &arena_.emplace_back();
    const TypeDef* types[] = {f_.pair, f_.pair, f_.pair, f_.leaf, f_.refs, f_.bytes, f_.large};
    t->type = types[below(below(20) == 0 ? 7 : 6)];
    uint32_t length = static_cast<uint32_t>(below(20));
    if (below(40) == 0) length = static_cast<uint32_t>(below(200) == 0 ? 30'000 : below(1500));
    const bool array = t->type->kind == CompositeKind::kArray;
    t->ref = array ? f_.heap().new_array(*t->type, length) : f_.heap().new_struct(*t->type);
    ASSERT_NE(t->ref, kNull);
    const size_t slots = t->type == f_.refs ? length : t->type == f_.pair || t->type == f_.large ? 2 : 0;
    t->fields.resize(slots);
    t->i31.resize(slots);
    t->stamp = random_();
    if (uint8_t* p = stamp_of(*t)) std::memcpy(p, &t->stamp, 8);
    stack_[below(16)] = t;
    sync();
  }

  // The position of eight bytes in it that are not a reference, or null.
  uint8_t* stamp_of(const ShadowObject& t) {
    if (t.type == f_.leaf) return f_.heap().at(t.ref) + 8;
    if (t.type == f_.large) return f_.heap().at(t.ref) + f_.large->field_offsets[500];
    if (t.type == f_.bytes && array_length(f_.heap().at(0), t.ref) >= 8) return array_elements(f_.heap().at(0), t.ref);
    return nullptr;
  }
  uint8_t* slot_of(const ShadowObject& t, size_t i) {
    if (t.type == f_.refs) return array_elements(f_.heap().at(0), t.ref) + 4 * i;
    return f_.heap().at(t.ref) + t.type->field_offsets[t.type == f_.large ? (i == 0 ? 40 : 701) : i];
  }

  ShadowObject* pick() {
    ShadowObject* t = below(2) ? roots_[below(8)] : stack_[below(16)];
    for (int hops = static_cast<int>(below(6)); t && hops > 0; --hops) {
      if (t->fields.empty()) break;
      ShadowObject* next = t->fields[below(t->fields.size())];
      if (!next) break;
      t = next;
    }
    return t;
  }

  void link() {
    ShadowObject *from = pick(), *to = pick();
    if (!from || from->fields.empty()) return;
    const size_t i = below(from->fields.size());
    Ref value = to ? to->ref : kNull;
    from->i31[i] = 0;
    if (below(10) == 0) to = nullptr, value = from->i31[i] = make_i31(static_cast<uint32_t>(random_()));
    from->fields[i] = to;
    f_.heap().store_ref(from->ref, slot_of(*from, i), value);
  }

  void sync() {
    for (size_t i = 0; i < 8; ++i) f_.globals[i] = roots_[i] ? roots_[i]->ref : kNull;
    for (size_t i = 0; i < 16; ++i) f_.stack[i] = stack_[i] ? stack_[i]->ref : 0;
  }

  void compare() {
    std::vector<ShadowObject*> all;
    const auto visit = [&](ShadowObject* t) {
      if (t && !t->seen) t->seen = true, all.push_back(t);
    };
    for (ShadowObject* t : roots_) visit(t);
    for (ShadowObject* t : stack_) visit(t);
    for (size_t k = 0; k < all.size(); ++k)
      for (ShadowObject* t : all[k]->fields) visit(t);
    for (ShadowObject* t : all) {
      t->seen = false;
      const uint64_t header = load_header(f_.heap().at(0), t->ref);
      ASSERT_EQ(wasm::header_type(header), t->type->id);
      if (uint8_t* p = stamp_of(*t)) ASSERT_EQ(std::memcmp(p, &t->stamp, 8), 0);
      for (size_t i = 0; i < t->fields.size(); ++i) {
        Ref r;
        std::memcpy(&r, slot_of(*t, i), sizeof r);
        ASSERT_EQ(r, t->fields[i] ? t->fields[i]->ref : t->i31[i]);
      }
    }
  }

  Fixture f_;
  std::mt19937_64 random_;
  std::deque<ShadowObject> arena_;  // all objects ever made
  std::vector<ShadowObject*> roots_, stack_;
};

TEST(Gc, RandomGraphs) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    for (const bool generational : {false, true}) {
      Shadow shadow({.max_bytes = 64 * kMiB, .generational = generational}, seed);
      shadow.run(200'000);
      EXPECT_GT(shadow.stats().full + shadow.stats().minor, 50u);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Gc, RandomGraphsUnderStress) {
  for (const bool generational : {false, true}) {
    Shadow shadow({.max_bytes = 64 * kMiB, .generational = generational, .stress = true, .mark_stack = 64}, 99);
    shadow.run(4'000);
    EXPECT_GT(shadow.stats().full + shadow.stats().minor, 1500u);
  }
}

}  // namespace
}  // namespace ermine::runtime::gc
