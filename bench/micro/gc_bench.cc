// Measures the collector alone: the cost of allocating, and how long collections stop the program, with and without
// generations. No interpreter runs; this program makes and links the objects.
//
//   garbage/N       objects of N bytes that die at once
//   binary_trees    trees of depth 16, made and dropped while one of depth 18 stays
//   list            a queue of 2 million nodes: each step adds one and drops the oldest
//   map             a table of 2^20 chains; each step replaces an entry at random
//
// max_pause_us is the longest collection, gc_share the part of the time spent in collections.
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>

#include "runtime/gc/heap.h"
#include "wasm/type_registry.h"

namespace {

using namespace ermine;
using namespace ermine::runtime::gc;

class HeapWithRoots final : public RootSource {
 public:
  explicit HeapWithRoots(bool generational, uint64_t max_bytes = uint64_t{1} << 30)
      : heap(view_, registry_, *this, {.max_bytes = max_bytes, .generational = generational}) {
    const auto any = wasm::ValType::ref(wasm::HeapType::kAny, true);
    pair = add(wasm::CompositeKind::kStruct, {any, any});
    entry = add(wasm::CompositeKind::kStruct, {any, wasm::ValKind::kI64, wasm::ValKind::kI64});
    refs = add(wasm::CompositeKind::kArray, {any});
    bytes = add(wasm::CompositeKind::kArray, {wasm::ValKind::kI8});
  }

  Ref make(const wasm::TypeDef* type, Ref a = kNull, Ref b = kNull) {
    const Ref r = heap.new_struct(*type);
    if (r == kNull) std::abort();
    uint8_t* p = heap.at(r) + 8;
    std::memcpy(p, &a, 4);
    std::memcpy(p + 4, &b, 4);
    return r;
  }
  // The stack of slots keeps all new objects alive.
  Ref tree(int depth) {
    if (depth == 0) return make(pair);
    stack.push_back(tree(depth - 1));
    stack.push_back(tree(depth - 1));
    const Ref r = make(pair, static_cast<Ref>(stack.end()[-2]), static_cast<Ref>(stack.end()[-1]));
    stack.resize(stack.size() - 2);
    return r;
  }
  uint8_t* element(Ref array, uint64_t i) { return array_elements(heap.at(0), array) + 4 * i; }

  void report(benchmark::State& state, uint64_t allocated) {
    const HeapStats s = heap.stats();
    state.SetBytesProcessed(static_cast<int64_t>(allocated));
    state.counters["max_pause_us"] = static_cast<double>(s.max_pause_ns) / 1e3;
    state.counters["minor"] = static_cast<double>(s.minor);
    state.counters["full"] = static_cast<double>(s.full);
    state.counters["gc_ms"] = static_cast<double>(s.pause_ns) / 1e6;
    state.counters["heap_MB"] = static_cast<double>(heap.used_bytes()) / 1e6;
  }

  void ambiguous_roots(AmbiguousRoots& roots) override { roots.slots(stack.data(), stack.data() + stack.size()); }
  void precise_roots(PreciseRoots& roots) override {
    for (Ref r : globals) roots.ref(r);
  }

 private:
  const wasm::TypeDef* add(wasm::CompositeKind kind, std::vector<wasm::ValType> fields) {
    wasm::TypeDef def;
    def.kind = kind;
    for (wasm::ValType f : fields) def.fields.push_back({f, true});
    wasm::TypeId id = wasm::kNoType;
    if (!registry_.add_group({&def, 1}, {&id, 1})) std::abort();
    return &registry_.get(id);
  }
  wasm::TypeRegistry registry_;
  View view_;

 public:
  Heap heap;
  std::vector<uint64_t> stack;
  std::vector<Ref> globals;
  const wasm::TypeDef *pair, *entry, *refs, *bytes;
};

void garbage(benchmark::State& state) {
  HeapWithRoots w(true);
  const auto length = static_cast<uint32_t>(state.range(0) - 8);
  uint64_t allocated = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(w.heap.new_array(*w.bytes, length));
    allocated += static_cast<uint64_t>(state.range(0));
  }
  w.report(state, allocated);
}
BENCHMARK(garbage)->Arg(16)->Arg(32)->Arg(64)->Arg(256)->Arg(1024)->Arg(4096)->Arg(65536)->Arg(1 << 20);

void binary_trees(benchmark::State& state) {
  HeapWithRoots w(state.range(0) != 0);
  w.globals = {w.tree(18)};
  uint64_t allocated = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(w.tree(16));
    allocated += (uint64_t{1} << 17) * 16;
  }
  w.report(state, allocated);
}
BENCHMARK(binary_trees)->ArgName("generational")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void list(benchmark::State& state) {
  HeapWithRoots w(state.range(0) != 0);
  constexpr int kLength = 2'000'000;
  w.globals = {w.make(w.pair)};
  w.globals.push_back(w.globals[0]);
  const auto append = [&] {
    const Ref r = w.make(w.pair), last = w.globals[1];
    w.heap.store_ref(last, w.heap.at(last) + 8, r);
    w.globals[1] = r;
  };
  for (int i = 0; i < kLength; ++i) append();
  uint64_t allocated = 0;
  for (auto _ : state) {
    append();
    std::memcpy(&w.globals[0], w.heap.at(w.globals[0]) + 8, 4);
    allocated += 16;
  }
  w.report(state, allocated);
}
BENCHMARK(list)->ArgName("generational")->Arg(0)->Arg(1);

void map(benchmark::State& state) {
  HeapWithRoots w(state.range(0) != 0);
  constexpr uint32_t kBuckets = 1 << 20;
  w.globals = {w.heap.new_array(*w.refs, kBuckets)};
  const Ref table = w.globals[0];
  std::mt19937_64 random(1);
  uint64_t allocated = 0;
  const auto put = [&](uint32_t i) {
    const Ref r = w.make(w.entry);
    w.heap.store_ref(table, w.element(table, i), r);
    allocated += 32;
  };
  for (uint32_t i = 0; i < kBuckets; ++i) put(i);
  allocated = 0;
  for (auto _ : state) put(static_cast<uint32_t>(random()) % kBuckets);
  w.report(state, allocated);
}
BENCHMARK(map)->ArgName("generational")->Arg(0)->Arg(1);

}  // namespace

BENCHMARK_MAIN();
