// Adapters are reduced to what is needed of them.
#include "component/encode/adapter_gc.h"

#include <gtest/gtest.h>

#include "binary/decoder.h"
#include "binary/validator.h"
#include "text/print/print.h"
#include "text/text.h"
#include "wasm/type_registry.h"

namespace ermine::component {
namespace {

// The reduced adapter as text, or the error. It must be valid.
std::string reduced(std::string_view text, const std::vector<std::string_view>& exports,
                    std::string_view realloc = {}) {
  const auto registry = std::make_shared<wasm::TypeRegistry>();
  const auto features = wasm::FeatureSet::all();
  auto bytes = text::parse(text, {.features = features, .emit_names = true});
  if (!bytes) return bytes.error().message();
  auto module = binary::decode(*bytes, nullptr, registry, features);
  if (!module) return module.error().message();
  auto out = reduce_adapter(**module, exports, realloc);
  if (!out) return "error: " + out.error().message();
  auto again = binary::decode(*out, nullptr, registry, features);
  if (!again) return "malformed: " + again.error().message();
  if (Result<void> valid = binary::validate(**again); !valid) return "invalid: " + valid.error().message();
  std::string printed;
  text::PrintOptions options;
  options.exact = false;
  (void)text::print(*out, options, [&](std::string_view piece) { return printed += piece, true; });
  return printed;
}
bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

constexpr std::string_view kAdapter = R"((module
  (import "env" "memory" (memory 0))
  (import "__main_module__" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "new" "a" (func $a (param i32)))
  (import "new" "b" (func $b (param i64)))
  (global $unused i32 (i32.const 7))
  (global $__stack_pointer (mut i32) (i32.const 0))
  (global $allocation_state (mut i32) (i32.const 0))
  (func $helper (param i32) (call $a (local.get 0)))
  (func (export "one") (global.set $__stack_pointer (i32.load (global.get $__stack_pointer)))
    (call $helper (global.get $allocation_state)))
  (func (export "two") (call $b (i64.const 1)))
  (func (export "three") (result i32) (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 65536)))))";

TEST(AdapterGc, KeepsWhatIsUsed) {
  const std::string two = reduced(kAdapter, {"two"});
  EXPECT_TRUE(has(two, "\"b\"")) << two;
  for (const std::string_view part : {"\"a\"", "memory", "global", "\"one\"", "cabi_realloc"})
    EXPECT_FALSE(has(two, part)) << part << two;
}

TEST(AdapterGc, TheStackIsAllocatedAtTheFirstCall) {
  const std::string text = reduced(kAdapter, {"one"}, "my_realloc");
  EXPECT_TRUE(has(text, "\"__main_module__\" \"my_realloc\"")) << text;
  EXPECT_FALSE(has(text, "(start")) << text;
  EXPECT_FALSE(has(text, "memory.grow")) << text;
  EXPECT_FALSE(has(text, "i32.const 7")) << text;
}

TEST(AdapterGc, WithoutReallocTheMemoryGrows) {
  const std::string text = reduced(kAdapter, {"one", "three"});
  EXPECT_FALSE(has(text, "__main_module__")) << text;
  EXPECT_TRUE(has(text, "memory.grow")) << text;
  EXPECT_TRUE(has(text, "(start")) << text;
}

TEST(AdapterGc, Refuses) {
  EXPECT_EQ(reduced(kAdapter, {"four"}), "error: the adapter does not export 'four', which the module imports");
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"(memory 1) (func (export \"f\") (drop (i32.load (i32.const 0))))", "a memory of their own"},
      {"(memory 1) (memory 1) (func (export \"f\"))", "several memories"},
      {"(memory 1) (data (i32.const 0) \"a\") (func (export \"f\"))", "data segments"},
      {"(func (export \"f\")) (start 0)", "a start function"},
      {"(func (export \"f\")) (tag)", "tags"},
      {"(func (export \"f\")) (elem func 0)", "element segments"},
      {"(table 1 funcref) (func (export \"f\") (call_indirect (i32.const 0)))", "tables"},
      {"(table 1 funcref) (func (export \"f\") (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))", "tables"},
      {"(table (export \"f\") 1 funcref)", "exported tables"},
      {"(import \"env\" \"g\" (global externref)) (func (export \"f\") (drop (global.get 0)))",
       "imported globals of reference types"},
  };
  for (const auto& [fields, what] : kCases)
    EXPECT_EQ(reduced("(module " + std::string(fields) + ")", {"f"}),
              "error: adapters with " + std::string(what) + " are not supported");
}

// A chain of globals, each the value of the next: no recursion.
TEST(AdapterGc, LongChains) {
  std::string text = "(module (global $g0 i32 (i32.const 1))\n";
  for (int i = 1; i < 50'000; ++i)
    text += "(global $g" + std::to_string(i) + " i32 (global.get $g" + std::to_string(i - 1) + "))\n";
  text += "(func (export \"f\") (result i32) (global.get $g49999)))";
  EXPECT_TRUE(has(reduced(text, {"f"}), "i32.const 1"));
}

}  // namespace
}  // namespace ermine::component
