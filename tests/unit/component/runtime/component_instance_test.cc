// Components that call functions of the host, and what they cannot do to it.
#include "component/runtime/component_instance.h"

#include <gtest/gtest.h>

#include "component/runtime/values.h"
#include "component/text/text.h"

namespace ermine::component {
namespace {

class Components : public testing::Test {
 protected:
  Result<std::shared_ptr<const CompiledComponent>> compile(std::string_view text) {
    Result<std::vector<uint8_t>> bytes = parse_text(text);
    if (!bytes) return std::move(bytes).error();
    auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
    const std::span<const uint8_t> view(*owner);
    return CompiledComponent::compile(engine_, view, std::move(owner));
  }
  std::shared_ptr<ComponentInstance> instantiate(std::string_view text) {
    auto compiled = compile(text);
    if (!compiled) {
      ADD_FAILURE() << compiled.error().to_string();
      return nullptr;
    }
    auto made = ComponentInstance::instantiate(store_, *compiled, linker_);
    if (!made) {
      ADD_FAILURE() << made.error().to_string();
      return nullptr;
    }
    return *made;
  }
  template <class... Args>
  static Result<std::optional<Value>> call(ComponentInstance& instance, std::string_view name, Args... args) {
    std::vector<Value> values;
    (values.push_back(std::move(args)), ...);
    const PlanFunc* func = instance.find_func(name);
    if (!func) return Error(ErrorKind::kUsage, "no such function");
    return instance.call(*func, values);
  }
  static std::string error_of(const Result<std::optional<Value>>& result) {
    return result ? "no error" : result.error().message();
  }

  std::shared_ptr<engine::Engine> engine_ = engine::Engine::create(Config());
  runtime::Store store_{engine_->store_options()};
  ComponentLinker linker_;
};

// A component with a memory and a bump allocator, `imports` before it and `rest` after it.
std::string with_memory(std::string_view imports, std::string_view rest) {
  return "(component " + std::string(imports) + R"(
    (core module $Memory
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const 256))
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -8)))
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 3)))))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (alias core export $memory "realloc" (core func $realloc)))" +
         std::string(rest) + ")";
}

TEST_F(Components, CallFunctionsOfTheHost) {
  std::string seen;
  linker_.define_func("log", "write",
                      [&](runtime::Store&, std::span<const Value> args) -> Result<std::optional<Value>> {
                        seen = args[0].as_string();
                        std::vector<Value> list;
                        list.push_back(Value::u32(static_cast<uint32_t>(seen.size())));
                        list.push_back(Value::u32(7));
                        return std::optional(Value::list(std::move(list)));
                      });
  const auto instance = instantiate(with_memory(R"((import "log" (instance $log
      (export "write" (func (param "text" string) (result (list u32)))))))",
                                                R"(
    (canon lower (func $log "write") (memory $mem) (realloc $realloc) (core func $write))
    (core module $M
      (import "" "memory" (memory 1))
      (import "" "write" (func $write (param i32 i32 i32)))
      (data (i32.const 8) "hello")
      (func (export "run") (result i32)
        (call $write (i32.const 8) (i32.const 5) (i32.const 64))
        ;; the length, and both elements
        (i32.mul (i32.load (i32.const 68))
          (i32.add (i32.load (i32.load (i32.const 64))) (i32.load offset=4 (i32.load (i32.const 64)))))))
    (core instance $m (instantiate $M (with "" (instance
      (export "memory" (memory $mem)) (export "write" (func $write))))))
    (func (export "run") (result u32) (canon lift (core func $m "run"))))"));
  ASSERT_TRUE(instance);
  const auto result = call(*instance, "run");
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ((*result)->as_unsigned(), 24u);
  EXPECT_EQ(seen, "hello");
}

TEST_F(Components, TheHostsResultsAreChecked) {
  std::optional<Value> answer;
  linker_.define_func("f", [&](runtime::Store&, std::span<const Value>) -> Result<std::optional<Value>> {
    if (!answer) return std::optional<Value>();
    return std::optional(answer->clone());
  });
  constexpr std::string_view kText = R"((component
    (import "f" (func $f (result u8)))
    (canon lower (func $f) (core func $f'))
    (core module $M (import "" "f" (func $f (result i32))) (func (export "run") (result i32) (call $f)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (result u8) (canon lift (core func $m "run")))
    (export "again" (func $f))))";
  EXPECT_NE(error_of(call(*instantiate(kText), "run")).find("returned no value"), std::string::npos);
  answer = Value::u32(3);
  EXPECT_NE(error_of(call(*instantiate(kText), "run")).find("the value is a u32"), std::string::npos);
  answer = Value::integer(ValueKind::kU8, 3);
  const auto instance = instantiate(kText);
  EXPECT_EQ((*call(*instance, "run"))->as_unsigned(), 3u);
  EXPECT_EQ((*call(*instance, "again"))->as_unsigned(), 3u);  // an import that is exported
}

TEST_F(Components, ArgumentsAreCheckedBeforeAnythingRuns) {
  const auto instance = instantiate(R"((component
    (core module $M (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "v" u8) (result u8) (canon lift (core func $m "f")))))");
  EXPECT_NE(error_of(call(*instance, "f")).find("takes 1 arguments"), std::string::npos);
  EXPECT_NE(error_of(call(*instance, "f", Value::u32(1))).find("argument 1 (`v`)"), std::string::npos);
  EXPECT_TRUE(call(*instance, "f", Value::integer(ValueKind::kU8, 1)));  // it was not entered
}

TEST_F(Components, TheHostCannotReenter) {
  std::shared_ptr<ComponentInstance> instance;
  std::string inner;
  linker_.define_func("f", [&](runtime::Store&, std::span<const Value>) -> Result<std::optional<Value>> {
    inner = error_of(call(*instance, "g"));
    return std::optional<Value>();
  });
  instance = instantiate(R"((component
    (import "f" (func $f))
    (canon lower (func $f) (core func $f'))
    (core module $M (import "" "f" (func $f)) (func (export "run") (call $f)) (func (export "g")))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "run") (canon lift (core func $m "run")))
    (func (export "g") (canon lift (core func $m "g")))))");
  EXPECT_TRUE(call(*instance, "run"));
  EXPECT_EQ(inner, "cannot enter component instance");
  EXPECT_TRUE(call(*instance, "g"));
}

TEST_F(Components, ResourcesOfTheHost) {
  std::vector<uint64_t> dropped;
  auto type = std::make_shared<ResourceType>();
  type->host_destructor = [&](uint64_t rep) -> Result<void> {
    dropped.push_back(rep);
    return {};
  };
  linker_.define_resource("host", "thing", type);
  linker_.define_func(
      "host", "make", [&](runtime::Store&, std::span<const Value> args) -> Result<std::optional<Value>> {
        auto handle = std::make_shared<HostHandle>();
        handle->type = type;
        return std::optional(Value::handle(ValueKind::kOwn, Handle{args[0].as_unsigned(), std::move(handle)}));
      });
  Value kept = Value::none();
  linker_.define_func("host", "rep", [&](runtime::Store&, std::span<const Value> args) -> Result<std::optional<Value>> {
    kept = args[0].clone();
    return std::optional(Value::u32(static_cast<uint32_t>(args[0].as_handle().rep)));
  });
  const auto instance = instantiate(R"((component
    (import "host" (instance $host
      (export "thing" (type $thing (sub resource)))
      (export "make" (func (param "n" u32) (result (own $thing))))
      (export "rep" (func (param "t" (borrow $thing)) (result u32)))))
    (alias export $host "thing" (type $thing))
    (canon lower (func $host "make") (core func $make))
    (canon lower (func $host "rep") (core func $rep))
    (canon resource.drop $thing (core func $drop))
    (core module $M
      (import "" "make" (func $make (param i32) (result i32)))
      (import "" "rep" (func $rep (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "run") (param i32) (result i32)
        (local.set 0 (call $make (local.get 0)))
        (call $rep (local.get 0))
        (call $drop (local.get 0)))
      (func (export "keep") (param i32) (result i32) (local.get 0))
      (func (export "look") (param i32) (result i32) (call $rep (local.get 0)) (call $drop (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance
      (export "make" (func $make)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
    (func (export "run") (param "n" u32) (result u32) (canon lift (core func $m "run")))
    (func (export "keep") (param "t" (own $thing)) (result (own $thing)) (canon lift (core func $m "keep")))
    (func (export "look") (param "t" (borrow $thing)) (result u32) (canon lift (core func $m "look")))))");
  ASSERT_TRUE(instance);
  const auto result = call(*instance, "run", Value::u32(11));
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_EQ((*result)->as_unsigned(), 11u);
  EXPECT_EQ(dropped, std::vector<uint64_t>{11});
  // The borrow ended with the call.
  EXPECT_NE(error_of(call(*instance, "look", std::move(kept))).find("no longer valid"), std::string::npos);

  auto handle = std::make_shared<HostHandle>();
  handle->type = type;
  const Value own = Value::handle(ValueKind::kOwn, Handle{5, handle});
  EXPECT_EQ((*call(*instance, "look", own.clone()))->as_unsigned(), 5u);
  const auto moved = call(*instance, "keep", own.clone());
  ASSERT_TRUE(moved) << moved.error().to_string();
  EXPECT_EQ((*moved)->as_handle().rep, 5u);
  EXPECT_NE(error_of(call(*instance, "keep", own.clone())).find("was passed on"), std::string::npos);
}

// Lists of lists in a guest's memory can refer to the same bytes again and again.
TEST_F(Components, WhatIsBuiltOfAGuestsMemoryIsBounded) {
  const auto instance = instantiate(with_memory("", R"(
    (core module $M
      (import "" "memory" (memory 1))
      (func (export "f") (result i32)
        (local $i i32)
        (loop $l
          (i32.store (i32.add (i32.const 1024) (local.get $i)) (i32.const 0))
          (i32.store offset=4 (i32.add (i32.const 1024) (local.get $i)) (i32.const 65536))
          (local.set $i (i32.add (local.get $i) (i32.const 8)))
          (br_if $l (i32.lt_u (local.get $i) (i32.const 32768))))
        (i32.store (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 4) (i32.const 4096))
        (i32.const 0)))
    (core instance $m (instantiate $M (with "" (instance (export "memory" (memory $mem))))))
    (func (export "f") (result (list (list u8))) (canon lift (core func $m "f") (memory $mem))))"));
  ASSERT_TRUE(instance);
  EXPECT_NE(error_of(call(*instance, "f")).find("bytes of the host's memory"), std::string::npos);
}

TEST_F(Components, WhatCannotRunIsRefusedWhenItIsCompiled) {
  const auto refused = [&](std::string_view text) {
    const auto compiled = compile(text);
    if (compiled) return std::string("compiled");
    EXPECT_EQ(compiled.error().kind(), ErrorKind::kUnsupported);
    return compiled.error().message();
  };
  EXPECT_NE(refused("(component (import \"m\" (core module)))").find("imports `m`"), std::string::npos);
}

// Each component instantiates the one before it twice.
TEST_F(Components, InstancesThatMultiplyAreRefused) {
  std::string text = "(component (component $c0)";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "$c" + std::to_string(i - 1);
    text += "(component $c" + std::to_string(i) + " (alias outer 1 " + before + " (component $x))" +
            "(instance (instantiate $x)) (instance (instantiate $x)))";
  }
  const auto compiled = compile(text + "(instance (instantiate $c39)))");
  ASSERT_FALSE(compiled);
  EXPECT_EQ(compiled.error().kind(), ErrorKind::kUnsupported);
  EXPECT_NE(compiled.error().message().find("too many instances"), std::string::npos);
}

TEST(CompatibleKey, IsTheNameWithWhatCompatibleVersionsShare) {
  for (const auto& [name, key] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"a:b/c@0.2.12", "a:b/c@0.2"},
           {"a:b/c@0.2.0", "a:b/c@0.2"},
           {"a:b/c@0.0.3", "a:b/c@0.0.3"},
           {"a:b/c@0.0.0", "a:b/c@0.0.0"},
           {"a:b/c@0.10.1", "a:b/c@0.10"},
           {"a:b/c@1.0.0", "a:b/c@1"},
           {"a:b/c@10.20.30", "a:b/c@10"},
           {"a:b/c@1.2.3456789012", "a:b/c@1"},
           {"a:b/c@1.2.3-rc.1", "a:b/c@1.2.3-rc.1"},
           {"a:b/c@0.2.1+abc", "a:b/c@0.2"},
           {"a:b/c", ""},
           {"a:b/c@1.2", ""},
           {"a:b/c@1.2.", ""},
           {"a:b/c@1..2", ""},
           {"a:b/c@01.2.3", ""},
           {"a:b/c@0.02.3", ""},
           {"a:b/c@0.0.03", ""},
           {"a:b/c@1.2.3.4", ""},
           {"a:b/c@", ""},
       })
    EXPECT_EQ(compatible_key(name), key) << name;
}

TEST_F(Components, OneCompiledComponentInManyStores) {
  const auto compiled = compile(R"((component
    (component $A
      (core module $M (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
      (core instance $m (instantiate $M))
      (func (export "f") (param "v" u32) (result u32) (canon lift (core func $m "f"))))
    (component $B
      (import "f" (func $f (param "v" u32) (result u32)))
      (canon lower (func $f) (core func $f'))
      (core module $M
        (import "" "f" (func $f (param i32) (result i32)))
        (func (export "g") (param i32) (result i32) (call $f (call $f (local.get 0)))))
      (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
      (func (export "g") (param "v" u32) (result u32) (canon lift (core func $m "g"))))
    (instance $a (instantiate $A))
    (instance $b (instantiate $B (with "f" (func $a "f"))))
    (export "b" (instance $b))))");
  ASSERT_TRUE(compiled) << compiled.error().to_string();
  for (int i = 0; i < 3; ++i) {
    runtime::Store store(engine_->store_options());
    const auto instance = ComponentInstance::instantiate(store, *compiled, linker_);
    ASSERT_TRUE(instance) << instance.error().to_string();
    const PlanFunc* func = (*instance)->find_func("b", "g");
    ASSERT_TRUE(func);
    const Value argument = Value::u32(5);
    const auto result = (*instance)->call(*func, std::span(&argument, 1));
    ASSERT_TRUE(result) << result.error().to_string();
    EXPECT_EQ((*result)->as_unsigned(), 7u);
  }
}

}  // namespace
}  // namespace ermine::component
