#include "runtime/store.h"

#include <gtest/gtest.h>

#include <vector>

#include "runtime/call.h"
#include "wasm/limits.h"

namespace ermine::runtime {
namespace {

ExecutionHooks no_tier() {
  static FuncCode host_code{};
  return {.name = "none", .enter = nullptr, .host_code = &host_code};
}

StoreOptions options() {
  static const ExecutionHooks hooks = no_tier();
  StoreOptions o;
  o.hooks = &hooks;
  o.registry = std::make_shared<wasm::TypeRegistry>();
  return o;
}

TEST(Table, GrowsToItsLimits) {
  wasm::TableType t{wasm::kFuncRef, {2, 10}};
  auto made = Table::create(t, 0);
  ASSERT_TRUE(made);
  Table& table = **made;
  EXPECT_EQ(table.elements()[2], 0u);
  EXPECT_EQ(table.grow(3, 42), 2u);
  EXPECT_EQ(table.elements()[5], 0u);
  EXPECT_EQ(table.elements()[1], 0u);
  EXPECT_EQ(table.elements()[4], 42u);
  EXPECT_FALSE(table.grow(6, 0));
  EXPECT_FALSE(table.grow(~uint64_t{0}, 0));
  EXPECT_EQ(table.grow(5, 1), 5u);
  EXPECT_EQ(table.size(), 10u);
  EXPECT_EQ(table.elements()[10], 0u);  // null, for indices out of bounds
  EXPECT_FALSE(Table::create(wasm::TableType{wasm::kFuncRef, {wasm::kMaxTableElems + 1, {}}, true}, 0));
}

TEST(RootTable, CountsAndOutlivesTheStore) {
  Root* kept;
  {
    Store store(options());
    Root* a = store.roots().add(2);
    RootTable::retain(a);
    RootTable::release(a);
    EXPECT_EQ(a->value, 2u);
    kept = store.roots().add(4);
    RootTable::release(a);
    EXPECT_EQ(store.roots().add(6), a);  // entries are reused
    int live = 0;
    store.roots().for_each([&](Slot&) { ++live; });
    EXPECT_EQ(live, 2);
    RootTable::release(a);
  }
  EXPECT_EQ(kept->table->store(), nullptr);
  EXPECT_EQ(kept->value, 0u);
  RootTable::release(kept);
}

TEST(Store, HostFunctionsAreMadeOnce) {
  Store store(options());
  auto f = std::make_shared<HostFunction>();
  f->registry = store.options().registry;
  f->type = *f->registry->add_func(std::vector{wasm::kI32}, std::vector{wasm::kI32});
  f->fn = [](void*, HostCall&, Slot* s) {
    s[0] += 1;
    return true;
  };
  FuncRef* ref = store.host_func(f);
  EXPECT_EQ(store.host_func(f), ref);
  Slot slots[1] = {41};
  ASSERT_TRUE(call(&store, ref, slots));
  EXPECT_EQ(slots[0], 42u);
}

TEST(Store, HostFunctionsThatFail) {
  Store store(options());
  auto f = std::make_shared<HostFunction>();
  f->registry = store.options().registry;
  f->type = *f->registry->add_func({}, {});
  f->fn = [](void*, HostCall& c, Slot*) { return fail(c, Error(ErrorKind::kIo, "disk on fire")); };
  Slot slots[1];
  ASSERT_FALSE(call(&store, store.host_func(f), slots));
  Error e = take_error(&store);
  EXPECT_EQ(e.kind(), ErrorKind::kIo);
  EXPECT_EQ(e.message(), "disk on fire");
  auto silent = std::make_shared<HostFunction>();
  silent->registry = store.options().registry;
  silent->type = *f->registry->add_func({}, {});
  silent->fn = [](void*, HostCall&, Slot*) { return false; };
  ASSERT_FALSE(call(&store, store.host_func(silent), slots));
  EXPECT_EQ(take_error(&store).trap_code(), TrapCode::kHost);
}

TEST(Store, LimitsOfMemories) {
  Store store(options());
  store.limits.memories = 2;
  store.limits.total_memory_bytes = 3 << 16;
  wasm::MemoryType t;
  t.limits.min = 1;
  auto a = store.new_memory(t);
  ASSERT_TRUE(a);
  ASSERT_TRUE(store.new_memory(t));
  auto third = store.new_memory(t);
  ASSERT_FALSE(third);
  EXPECT_NE(third.error().to_string().find("StoreLimits::memories"), std::string::npos);
  EXPECT_FALSE(store.grow_memory(*a, 2));
  EXPECT_EQ(store.grow_memory(*a, 1), 1u);
  EXPECT_FALSE(store.grow_memory(*a, ~uint64_t{0}));
  EXPECT_FALSE(store.pending_error);
  store.limits.fail_on_grow = true;
  EXPECT_FALSE(store.grow_memory(*a, 1));
  EXPECT_EQ(store.pending_error.kind(), ErrorKind::kLimit);
}

TEST(Store, KeepsWhatItsRootsHold) {
  Store store(options());
  ASSERT_TRUE(store.prepare_stack());
  auto table = store.new_table({wasm::kExternRef, {4, {}}}, 0);
  ASSERT_TRUE(table);
  Global* global = store.new_global({wasm::kAnyRef, true});
  gc::Heap& heap = store.heap();
  const gc::Ref in_table = heap.new_extern(1), in_global = heap.new_extern(2), in_handle = heap.new_extern(3),
                on_stack = heap.new_extern(4), in_flight = heap.new_extern(5);
  (*table)->elements()[3] = in_table;
  *global->cell = in_global;
  Root* handle = store.roots().add(in_handle);
  *store.exec()->stack_top++ = on_stack;
  store.exec()->exception = in_flight;
  for (int i = 0; i < 5000; ++i) heap.new_extern(99);
  heap.collect(true);
  uint64_t expected = 1;
  for (const gc::Ref r : {in_table, in_global, in_handle, on_stack, in_flight})
    EXPECT_EQ(gc::extern_payload(heap.at(0), r), expected++);
  EXPECT_GT(heap.stats().live_bytes, 0u);
  EXPECT_LE(heap.stats().live_bytes, 5 * 128u);
  (*table)->elements()[3] = *global->cell = *--store.exec()->stack_top = store.exec()->exception = 0;
  RootTable::release(handle);
  heap.collect(true);
  EXPECT_EQ(heap.stats().live_bytes, 0u);
}

TEST(Store, HeapHasALimit) {
  StoreOptions o = options();
  o.max_gc_heap = 1 << 20;
  Store store(std::move(o));
  std::vector<Root*> held;
  while (const gc::Ref r = store.heap().new_extern(7)) held.push_back(store.roots().add(r));
  EXPECT_GT(held.size(), 60'000u);
  EXPECT_LE(held.size(), 65'536u);
  for (Root* root : held) RootTable::release(root);
}

}  // namespace
}  // namespace ermine::runtime
