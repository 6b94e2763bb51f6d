// What validation leaves for instantiation.
#include "validation_test.h"

namespace ermine::component {
namespace {

TEST(ValidComponentResult, ResolvesDefinitions) {
  const auto result = validate_text(R"(
    (import "x" (instance $x (export "a" (func)) (export "f" (func (param "s" string)))))
    (core module $m (import "e" "g" (func)) (import "e" "f" (func (param i32 i32))) (memory (export "mem") 1)
      (func (export "run")))
    (core module $n (memory (export "mem") 1))
    (core instance $ni (instantiate $n))
    (alias core export $ni "mem" (core memory $mem))
    (alias export $x "f" (func $f)) (alias export $x "a" (func $a))
    (core func $lowered (canon lower (func $f) (memory $mem)))
    (core func $lowered-a (canon lower (func $a)))
    (core instance $e (export "f" (func $lowered)) (export "g" (func $lowered-a)))
    (core instance $mi (instantiate $m (with "e" (instance $e))))
    (alias core export $mi "run" (core func $run))
    (func $run-f (canon lift (core func $run)))
    (export "run" (func $run-f)) )");
  ASSERT_TRUE(result) << result.error().message();
  const ValidComponent& valid = **result;
  const ValidBody& body = valid.body;
  ASSERT_EQ(body.definitions.size(), body.body->definitions.size());
  bool lowered = false, instantiated = false, lifted = false;
  for (size_t i = 0; i < body.definitions.size(); ++i) {
    const Definition& d = body.body->definitions[i];
    const ResolvedDefinition& r = body.definitions[i];
    switch (d.kind) {
      case Definition::kCoreInstance:
        if (r.core_arguments.empty()) break;
        // "g" is the second export of $e, "f" the first.
        ASSERT_EQ(r.core_arguments.size(), 2u);
        EXPECT_EQ(r.core_arguments[0].instance, 1u);
        EXPECT_EQ(r.core_arguments[0].position, 1u);
        EXPECT_EQ(r.core_arguments[1].position, 0u);
        instantiated = true;
        break;
      case Definition::kCanon:
        ASSERT_NE(r.canon, nullptr);
        if (d.canon().op == CanonOp::Lift) {
          lifted = true;
          EXPECT_EQ(body.spaces.funcs[r.index], r.canon->func_type);
        } else if (r.canon->options.memory) {
          lowered = true;
          EXPECT_EQ(r.canon->options.memory, 0u);
          EXPECT_EQ(valid.types.funcs[r.canon->func_type].params[0].label, "s");
          EXPECT_EQ(body.spaces.core_funcs[r.index], r.canon->core_type);
        }
        break;
      case Definition::kAlias:
        if (d.alias().target == Alias::kExport && d.alias().name == "f") EXPECT_EQ(r.position, 1u);
        break;
      default: break;
    }
  }
  EXPECT_TRUE(lowered && instantiated && lifted);
  const ComponentType& type = valid.types.components[body.type];
  ASSERT_EQ(type.imports.items.size(), 1u);
  EXPECT_EQ(type.exports.find("run"), 0u);
  EXPECT_EQ(type.exports.items[0].type.sort, Sort::Func);
}

TEST(ValidComponentResult, NestedComponents) {
  const auto result = validate_text(R"(
    (component $c (import "b" (func)) (import "a" (func $a)) (export "out" (func $a)))
    (import "f" (func $f)) (instance (instantiate $c (with "a" (func $f)) (with "b" (func $f)) (with "c" (func $f)))) )");
  ASSERT_TRUE(result) << result.error().message();
  const ValidBody& body = (*result)->body;
  ASSERT_EQ(body.components.size(), 1u);
  EXPECT_EQ(body.definitions[0].component, body.components[0].get());
  const ResolvedDefinition& instance = body.definitions.back();
  ASSERT_EQ(instance.arguments.size(), 2u);
  EXPECT_EQ(instance.arguments[0], 1u);
  EXPECT_EQ(instance.arguments[1], 0u);
  EXPECT_EQ((*result)->types.instances[body.spaces.instances[0]].exports.items[0].name, "out");
}

TEST(ValidComponentResult, PathsOfImportedResources) {
  const auto result = validate_text(R"(
    (import "f" (func)) (import "i" (instance (export "g" (func)) (export "r" (type (sub resource)))))
    (type $own (resource (rep i32))) (export "own" (type $own)) )");
  ASSERT_TRUE(result) << result.error().message();
  const ComponentType& type = (*result)->types.components[(*result)->body.type];
  ASSERT_EQ(type.imported.size(), 1u);
  ASSERT_EQ(type.imported[0].path.size(), 2u);
  EXPECT_EQ(type.imported[0].path[0], 1u);
  EXPECT_EQ(type.imported[0].path[1], 1u);
  ASSERT_EQ(type.defined.size(), 1u);
  EXPECT_EQ(type.defined[0].path[0], 0u);
}

TEST(ValidComponentResult, SharesTheRegistry) {
  auto registry = std::make_shared<wasm::TypeRegistry>();
  const auto bytes = parse_text("(component (core type (func (param i32))) (core module (func (param i32))))");
  ASSERT_TRUE(bytes);
  ValidateOptions options;
  options.registry = registry;
  const auto valid = validate(*bytes, nullptr, options);
  ASSERT_TRUE(valid);
  EXPECT_EQ((*valid)->core_types.registry, registry);
  const ModuleType& module = (*valid)->types.modules[0];
  EXPECT_EQ(module.module->functions[0].type, (*valid)->body.spaces.core_types[0].id);
}

}  // namespace
}  // namespace ermine::component
