// In builds with assertions: if C++ code uses a 32-bit address or index and the upper half of its slot is not zero, the
// process ends with a message that names the instruction. Here the host sets the upper half, which no program can.
#include "runtime/zero_extension.h"

#include "tests/api/wat.h"

namespace ermine::zero_extension_test {
namespace {

using test::must;
using test::wat;

struct Case {
  const char *instruction, *body;
};

constexpr Case kCases[] = {
    {"i32.load", "(drop (i32.load (local.get 0)))"},
    {"i64.load8_s", "(drop (i64.load8_s offset=8 (local.get 0)))"},
    {"f64.store", "(f64.store (local.get 0) (f64.const 1))"},
    {"i32.store16", "(i32.store16 (local.get 0) (i32.const 7))"},
    {"v128.load", "(drop (v128.load (local.get 0)))"},
    {"v128.store8_lane", "(v128.store8_lane 3 (local.get 0) (v128.const i64x2 0 0))"},
    {"i32.atomic.rmw.add", "(drop (i32.atomic.rmw.add (local.get 0) (i32.const 1)))"},
    {"memory.fill", "(memory.fill (local.get 0) (i32.const 1) (i32.const 1))"},
    {"memory.fill", "(memory.fill (i32.const 0) (i32.const 1) (local.get 0))"},
    {"memory.copy", "(memory.copy (i32.const 0) (local.get 0) (i32.const 1))"},
    {"memory.init", "(memory.init $d (i32.const 0) (local.get 0) (i32.const 1))"},
    {"memory.grow", "(drop (memory.grow (local.get 0)))"},
    {"table.get", "(drop (table.get $t (local.get 0)))"},
    {"table.set", "(table.set $t (local.get 0) (ref.null func))"},
    {"table.fill", "(table.fill $t (local.get 0) (ref.null func) (i32.const 1))"},
    {"table.copy", "(table.copy $t $t (i32.const 0) (i32.const 0) (local.get 0))"},
    {"table.init", "(table.init $t $e (local.get 0) (i32.const 0) (i32.const 0))"},
    {"table.grow", "(drop (table.grow $t (ref.null func) (local.get 0)))"},
    {"call_indirect", "(call_indirect $t (local.get 0))"},
    {"return_call_indirect", "(return_call_indirect $t (local.get 0))"},
};

// Calls the function with `slot` as its parameter.
bool call_with(bool guarded, std::string_view parameter, const char* body, uint64_t slot) {
  Config config;
  config.tier = Tier::kInterp;
  if (!guarded) config.memory_reservation = 0;
  config.enable_all_features();
  Engine engine(config);
  Store store(engine);
  const std::string type = parameter == "i64" ? "i64 " : "";
  Instance instance = must(Linker(engine).instantiate(
      store, wat(engine, "(module (memory " + type +
                             "1 2) (table $t 4 8 funcref) (elem (i32.const 0) func $f) (data $d \"abc\")"
                             " (elem $e func $f) (func $f) (func (export \"run\") (param " +
                             std::string(parameter) + ") " + body + "))")));
  Func run = *instance.get_func("run");
  return detail::invoke(run.store_impl(), run.impl(), &slot);
}

TEST(ZeroExtension, ZeroExtendedValuesPass) {
  for (bool guarded : {true, false})
    for (const Case& c : kCases) EXPECT_TRUE(call_with(guarded, "i32", c.body, 0)) << c.instruction;
  // 64 bits are an address: out of bounds.
  EXPECT_FALSE(call_with(true, "i64", "(drop (i32.load (local.get 0)))", uint64_t{1} << 32));
}

#ifndef NDEBUG
TEST(ZeroExtensionDeathTest, AnUpperHalfEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (bool guarded : {true, false})
    for (const Case& c : kCases)
      EXPECT_DEATH(call_with(guarded, "i32", c.body, uint64_t{1} << 32),
                   std::string("bug of the engine: ") + c.instruction + " was given 0x0000000100000000");
}
#endif

}  // namespace
}  // namespace ermine::zero_extension_test
