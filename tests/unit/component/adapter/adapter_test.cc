// Modules of adapters: they are valid, share what they import, and stay small.
#include "component/adapter/adapter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "wasm/type_registry.h"
#include "world.h"

namespace ermine::component {
namespace {

AdapterSide side(const ValidComponent& component, FuncId func, uint32_t instance) {
  AdapterSide made;
  made.types = &component.types;
  made.type = func;
  made.instance = instance;
  made.memory = AdapterMemory{instance, false, 16};
  made.realloc = instance;
  return made;
}

AdapterRequest request(const ValidComponent& component, FuncId func, uint32_t caller = 0, uint32_t callee = 1) {
  AdapterRequest made;
  made.name = fmt::format("f{}", func);
  made.lower = side(component, func, caller);
  made.lift = side(component, func, callee);
  made.callee = 100 + func;
  made.entered = {callee};
  return made;
}

void expect_valid(const AdapterModule::Finished& module) {
  const auto registry = std::make_shared<wasm::TypeRegistry>();
  const auto decoded = binary::decode(module.bytes, nullptr, registry);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ((*decoded)->exports.size(), module.adapters);
  const auto valid = binary::validate(**decoded);
  EXPECT_TRUE(valid) << valid.error().message();
}

size_t count(const AdapterModule::Finished& module, AdapterImport::Kind kind) {
  return static_cast<size_t>(
      std::ranges::count_if(module.imports, [&](const AdapterImport& import) { return import.kind == kind; }));
}

// Bytes of a module with one adapter for this type.
size_t module_size(const std::string& definitions) {
  const auto component = types_of(definitions);
  if (!component) return 0;
  AdapterModule adapters;
  const auto added = adapters.add(request(*component, last_func(*component)));
  EXPECT_TRUE(added) << added.error().message();
  const auto module = adapters.finish();
  expect_valid(module);
  return module.bytes.size();
}

TEST(ComponentAdapterModule, SharesImportsAndHelpers) {
  const auto component = types_of(
      "(type (func (param \"a\" (list string)) (result (list (list u8))))) (type (func (param \"a\" string)))");
  ASSERT_TRUE(component);
  AdapterModule adapters;
  EXPECT_EQ(*adapters.add(request(*component, 0)), 0u);
  EXPECT_EQ(*adapters.add(request(*component, 1)), 1u);
  const auto module = adapters.finish();
  EXPECT_EQ(module.adapters, 2u);
  expect_valid(module);
  EXPECT_EQ(count(module, AdapterImport::Kind::kMemory), 2u);
  EXPECT_EQ(count(module, AdapterImport::Kind::kFlags), 2u);
  EXPECT_EQ(count(module, AdapterImport::Kind::kFunc), 4u);       // two callees, two functions realloc
  EXPECT_EQ(count(module, AdapterImport::Kind::kIntrinsic), 2u);  // trap, utf8-to-utf8
  EXPECT_EQ(adapters.finish().adapters, 0u);
}

TEST(ComponentAdapterModule, NeedsNoMemoryForNumbers) {
  const auto component = types_of("(type (func (param \"a\" u32) (param \"b\" s8) (result char)))");
  ASSERT_TRUE(component);
  AdapterRequest made = request(*component, 0);
  for (AdapterSide* s : {&made.lower, &made.lift}) {
    s->memory.reset();
    s->realloc.reset();
  }
  AdapterModule adapters;
  ASSERT_TRUE(adapters.add(made));
  const auto module = adapters.finish();
  expect_valid(module);
  EXPECT_EQ(count(module, AdapterImport::Kind::kMemory), 0u);
  EXPECT_LT(module.bytes.size(), 350u);
}

TEST(ComponentAdapterModule, RefusesWhatItCannotDo) {
  const auto component = types_of("(type (func (param \"a\" string))) (type (func async))");
  ASSERT_TRUE(component);
  AdapterModule adapters;
  EXPECT_EQ(adapters.add(request(*component, 1)).error().kind(), ErrorKind::kUnsupported);
  AdapterRequest made = request(*component, 0);
  made.lift.is_async = true;
  EXPECT_EQ(adapters.add(made).error().kind(), ErrorKind::kUnsupported);
  made = request(*component, 0);
  made.lift.realloc.reset();
  EXPECT_FALSE(adapters.add(made));
  made = request(*component, 0);
  made.lower.memory.reset();
  EXPECT_FALSE(adapters.add(made));
  // What failed left nothing behind.
  EXPECT_EQ(*adapters.add(request(*component, 0, 5, 6)), 0u);
  const auto module = adapters.finish();
  expect_valid(module);
  EXPECT_EQ(count(module, AdapterImport::Kind::kMemory), 2u);
}

// Parameters and result of calls of asynchronous functions, in every combination of options.
TEST(ComponentAdapterModule, AsynchronousCallsHaveTwoAdapters) {
  const char* const kTypes[] = {
      "(type (func async))",
      "(type (func async (param \"a\" u32) (param \"b\" f64) (result char)))",
      "(type (func async (param \"a\" string) (param \"b\" string) (param \"c\" u8) (result (tuple string u64))))",
      ("(type (func async (param \"a\" (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 string))"
       " (result (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 (list string)))))"),
      "(type $s (stream u8)) (type $f (future string)) (type (func async (param \"a\" $s) (result $f)))",
  };
  for (const char* const type : kTypes) {
    const auto component = types_of(type);
    ASSERT_TRUE(component);
    AdapterModule adapters;
    uint32_t expected = 0;
    for (unsigned options = 0; options < 8; ++options) {
      AdapterRequest made = request(*component, last_func(*component));
      made.lower.is_async = options & 1;
      made.lift.is_async = options & 2;
      made.lift.sees_tasks = made.lower.sees_tasks = options & 4;
      const auto added = adapters.add_async(made);
      ASSERT_TRUE(added) << added.error().message();
      EXPECT_EQ(*added, expected);
      expected += 2;
    }
    const auto module = adapters.finish();
    EXPECT_EQ(module.adapters, expected);
    expect_valid(module);
  }
}

TEST(ComponentAdapterModule, IsFullAtSomePoint) {
  const auto component = types_of("(type (func (param \"a\" string)))");
  ASSERT_TRUE(component);
  AdapterModule adapters;
  for (uint32_t i = 0; i < 50; ++i) ASSERT_TRUE(adapters.add(request(*component, 0, 2 * i, 2 * i + 1)));
  EXPECT_EQ(adapters.add(request(*component, 0, 200, 201)).error().kind(), ErrorKind::kLimit);
  EXPECT_TRUE(adapters.add(request(*component, 0, 3, 99)));  // known memories
  expect_valid(adapters.finish());
}

// Written out, the type has 8^6 strings.
TEST(ComponentAdapterModule, SharedTypesAreSharedCode) {
  std::string definitions = "(type $t0 (tuple string string string string string string string string))";
  for (int i = 1; i < 6; ++i)
    definitions += fmt::format("(type $t{} (tuple $t{} $t{} $t{} $t{} $t{} $t{} $t{} $t{}))", i, i - 1, i - 1, i - 1,
                               i - 1, i - 1, i - 1, i - 1, i - 1);
  EXPECT_LT(module_size(definitions + "(type (func (param \"a\" $t5)))"), 3000u);
  EXPECT_LT(module_size(definitions + "(type (func (result $t5)))"), 3000u);
}

TEST(ComponentAdapterModule, ManyCases) {
  std::string cases;
  for (int i = 0; i < 5000; ++i) cases += fmt::format("(case \"c{}\" {})", i, i % 2 ? "u8" : "string");
  EXPECT_LT(module_size(fmt::format("(type (func (param \"a\" (variant {}))))", cases)), 5000u * 70);
  std::string labels;
  for (int i = 0; i < 5000; ++i) labels += fmt::format(" \"c{}\"", i);
  EXPECT_LT(module_size(fmt::format("(type (func (param \"a\" (list (enum {})))))", labels)), 1200u);
}

// The code of a large type is there once for each pair of components.
TEST(ComponentAdapterModule, AdaptersShareLargeTypes) {
  std::string cases, definitions;
  for (int i = 0; i < 1000; ++i) cases += fmt::format("(case \"c{}\" {})", i, i % 2 ? "u8" : "char");
  definitions = fmt::format("(type $v (variant {}))", cases);
  const size_t one = module_size(definitions + "(type (func (param \"a\" $v)))");
  for (int i = 0; i < 100; ++i) definitions += "(type (func (param \"a\" $v) (param \"b\" (tuple $v $v))))";
  const auto component = types_of(definitions);
  ASSERT_TRUE(component);
  AdapterModule adapters;
  for (FuncId i = 0; i < 100; ++i) ASSERT_TRUE(adapters.add(request(*component, i)));
  const auto module = adapters.finish();
  expect_valid(module);
  EXPECT_LT(module.bytes.size(), one + 100u * 300);
}

TEST(ComponentAdapterModule, DeepTypes) {
  std::string type = "u8", list = "char";
  for (int i = 0; i < 90; ++i) type = fmt::format("(option {})", type);
  for (int i = 0; i < 90; ++i) list = fmt::format("(list {})", list);
  EXPECT_LT(module_size(fmt::format("(type (func (param \"a\" {})))", type)), 20'000u);
  EXPECT_LT(module_size(fmt::format("(type (func (param \"a\" {})))", list)), 20'000u);
}

TEST(ComponentAdapterModule, CoreTypes) {
  const auto component = types_of("(type (func (param \"a\" string) (param \"b\" u64) (result string)))");
  ASSERT_TRUE(component);
  const wasm::FuncType lowered = lowered_type(component->types, 0, AddressType::k32);
  EXPECT_EQ(lowered.params, (std::vector<wasm::ValType>{wasm::kI32, wasm::kI32, wasm::kI64, wasm::kI32}));
  EXPECT_TRUE(lowered.results.empty());
  const wasm::FuncType lifted = lifted_type(component->types, 0, AddressType::k64);
  EXPECT_EQ(lifted.params, (std::vector<wasm::ValType>{wasm::kI64, wasm::kI64, wasm::kI64}));
  EXPECT_EQ(lifted.results, std::vector<wasm::ValType>{wasm::kI64});
}

}  // namespace
}  // namespace ermine::component
