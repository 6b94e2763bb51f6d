// The engine below the API: import matching with subtypes, constant expressions.
#include "engine/engine.h"

#include <gtest/gtest.h>

#include "engine/import_match.h"
#include "engine/instantiate.h"
#include "engine/linker.h"
#include "text/text.h"

namespace ermine::engine {
namespace {

std::shared_ptr<const CompiledModule> compile(const std::shared_ptr<Engine>& engine, std::string_view source) {
  auto bytes = text::parse(source, {.features = wasm::FeatureSet::all()});
  if (!bytes) {
    ADD_FAILURE() << bytes.error().to_string();
    return nullptr;
  }
  auto owner = std::make_shared<const std::vector<uint8_t>>(*std::move(bytes));
  std::span<const uint8_t> view(*owner);
  auto m = CompiledModule::compile(engine, view, owner, "");
  if (!m) {
    ADD_FAILURE() << m.error().to_string();
    return nullptr;
  }
  return *std::move(m);
}

struct Fixture {
  std::shared_ptr<Engine> engine = Engine::create({});
  runtime::Store store{engine->store_options()};

  // Whether the export "x" of one module fits the import "m" "x" of another; else the error's message.
  std::string link(std::string_view exporter, std::string_view importer) {
    auto from = compile(engine, exporter);
    auto instance = instantiate(store, *from, {});
    if (!instance) return instance.error().to_string();
    Linker linker(engine);
    auto defined = linker.define("m", "x", Linker::StoreItem{&store, *find_export(**instance, "x")});
    EXPECT_TRUE(defined);
    auto to = compile(engine, importer);
    auto values = linker.resolve(store, to->module());
    if (!values) return values.error().message();
    auto linked = instantiate(store, *to, *values);
    return linked ? "" : linked.error().message();
  }
};

TEST(ImportMatch, FunctionSubtypes) {
  Fixture w;
  constexpr std::string_view kTypes =
      R"((type $super (sub (func (result (ref null func))))) (type $sub (sub $super (func (result (ref func))))))";
  auto with = [&](std::string_view rest) { return "(module " + std::string(kTypes) + std::string(rest) + ")"; };
  EXPECT_EQ(
      w.link(with(R"((func (export "x") (type $sub) unreachable))"), with(R"((import "m" "x" (func (type $super))))")),
      "");
  std::string error =
      w.link(with(R"((func (export "x") (type $super) unreachable))"), with(R"((import "m" "x" (func (type $sub))))"));
  EXPECT_EQ(error.rfind("incompatible import type: \"m\" \"x\": expected a function", 0), 0u) << error;
  // Equal except for finality: the message distinguishes the types by number.
  error =
      w.link(R"((module (type $t (sub (func))) (func (export "x") (type $t))))", R"((module (import "m" "x" (func))))");
  EXPECT_NE(error.find("(type #"), std::string::npos) << error;
}

TEST(ImportMatch, GlobalsTablesTags) {
  Fixture w;
  EXPECT_EQ(w.link(R"((module (func $f) (global (export "x") (ref func) (ref.func $f))))",
                   R"((module (import "m" "x" (global funcref))))"),
            "");
  EXPECT_NE(w.link(R"((module (func $f) (global (export "x") (mut (ref func)) (ref.func $f))))",
                   R"((module (import "m" "x" (global (mut funcref)))))"),
            "");
  EXPECT_NE(
      w.link(R"((module (table (export "x") 1 (ref null nofunc))))", R"((module (import "m" "x" (table 1 funcref))))"),
      "");
  EXPECT_NE(w.link(R"((module (table (export "x") i64 1 funcref)))", R"((module (import "m" "x" (table 1 funcref))))"),
            "");
  EXPECT_EQ(w.link(R"((module (tag (export "x") (param i32))))", R"((module (import "m" "x" (tag (param i32)))))"), "");
  EXPECT_NE(w.link(R"((module (tag (export "x") (param i32))))", R"((module (import "m" "x" (tag (param i64)))))"), "");
  EXPECT_NE(w.link(R"((module (memory (export "x") 1 1 (pagesize 1))))", R"((module (import "m" "x" (memory 1))))"),
            "");
}

TEST(ConstEval, ReferencesAndArithmetic) {
  Fixture w;
  auto m = compile(w.engine, R"((module
    (func $f (result i32) (i32.const 9))
    (global $n funcref (ref.null func))
    (global $i (ref i31) (ref.i31 (i32.const -3)))
    (global $x i32 (i32.sub (i32.const 1) (i32.const 3)))
    (global $y i64 (i64.mul (i64.const 0x100000000) (i64.add (i64.const 1) (i64.const -3))))
    (global $z i32 (global.get $x))
    (table $t 3 (ref func) (ref.func $f))
    (elem $e funcref (ref.func $f) (global.get $n))))");
  auto made = instantiate(w.store, *m, {});
  ASSERT_TRUE(made) << made.error().to_string();
  runtime::Instance& i = **made;
  auto cell = [&](uint32_t g) { return *i.ctx()->globals[g]; };
  EXPECT_EQ(cell(0), 0u);
  EXPECT_EQ(cell(1), (static_cast<uint32_t>(-3) << 1 | 1));
  EXPECT_EQ(cell(2), 0xfffffffeu);
  EXPECT_EQ(cell(3), 0xfffffffe00000000u);
  EXPECT_EQ(cell(4), 0xfffffffeu);
  EXPECT_EQ(i.table(0)->elements()[2], reinterpret_cast<runtime::Slot>(i.func_ref(0)));
  EXPECT_EQ(i.elem(0, 0), reinterpret_cast<runtime::Slot>(i.func_ref(0)));
  EXPECT_EQ(i.elem(0, 1), 0u);
  i.drop_elem(0);
  EXPECT_EQ(i.elem_size(0), 0u);
  // Evaluation left the stack unchanged.
  EXPECT_EQ(w.store.exec()->stack_top, w.store.exec()->stack_base);
}

// For a module that is a part of a larger binary.
TEST(CompiledModule, BacktracesOfANestedModuleCountFromTheWholeBinary) {
  Fixture w;
  auto offset = [&](uint64_t base_offset) {
    auto compiled = compile(w.engine, R"((module (func $start unreachable) (start $start)))");
    const_cast<wasm::Module&>(compiled->module()).base_offset = base_offset;
    auto failed = instantiate(w.store, *compiled, {});
    return failed || failed.error().backtrace().empty() ? Error::kNoOffset : failed.error().backtrace()[0].offset;
  };
  ASSERT_NE(offset(0), Error::kNoOffset);
  EXPECT_EQ(offset(1000), 1000 + offset(0));
}

// A program that runs once does not pay for it, and small data are copied.
TEST(CompiledModule, AnImageOfTheDataIsMadeForTheSecondInstance) {
  Fixture w;
  const auto with_data = [&](size_t size) {
    return compile(w.engine, "(module (memory 2) (data (i32.const 0) \"" + std::string(size, 'a') + "\"))");
  };
  const auto large = with_data(64 << 10), small = with_data((64 << 10) - 1);
  EXPECT_EQ(large->memory_image(), nullptr);
  const MemoryImage* image = large->memory_image();
  EXPECT_NE(image, nullptr);
  EXPECT_EQ(large->memory_image(), image);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(small->memory_image(), nullptr);
}

TEST(Instantiate, WrongNumberOfImports) {
  Fixture w;
  auto m = compile(w.engine, R"((module (import "a" "b" (func))))");
  auto r = instantiate(w.store, *m, {});
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().kind(), ErrorKind::kLink);
}

}  // namespace
}  // namespace ermine::engine
