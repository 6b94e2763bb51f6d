// Calls of the C API: vectors in values, and calls over slots.
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "tests/capi/fixture.h"

namespace capi_test {
namespace {

using Bytes = std::array<uint8_t, 16>;
constexpr Bytes kBytes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255};

wasm_val_t v128(const Bytes& bytes) {
  wasm_val_t out;
  ermine_val_new_v128(&out, bytes.data());
  return out;
}
// Deletes the value.
Bytes bytes_of(wasm_val_t value) {
  Bytes out{};
  EXPECT_TRUE(ermine_val_get_v128(&value, out.data()));
  wasm_val_delete(&value);
  return out;
}
Bytes inverted(Bytes bytes) {
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(~b);
  return bytes;
}

TEST_F(CApi, VectorsAreValues) {
  wasm_val_t value = v128(kBytes), copy;
  wasm_val_copy(&copy, &value);
  wasm_val_delete(&value);
  EXPECT_EQ(bytes_of(copy), kBytes);
  wasm_val_t number = i32(1);
  Bytes unused;
  EXPECT_FALSE(ermine_val_get_v128(&number, unused.data()));
  EXPECT_STREQ(ermine_last_error(), "the value is not of the type v128");
  // A value that only has its kind is zero.
  EXPECT_EQ(bytes_of({.kind = ERMINE_V128, .of = {.i64 = 0}}), Bytes{});
}

TEST_F(CApi, VectorsAreGlobalsArgumentsAndFields) {
  // A function of the host inverts its argument.
  const wasm_functype_ptr type = functype({ERMINE_V128}, {ERMINE_V128});
  const wasm_func_ptr host(
      wasm_func_new(store_.get(), type.get(), [](const wasm_val_vec_t* args, wasm_val_vec_t* results) -> wasm_trap_t* {
        Bytes bytes;
        EXPECT_TRUE(ermine_val_get_v128(&args->data[0], bytes.data()));
        ermine_val_new_v128(&results->data[0], inverted(bytes).data());
        return nullptr;
      }));
  const wasm_globaltype_ptr global_type(wasm_globaltype_new(wasm_valtype_new(ERMINE_V128), WASM_VAR));
  wasm_val_t init = v128(kBytes);
  const wasm_global_ptr global(wasm_global_new(store_.get(), global_type.get(), &init));
  wasm_val_delete(&init);
  ASSERT_TRUE(global) << ermine_last_error();
  const auto instance = instantiate(R"((module (import "" "invert" (func $invert (param v128) (result v128)))
      (import "" "g" (global $g (mut v128)))
      (type $s (struct (field (mut v128))))
      (func (export "f") (param v128 i32) (result i32 v128) (local.get 1)
        (global.set $g (local.get 0)) (call $invert (local.get 0)))
      (func (export "new") (param v128) (result (ref $s)) (struct.new $s (local.get 0)))))",
                                    {wasm_func_as_extern(host.get()), wasm_global_as_extern(global.get())});
  wasm_val_t out;
  wasm_global_get(global.get(), &out);
  EXPECT_EQ(bytes_of(out), kBytes);

  Bytes other = kBytes;
  std::ranges::reverse(other);
  wasm_val_t args[] = {v128(other), i32(-3)}, results[2];
  wasm_val_vec_t in = WASM_ARRAY_VEC(args), results_vec = WASM_ARRAY_VEC(results);
  const auto f = exported(instance.get(), "f");
  ASSERT_EQ(wasm_func_call(wasm_extern_as_func(f.get()), &in, &results_vec), nullptr);
  EXPECT_EQ(results[0].of.i32, -3);
  EXPECT_EQ(bytes_of(results[1]), inverted(other));
  wasm_global_get(global.get(), &out);
  EXPECT_EQ(bytes_of(out), other);

  wasm_val_t object = call(exported(instance.get(), "new"), {args[0]});
  ASSERT_TRUE(ermine_struct_get(object.of.ref, 0, &out));
  EXPECT_EQ(bytes_of(out), other);
  wasm_val_t zero = v128({});
  EXPECT_TRUE(ermine_struct_set(object.of.ref, 0, &zero));
  EXPECT_FALSE(ermine_struct_set(object.of.ref, 0, &args[1]));
  ASSERT_TRUE(ermine_struct_get(object.of.ref, 0, &out));
  EXPECT_EQ(bytes_of(out), Bytes{});
  wasm_val_delete(&object);

  wasm_global_set(global.get(), &zero);
  wasm_global_get(global.get(), &out);
  EXPECT_EQ(bytes_of(out), Bytes{});
  wasm_val_delete(&zero);
  wasm_val_delete(&args[0]);
}

TEST_F(CApi, CallsOverSlots) {
  const auto instance = instantiate(R"((module (memory 1)
    (func (export "f") (param i32 v128 f32) (result f64 v128 i64)
      (f64.promote_f32 (local.get 2)) (local.get 1) (i64.extend_i32_s (local.get 0)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "trap") (unreachable))
    (func (export "ref") (param externref))))");
  const auto f = exported(instance.get(), "f"), load = exported(instance.get(), "load");
  ermine_val_raw_t slots[4];
  std::memset(slots, 0xff, sizeof slots);
  slots[0].i32 = -7;
  std::memcpy(&slots[1], kBytes.data(), 16);
  slots[3].f32 = 0.5f;
  ASSERT_EQ(ermine_func_call_unchecked(wasm_extern_as_func(f.get()), slots, 4), nullptr);
  EXPECT_EQ(slots[0].f64, 0.5);
  EXPECT_EQ(std::memcmp(&slots[1], kBytes.data(), 16), 0);
  EXPECT_EQ(slots[3].i64, -7);
  // What the other half of a slot had before does not get into an address.
  slots[0].i64 = -1;
  slots[0].i32 = 16;
  ASSERT_EQ(ermine_func_call_unchecked(wasm_extern_as_func(load.get()), slots, 1), nullptr);
  EXPECT_EQ(slots[0].i32, 0);
  // Errors.
  wasm_trap_ptr trap(ermine_func_call_unchecked(wasm_extern_as_func(f.get()), slots, 3));
  EXPECT_EQ(message_of(trap.get()), "the call needs 4 slots, not 3");
  const auto traps = exported(instance.get(), "trap"), refs = exported(instance.get(), "ref");
  trap.reset(ermine_func_call_unchecked(wasm_extern_as_func(traps.get()), nullptr, 0));
  EXPECT_EQ(message_of(trap.get()), "unreachable");
  trap.reset(ermine_func_call_unchecked(wasm_extern_as_func(refs.get()), slots, 4));
  EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_USAGE);
}

// What a function of the host gives is checked, and deleted where it does not fit.
TEST_F(CApi, ResultsOfTheHostThatDoNotFit) {
  const auto give = [](void* env, const wasm_val_vec_t*, wasm_val_vec_t* results) -> wasm_trap_t* {
    wasm_foreign_t* const object = wasm_foreign_new(static_cast<wasm_store_t*>(env));
    results->data[0] = ref(wasm_foreign_as_ref(object));
    if (results->size == 2) results->data[1] = v128(kBytes);
    return nullptr;
  };
  const wasm_functype_ptr number = functype({WASM_I64}, {WASM_I32}), both = functype({}, {WASM_EXTERNREF, WASM_I32});
  const wasm_func_ptr first(wasm_func_new_with_env(store_.get(), number.get(), give, store_.get(), nullptr)),
      second(wasm_func_new_with_env(store_.get(), both.get(), give, store_.get(), nullptr));
  const auto instance = instantiate(R"((module (import "" "a" (func $a (param i64) (result i32)))
    (import "" "b" (func $b (result externref i32)))
    (func (export "a") (drop (call $a (i64.const 1)))) (func (export "b") (call $b) (drop) (drop))))",
                                    {wasm_func_as_extern(first.get()), wasm_func_as_extern(second.get())});
  EXPECT_EQ(message_of(trap_of(exported(instance.get(), "a")).get()), "the value is not of the type i32");
  EXPECT_EQ(message_of(trap_of(exported(instance.get(), "b")).get()), "the value is not of the type i32");
}

// Every number goes to the host and back.
TEST_F(CApi, NumbersOfTheHost) {
  const wasm_functype_ptr type =
      functype({WASM_I32, WASM_I64, WASM_F32, WASM_F64}, {WASM_F64, WASM_F32, WASM_I64, WASM_I32});
  const wasm_func_ptr host(
      wasm_func_new(store_.get(), type.get(), [](const wasm_val_vec_t* args, wasm_val_vec_t* out) -> wasm_trap_t* {
        for (size_t i = 0; i < 4; ++i) out->data[i] = args->data[3 - i];
        return nullptr;
      }));
  const auto instance =
      instantiate(R"((module (import "" "f" (func $f (param i32 i64 f32 f64) (result f64 f32 i64 i32)))
    (func (export "f") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
      (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3)))))",
                  {wasm_func_as_extern(host.get())});
  wasm_val_t args[] = {i32(-1),
                       {.kind = WASM_I64, .of = {.i64 = INT64_MIN}},
                       {.kind = WASM_F32, .of = {.f32 = -0.5f}},
                       {.kind = WASM_F64, .of = {.f64 = 1e300}}};
  wasm_val_t results[4];
  const wasm_val_vec_t in = WASM_ARRAY_VEC(args);
  wasm_val_vec_t out = WASM_ARRAY_VEC(results);
  const auto f = exported(instance.get(), "f");
  ASSERT_EQ(wasm_func_call(wasm_extern_as_func(f.get()), &in, &out), nullptr);
  EXPECT_EQ(results[0].of.f64, 1e300);
  EXPECT_EQ(results[1].of.f32, -0.5f);
  EXPECT_EQ(results[2].of.i64, INT64_MIN);
  EXPECT_EQ(results[3].of.i32, -1);
}

// A function of the host that waits suspends the execution that calls it; a plain call ends instead.
TEST_F(CApi, FunctionsOfTheHostSuspendTheirCall) {
  struct Host {
    wasm_store_t* store;
    ermine_interrupt_handle_ptr handle;
    int answer = 0, ended = 0;
  } host{store_.get(), ermine_interrupt_handle_ptr(ermine_interrupt_handle_new(store_.get()))};
  const wasm_functype_ptr type = functype({}, {WASM_I32});
  const wasm_func_ptr wait(wasm_func_new_with_env(
      store_.get(), type.get(),
      [](void* env, const wasm_val_vec_t*, wasm_val_vec_t* results) -> wasm_trap_t* {
        Host& h = *static_cast<Host*>(env);
        EXPECT_FALSE(ermine_store_interrupt_requested(h.store));
        EXPECT_EQ(ermine_store_check_interrupt(h.store), nullptr);
        ermine_interrupt_handle_interrupt(h.handle.get());
        EXPECT_TRUE(ermine_store_interrupt_requested(h.store));
        pollfd polled{ermine_store_interrupt_fd(h.store), POLLIN, 0};
        EXPECT_EQ(poll(&polled, 1, 0), 1);
        if (wasm_trap_t* trap = ermine_store_check_interrupt(h.store)) return ++h.ended, trap;
        EXPECT_EQ(poll(&polled, 1, 0), 0);
        results->data[0] = i32(h.answer);
        return nullptr;
      },
      &host, nullptr));
  const auto instance = instantiate(R"((module (import "" "wait" (func $wait (result i32)))
    (func (export "f") (result i32) (i32.mul (call $wait) (call $wait)))))",
                                    {wasm_func_as_extern(wait.get())});
  const auto f = exported(instance.get(), "f");
  const wasm_val_vec_t none = WASM_EMPTY_VEC;
  ermine_execution_t* const execution = ermine_execution_new(wasm_extern_as_func(f.get()), &none);
  for (host.answer = 5; host.answer <= 7; ++host.answer) {
    EXPECT_EQ(ermine_execution_run(execution), nullptr);
    const bool over = host.answer == 7;
    ASSERT_EQ(ermine_execution_state(execution), over ? ERMINE_EXECUTION_RETURNED : ERMINE_EXECUTION_INTERRUPTED);
  }
  wasm_val_vec_t results;
  ermine_execution_results(execution, &results);
  EXPECT_EQ(results.data[0].of.i32, 6 * 7);
  wasm_val_vec_delete(&results);
  ermine_execution_delete(execution);
  EXPECT_EQ(host.ended, 0);
  ermine_execution_t* const dropped = ermine_execution_new(wasm_extern_as_func(f.get()), &none);
  EXPECT_EQ(ermine_execution_run(dropped), nullptr);
  ermine_execution_delete(dropped);
  EXPECT_EQ(host.ended, 1);
  EXPECT_NE(trap_of(f), nullptr);
  EXPECT_EQ(host.ended, 2);
}

// A module is preloaded under a name: it is instantiated once, and initialised.
TEST_F(CApi, ModulesAreDefined) {
  const ermine_linker_ptr linker(ermine_linker_new(engine_.get()));
  const auto counter = compile(R"((module (global $n (mut i32) (i32.const 1))
    (func (export "_initialize") (global.set $n (i32.const 40)))
    (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))))");
  ASSERT_TRUE(ermine_linker_module(linker.get(), store_.get(), "counter", 7, counter.get())) << ermine_last_error();
  EXPECT_FALSE(ermine_linker_module(linker.get(), store_.get(), "counter", 7, counter.get()));
  const auto user =
      compile(R"((module (import "counter" "next" (func $next (result i32))) (export "f" (func $next))))");
  for (const int expected : {41, 42}) {
    wasm_trap_t* trap = nullptr;
    const wasm_instance_ptr instance(ermine_linker_instantiate(linker.get(), store_.get(), user.get(), &trap));
    ASSERT_TRUE(instance) << message_of(trap);
    EXPECT_EQ(call(exported(instance.get(), "f")).of.i32, expected);
  }
  const auto broken = compile("(module (func (export \"_initialize\") unreachable))");
  EXPECT_FALSE(ermine_linker_module(linker.get(), store_.get(), "broken", 6, broken.get()));
  EXPECT_NE(std::string(ermine_last_error()).find("unreachable"), std::string::npos) << ermine_last_error();
  // (A function of that name with parameters is one like others.)
  const auto other = compile("(module (func (export \"_initialize\") (param i32) unreachable))");
  EXPECT_TRUE(ermine_linker_module(linker.get(), store_.get(), "other", 5, other.get())) << ermine_last_error();
}

// More values than there is room for on the stack.
TEST_F(CApi, CallsWithManyArguments) {
  constexpr size_t kMany = 40;
  std::string text = "(module (func (export \"f\")";
  for (size_t i = 0; i < kMany; ++i) text += " (param i32)";
  for (size_t i = 0; i < kMany; ++i) text += " (result i32)";
  for (size_t i = kMany; i-- > 0;) text += " (local.get " + std::to_string(i) + ")";
  const auto f = exported(instantiate(text + "))").get(), "f");
  std::vector<wasm_val_t> args, results(kMany);
  for (size_t i = 0; i < kMany; ++i) args.push_back(i32(static_cast<int32_t>(i)));
  const wasm_val_vec_t in{kMany, args.data()};
  wasm_val_vec_t out{kMany, results.data()};
  ASSERT_EQ(wasm_func_call(wasm_extern_as_func(f.get()), &in, &out), nullptr);
  for (size_t i = 0; i < kMany; ++i) EXPECT_EQ(results[i].of.i32, static_cast<int32_t>(kMany - 1 - i));
}

}  // namespace
}  // namespace capi_test
