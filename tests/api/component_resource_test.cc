// Resources between components and the host: classes of the host, numbers of the host, and resources of a component.
#include <gtest/gtest.h>

#include "ermine/ermine.h"

namespace app {

struct Counter {
  explicit Counter(uint32_t start, int* alive) : next(start), alive(alive) { ++*alive; }
  ~Counter() { --*alive; }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  uint32_t next;
  int* alive;
};
ERMINE_RESOURCE(Counter, "counter")

struct Other {};
ERMINE_RESOURCE(Other, "other")

}  // namespace app

namespace ermine::component_resource_test {
namespace {

using component::Resource;
using component::ResourceRef;

// Makes, uses, keeps, gives and drops counters of the host. `made` keeps the handle in a global.
constexpr std::string_view kGuest = R"((component
  (import "test:host/counters" (instance $host
    (export "counter" (type $counter (sub resource)))
    (export "[constructor]counter" (func (param "start" u32) (result (own $counter))))
    (export "[method]counter.next" (func (param "self" (borrow $counter)) (result u32)))
    (export "take" (func (param "c" (own $counter)) (result u32)))))
  (alias export $host "counter" (type $counter))
  (core func $new (canon lower (func $host "[constructor]counter")))
  (core func $next (canon lower (func $host "[method]counter.next")))
  (core func $take (canon lower (func $host "take")))
  (core func $drop (canon resource.drop $counter))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "next" (func $next (param i32) (result i32)))
    (import "" "take" (func $take (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "make") (param i32) (global.set $kept (call $new (local.get 0))))
    (func (export "next") (result i32) (call $next (global.get $kept)))
    (func (export "forged") (param i32) (result i32) (call $next (local.get 0)))
    (func (export "give-away") (result i32) (call $take (global.get $kept)))
    (func (export "drop") (call $drop (global.get $kept)))
    (func (export "keep") (param i32) (global.set $kept (local.get 0)))
    (func (export "give") (result i32) (global.get $kept))
    (func (export "next-of") (param i32) (result i32)
      (call $next (local.get 0)) (call $drop (local.get 0)))
    (func (export "forget-to-drop") (param i32) (result i32) (call $next (local.get 0))))
  (core instance $i (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "next" (func $next)) (export "take" (func $take))
    (export "drop" (func $drop))))))
  (func (export "make") (param "start" u32) (canon lift (core func $i "make")))
  (func (export "next") (result u32) (canon lift (core func $i "next")))
  (func (export "forged") (param "handle" u32) (result u32) (canon lift (core func $i "forged")))
  (func (export "give-away") (result u32) (canon lift (core func $i "give-away")))
  (func (export "drop") (canon lift (core func $i "drop")))
  (func (export "keep") (param "c" (own $counter)) (canon lift (core func $i "keep")))
  (func (export "give") (result (own $counter)) (canon lift (core func $i "give")))
  (func (export "next-of") (param "c" (borrow $counter)) (result u32) (canon lift (core func $i "next-of")))
  (func (export "forget-to-drop") (param "c" (borrow $counter)) (result u32)
    (canon lift (core func $i "forget-to-drop")))))";

class ComponentResources : public testing::Test {
 protected:
  ComponentInstance instantiate() {
    EXPECT_TRUE(linker_.resource<app::Counter>("test:host/counters", "counter"));
    EXPECT_TRUE(linker_.func_wrap("test:host/counters", "[constructor]counter",
                                  [this](uint32_t start) { return std::make_unique<app::Counter>(start, &alive_); }));
    EXPECT_TRUE(linker_.func_wrap("test:host/counters", "[method]counter.next",
                                  [](app::Counter& counter) { return counter.next++; }));
    EXPECT_TRUE(linker_.func_wrap("test:host/counters", "take",
                                  [](std::unique_ptr<app::Counter> counter) { return counter->next; }));
    auto component = Component::from_text(engine_, kGuest, "guest");
    EXPECT_TRUE(component) << component.error().to_string();
    auto instance = linker_.instantiate(*store_, *component);
    EXPECT_TRUE(instance) << instance.error().to_string();
    return *std::move(instance);
  }
  template <class Signature, class... Args>
  static auto call(const ComponentInstance& instance, std::string_view name, Args&&... args) {
    auto func = instance.get_typed_func<Signature>(name);
    EXPECT_TRUE(func) << func.error().to_string();
    return func->call(std::forward<Args>(args)...);
  }

  int alive_ = 0;
  Engine engine_;
  std::optional<Store> store_{std::in_place, engine_};
  ComponentLinker linker_{engine_};
};

TEST_F(ComponentResources, ObjectsBelongToTheComponent) {
  {
    const ComponentInstance instance = instantiate();
    ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 7u));
    EXPECT_EQ(alive_, 1);
    EXPECT_EQ(*call<uint32_t()>(instance, "next"), 7u);
    EXPECT_EQ(*call<uint32_t()>(instance, "next"), 8u);
    ASSERT_TRUE(call<void()>(instance, "drop"));
    EXPECT_EQ(alive_, 0);
    ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 1u));
    EXPECT_EQ(*call<uint32_t()>(instance, "give-away"), 1u);
    EXPECT_EQ(alive_, 0);
    // What a component never drops is destroyed with it.
    ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 1u));
    ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 2u));
    EXPECT_EQ(alive_, 2);
  }
  store_.reset();
  EXPECT_EQ(alive_, 0);
}

TEST_F(ComponentResources, ObjectsArePassedFromAndToTheHost) {
  const ComponentInstance instance = instantiate();
  ASSERT_TRUE(call<void(std::unique_ptr<app::Counter>)>(instance, "keep", std::make_unique<app::Counter>(3, &alive_)));
  EXPECT_EQ(alive_, 1);
  EXPECT_EQ(*call<uint32_t()>(instance, "next"), 3u);
  {
    auto counter = call<std::unique_ptr<app::Counter>()>(instance, "give");
    ASSERT_TRUE(counter) << counter.error().to_string();
    EXPECT_EQ((*counter)->next, 4u);
    EXPECT_EQ(alive_, 1);
  }
  EXPECT_EQ(alive_, 0);
  app::Counter mine(40, &alive_);
  EXPECT_EQ(*call<uint32_t(app::Counter&)>(instance, "next-of", mine), 40u);
  EXPECT_EQ(mine.next, 41u);
  // The handle is gone: the component gives what it does not have.
  const auto gone = call<std::unique_ptr<app::Counter>()>(instance, "give");
  EXPECT_EQ(gone.error().kind(), ErrorKind::kTrap);
}

TEST_F(ComponentResources, HandlesAreChecked) {
  const ComponentInstance instance = instantiate();
  ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 7u));
  for (const uint32_t handle : {0u, 2u, 1000u, 0xFFFF'FFFFu}) {
    const ComponentInstance other = instance;
    const auto forged = call<uint32_t(uint32_t)>(*linker_.instantiate(*store_, *Component::from_text(engine_, kGuest)),
                                                 "forged", handle);
    ASSERT_FALSE(forged);
    EXPECT_NE(forged.error().message().find("unknown handle index"), std::string::npos) << forged.error().message();
  }
  app::Counter mine(1, &alive_);
  const auto kept = call<uint32_t(app::Counter&)>(instance, "forget-to-drop", mine);
  EXPECT_NE(kept.error().message().find("borrow handles still remain"), std::string::npos) << kept.error().message();
  EXPECT_EQ(call<void(std::unique_ptr<app::Counter>)>(
                *linker_.instantiate(*store_, *Component::from_text(engine_, kGuest)), "keep", nullptr)
                .error()
                .kind(),
            ErrorKind::kUsage);
}

TEST_F(ComponentResources, ClassesAreChecked) {
  const ComponentInstance instance = instantiate();
  const auto wrong = instance.get_typed_func<uint32_t(app::Other&)>("next-of");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(
      wrong.error().message(),
      "parameter `c` of `next-of`: the component has a resource of the host that has another class, the host asks "
      "for `borrow<other>`");
  EXPECT_FALSE(instance.get_typed_func<uint32_t(std::unique_ptr<app::Counter>)>("next-of"));
}

TEST_F(ComponentResources, AnyResource) {
  const ComponentInstance instance = instantiate();
  ASSERT_TRUE(call<void(uint32_t)>(instance, "make", 5u));
  auto counter = call<Resource()>(instance, "give");
  ASSERT_TRUE(counter);
  EXPECT_EQ(counter->get<app::Counter>()->next, 5u);
  EXPECT_EQ(counter->get<app::Other>(), nullptr);
  EXPECT_EQ(*call<uint32_t(ResourceRef)>(instance, "next-of", *counter), 5u);
  ASSERT_TRUE(call<void(Resource)>(instance, "keep", std::move(*counter)));
  EXPECT_EQ(*call<uint32_t()>(instance, "next"), 6u);
  auto again = call<Resource()>(instance, "give");
  ASSERT_TRUE(again);
  EXPECT_EQ(alive_, 1);
  *again = Resource();
  EXPECT_EQ(alive_, 0);
}

// A component that implements a resource type, counting how many there are.
constexpr std::string_view kImplementer = R"((component
  (core module $D
    (global $alive (export "alive") (mut i32) (i32.const 0))
    (func (export "dtor") (param i32)
      (if (i32.eq (local.get 0) (i32.const 99)) (then unreachable))
      (global.set $alive (i32.sub (global.get $alive) (i32.const 1)))))
  (core instance $d (instantiate $D))
  (type $blob' (resource (rep i32) (dtor (func $d "dtor"))))
  (core func $new (canon resource.new $blob'))
  (core module $M
    (import "d" "alive" (global $alive (mut i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32)
      (global.set $alive (i32.add (global.get $alive) (i32.const 1)))
      (call $new (local.get 0)))
    (func (export "size") (param i32) (result i32) (local.get 0))
    (func (export "alive") (result i32) (global.get $alive)))
  (core instance $i (instantiate $M (with "d" (instance $d)) (with "" (instance (export "new" (func $new))))))
  (export $blob "blob" (type $blob'))
  (func (export "make") (param "size" u32) (result (own $blob)) (canon lift (core func $i "make")))
  (func (export "size") (param "b" (borrow $blob)) (result u32) (canon lift (core func $i "size")))
  (func (export "alive") (result u32) (canon lift (core func $i "alive")))))";

TEST(ComponentResourcesOfComponents, AreDroppedByTheHost) {
  Engine engine;
  auto component = Component::from_text(engine, kImplementer, "blob");
  ASSERT_TRUE(component) << component.error().to_string();
  Resource outlives;
  Store store(engine);
  auto instance = component->instantiate(store);
  ASSERT_TRUE(instance) << instance.error().to_string();
  auto make = instance->get_typed_func<Resource(uint32_t)>("make");
  auto size = instance->get_typed_func<uint32_t(ResourceRef)>("size");
  auto alive = instance->get_typed_func<uint32_t()>("alive");
  ASSERT_TRUE(make && size && alive);
  {
    auto blob = make->call(12);
    ASSERT_TRUE(blob);
    EXPECT_EQ(*size->call(*blob), 12u);
    EXPECT_EQ(blob->rep(), 0u);  // its number is the component's own
    EXPECT_EQ(*alive->call(), 1u);
    outlives = *make->call(13);
    EXPECT_EQ(*alive->call(), 2u);
  }
  EXPECT_EQ(*alive->call(), 1u);
  ASSERT_TRUE(outlives.drop());
  EXPECT_FALSE(outlives);
  EXPECT_EQ(*alive->call(), 0u);
  EXPECT_EQ(size->call(outlives).error().kind(), ErrorKind::kUsage);
  // As dynamic values.
  std::vector<component::Value> args;
  args.push_back(component::Value::u32(5));
  {
    auto value = instance->get_func("make")->call(args);
    ASSERT_TRUE(value && *value);
    EXPECT_EQ(*alive->call(), 1u);
    auto resource = Resource::from_value(**value);
    ASSERT_TRUE(resource);
    EXPECT_EQ(*size->call(*resource), 5u);
  }
  EXPECT_EQ(*alive->call(), 0u);
  // A destructor that traps.
  auto bad = make->call(99);
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->drop().error().kind(), ErrorKind::kTrap);
}

TEST(ComponentResourcesOfComponents, MayOutliveTheStore) {
  Engine engine;
  Resource outlives;
  auto component = Component::from_text(engine, kImplementer, "blob");
  ASSERT_TRUE(component);
  {
    Store store(engine);
    auto instance = component->instantiate(store);
    outlives = *instance->get_typed_func<Resource(uint32_t)>("make")->call(1);
  }
  EXPECT_TRUE(outlives);  // dropping it does nothing
}

// A stream that the host still has keeps no handle of the component that it came from.
TEST_F(ComponentResources, EndWithTheStore) {
  constexpr std::string_view kKeeper = R"((component
    (import "test:host/counters" (instance $host (export "counter" (type $counter (sub resource)))
      (export "take" (func (param "n" u32) (result u32)))))
    (alias export $host "counter" (type $counter))
    (type $s (stream u8))
    (canon stream.new $s (core func $new))
    (core module $M (import "" "new" (func $new (result i64)))
      (func (export "keep") (param i32))
      (func (export "open") (result i32) (i32.wrap_i64 (call $new))))
    (core instance $i (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "keep") (param "c" (own $counter)) (canon lift (core func $i "keep")))
    (func (export "open") (result $s) (canon lift (core func $i "open")))))";
  Config config;
  config.enable_all_features();
  const Engine engine(config);
  int alive = 0;
  component::StreamReader<uint8_t> outlives;
  const auto resident = std::make_shared<app::Counter>(0, &alive);  // what a function of the host keeps
  {
    ComponentLinker linker(engine);
    ASSERT_TRUE(linker.resource<app::Counter>("test:host/counters", "counter"));
    ASSERT_TRUE(linker.func_wrap("test:host/counters", "take", [resident](uint32_t) { return resident->next; }));
    Store store(engine);
    auto component = Component::from_text(engine, kKeeper);
    ASSERT_TRUE(component) << component.error().to_string();
    auto instance = linker.instantiate(store, *component);
    ASSERT_TRUE(instance) << instance.error().to_string();
    ASSERT_TRUE(
        call<void(std::unique_ptr<app::Counter>)>(*instance, "keep", std::make_unique<app::Counter>(1, &alive)));
    outlives = *call<component::StreamReader<uint8_t>()>(*instance, "open");
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(resident.use_count(), 1);
  EXPECT_TRUE(outlives.is_over());
}

TEST(ComponentResourcesOfTheHost, AsNumbers) {
  Engine engine;
  ComponentLinker linker(engine);
  std::vector<uint64_t> dropped;
  auto type = linker.resource("test:host/counters", "counter", [&](uint64_t rep) -> Result<void> {
    dropped.push_back(rep);
    return {};
  });
  ASSERT_TRUE(type);
  const auto counters = "test:host/counters";
  ASSERT_TRUE(linker.func(counters, "[constructor]counter", [&](ComponentCaller&, std::span<const component::Value> v) {
    return Result<std::optional<component::Value>>(type->make(1000 + v[0].as_unsigned()).into_value());
  }));
  ASSERT_TRUE(linker.func_wrap(counters, "[method]counter.next",
                               [](ResourceRef self) { return static_cast<uint32_t>(self.rep()); }));
  ASSERT_TRUE(linker.func_wrap(counters, "take", [](Resource self) { return static_cast<uint32_t>(self.rep()); }));
  auto component = Component::from_text(engine, kGuest, "guest");
  {
    Store store(engine);
    auto instance = linker.instantiate(store, *component);
    ASSERT_TRUE(instance) << instance.error().to_string();
    auto make = *instance->get_typed_func<void(uint32_t)>("make");
    ASSERT_TRUE(make.call(1));
    EXPECT_EQ(*instance->get_typed_func<uint32_t()>("next")->call(), 1001u);
    EXPECT_EQ(*instance->get_typed_func<uint32_t()>("give-away")->call(), 1001u);
    EXPECT_EQ(dropped, (std::vector<uint64_t>{1001}));
    ASSERT_TRUE(make.call(2));
    ASSERT_TRUE(instance->get_typed_func<void()>("drop")->call());
    ASSERT_TRUE(make.call(3));
  }
  EXPECT_EQ(dropped, (std::vector<uint64_t>{1001, 1002, 1003}));
}

}  // namespace
}  // namespace ermine::component_resource_test
