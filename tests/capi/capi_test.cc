// The C API: what its headers promise, as a C++ program sees it. tests/capi/program.c is one in C.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "ermine/config.h"
#include "tests/capi/fixture.h"

namespace capi_test {
namespace {

wasm_trap_t* twice(const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  results->data[0] = i32(args->data[0].of.i32 * 2);
  return nullptr;
}
struct Env {
  wasm_store_t* store;
  int calls = 0, ends = 0;
};
wasm_trap_t* fails(void* env, const wasm_val_vec_t* args, wasm_val_vec_t*) {
  Env& e = *static_cast<Env*>(env);
  ++e.calls;
  EXPECT_EQ(args->size, 0u);
  wasm_message_t message;
  wasm_name_new_from_string_nt(&message, "it failed");
  wasm_trap_t* const trap = wasm_trap_new(e.store, &message);
  wasm_byte_vec_delete(&message);
  return trap;
}

TEST_F(CApi, CallsInBothDirections) {
  const wasm_functype_ptr type = functype({WASM_I32}, {WASM_I32});
  const wasm_func_ptr host(wasm_func_new(store_.get(), type.get(), twice));
  const auto instance = instantiate(R"((module (import "" "twice" (func $twice (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (i32.add (call $twice (local.get 0)) (i32.const 1)))
    (func (export "many") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
      (local.get 3) (local.get 2) (local.get 1) (local.get 0))))",
                                    {wasm_func_as_extern(host.get())});
  EXPECT_EQ(call(exported(instance.get(), "f"), {i32(20)}).of.i32, 41);
  const auto many = exported(instance.get(), "many");
  EXPECT_EQ(wasm_func_param_arity(wasm_extern_as_func(many.get())), 4u);
  EXPECT_EQ(wasm_func_result_arity(wasm_extern_as_func(many.get())), 4u);
  wasm_val_t args[] = {i32(-1),
                       {.kind = WASM_I64, .of = {.i64 = INT64_MIN}},
                       {.kind = WASM_F32, .of = {.f32 = 0.5f}},
                       {.kind = WASM_F64, .of = {.f64 = -2.25}}};
  wasm_val_t results[4];
  const wasm_val_vec_t in{4, args};
  wasm_val_vec_t out{4, results};
  ASSERT_EQ(wasm_func_call(wasm_extern_as_func(many.get()), &in, &out), nullptr);
  EXPECT_EQ(results[0].of.f64, -2.25);
  EXPECT_EQ(results[1].of.f32, 0.5f);
  EXPECT_EQ(results[2].of.i64, INT64_MIN);
  EXPECT_EQ(results[3].of.i32, -1);
  EXPECT_EQ(results[3].kind, WASM_I32);
  // What does not fit is refused before the call.
  EXPECT_EQ(message_of(trap_of(many, {i32(1)}).get()), "the function takes 4 arguments, not 1");
  EXPECT_EQ(message_of(trap_of(exported(instance.get(), "f"), {{.kind = WASM_F32, .of = {.f32 = 1}}}).get()),
            "argument 1 of the function: the value is not of the type i32");
  wasm_val_vec_t none = WASM_EMPTY_VEC;
  const wasm_trap_ptr trap(wasm_func_call(wasm_extern_as_func(many.get()), &in, &none));
  EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_USAGE);
}

TEST_F(CApi, Traps) {
  Env env{store_.get()};
  const wasm_functype_ptr type = functype({}, {});
  wasm_func_ptr host(
      wasm_func_new_with_env(store_.get(), type.get(), fails, &env, [](void* e) { ++static_cast<Env*>(e)->ends; }));
  auto instance = instantiate(R"((module $m (import "" "fails" (func $fails))
    (func $inner (call $fails)) (func (export "host") (call $inner))
    (func (export "own") (nop) (unreachable))))",
                              {wasm_func_as_extern(host.get())});
  wasm_trap_ptr trap = trap_of(exported(instance.get(), "host"));
  EXPECT_EQ(message_of(trap.get()), "it failed");
  EXPECT_EQ(env.calls, 1);
  wasm_frame_vec_t frames;
  wasm_trap_trace(trap.get(), &frames);
  ASSERT_EQ(frames.size, 2u);
  EXPECT_EQ(wasm_frame_func_index(frames.data[0]), 1u);
  EXPECT_STREQ(ermine_frame_func_name(frames.data[0]), "inner");
  EXPECT_STREQ(ermine_frame_module_name(frames.data[0]), "m");
  EXPECT_EQ(wasm_frame_func_index(frames.data[1]), 2u);
  wasm_frame_vec_delete(&frames);

  trap = trap_of(exported(instance.get(), "own"));
  EXPECT_EQ(message_of(trap.get()), "unreachable");
  EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_TRAP);
  const wasm_frame_ptr origin(wasm_trap_origin(trap.get()));
  // The number of locals, and nop.
  EXPECT_EQ(wasm_frame_func_offset(origin.get()), 2u);
  EXPECT_GT(wasm_frame_module_offset(origin.get()), 2u);
  EXPECT_EQ(wasm_frame_instance(origin.get()), nullptr);
  // Everything keeps the store; the last reference ends it.
  store_.reset();
  instance.reset();
  trap.reset();
  EXPECT_EQ(env.ends, 0);
  host.reset();
  EXPECT_EQ(env.ends, 1);
}

TEST_F(CApi, ReferencesOfTheHost) {
  const auto instance = instantiate(R"((module
    (table (export "t") 10 externref) (global (export "g") (mut externref) (ref.null extern))
    (func (export "get") (param i32) (result externref) (table.get (local.get 0)))
    (func (export "set") (param i32 externref) (table.set (local.get 0) (local.get 1)))
    (func (export "same") (param externref) (result externref) (local.get 0))))");
  const wasm_foreign_ptr one(wasm_foreign_new(store_.get())), two(wasm_foreign_new(store_.get()));
  int info = 0;
  wasm_foreign_set_host_info(one.get(), &info);
  EXPECT_FALSE(wasm_foreign_same(one.get(), two.get()));
  const auto set = exported(instance.get(), "set"), get = exported(instance.get(), "get");
  call(set, {i32(3), ref(wasm_foreign_as_ref(one.get()))}, 0);
  wasm_val_t v = call(get, {i32(3)});
  ASSERT_EQ(v.kind, WASM_EXTERNREF);
  EXPECT_TRUE(wasm_ref_same(v.of.ref, wasm_foreign_as_ref(one.get())));
  EXPECT_EQ(wasm_ref_get_host_info(v.of.ref), &info);
  EXPECT_NE(wasm_ref_as_foreign(v.of.ref), nullptr);
  EXPECT_EQ(wasm_ref_as_func(v.of.ref), nullptr);
  wasm_val_delete(&v);
  EXPECT_EQ(call(get, {i32(4)}).of.ref, nullptr);
  // Any object, also one of WebAssembly.
  v = call(exported(instance.get(), "same"), {ref(wasm_extern_as_ref(get.get()))});
  ASSERT_NE(wasm_ref_as_func(v.of.ref), nullptr);
  EXPECT_TRUE(wasm_func_same(wasm_ref_as_func(v.of.ref), wasm_extern_as_func(get.get())));
  wasm_val_delete(&v);

  const auto table = exported(instance.get(), "t");
  wasm_table_t* const t = wasm_extern_as_table(table.get());
  EXPECT_TRUE(wasm_table_set(t, 5, wasm_foreign_as_ref(two.get())));
  EXPECT_FALSE(wasm_table_set(t, 10, nullptr));
  EXPECT_NE(std::string(ermine_last_error()).find("out of bounds table access"), std::string::npos);
  const wasm_ref_ptr got(wasm_table_get(t, 5));
  EXPECT_TRUE(wasm_ref_same(got.get(), wasm_foreign_as_ref(two.get())));
  EXPECT_TRUE(wasm_table_grow(t, 5, wasm_foreign_as_ref(one.get())));
  EXPECT_EQ(wasm_table_size(t), 15u);
  const wasm_ref_ptr grown(wasm_table_get(t, 14));
  EXPECT_TRUE(wasm_ref_same(grown.get(), wasm_foreign_as_ref(one.get())));
  const auto global = exported(instance.get(), "g");
  wasm_val_t value = ref(wasm_foreign_as_ref(one.get()));
  wasm_global_set(wasm_extern_as_global(global.get()), &value);
  wasm_global_get(wasm_extern_as_global(global.get()), &value);
  EXPECT_TRUE(wasm_ref_same(value.of.ref, wasm_foreign_as_ref(one.get())));
  wasm_val_delete(&value);
  // Not those of another store.
  const wasm_store_ptr other(wasm_store_new(engine_.get()));
  const wasm_foreign_ptr strange(wasm_foreign_new(other.get()));
  EXPECT_EQ(message_of(trap_of(set, {i32(0), ref(wasm_foreign_as_ref(strange.get()))}).get()),
            "argument 2 of the function: the reference belongs to another store");
}

TEST_F(CApi, HostInfoEndsWithItsObject) {
  static int ended = 0;
  ended = 0;
  const auto end = [](void* info) { ended += *static_cast<int*>(info); };
  int one = 1, ten = 10, hundred = 100;
  wasm_foreign_ptr foreign(wasm_foreign_new(store_.get()));
  wasm_foreign_set_host_info_with_finalizer(foreign.get(), &one, end);
  wasm_foreign_ptr copy(wasm_foreign_copy(foreign.get()));
  foreign.reset();
  EXPECT_EQ(wasm_foreign_get_host_info(copy.get()), &one);
  EXPECT_EQ(ended, 0);
  copy.reset();
  EXPECT_EQ(ended, 1);
  // An instance ends with its store; its first info when there is another.
  auto module = compile("(module)");
  auto instance = instantiate(module.get());
  wasm_instance_set_host_info_with_finalizer(instance.get(), &ten, end);
  EXPECT_EQ(wasm_instance_get_host_info(instance.get()), &ten);
  wasm_instance_set_host_info_with_finalizer(instance.get(), &hundred, end);
  EXPECT_EQ(ended, 11);
  instance.reset();
  module.reset();
  EXPECT_EQ(ended, 11);
  store_.reset();
  EXPECT_EQ(ended, 111);
}

TEST_F(CApi, TypesOfModules) {
  const auto module = compile(R"((module
    (import "a" "f" (func (param i32 externref) (result f64 funcref)))
    (import "a" "g" (global (mut i64))) (import "" "m" (memory 1 2)) (import "b" "t" (table 3 funcref))
    (import "b" "e" (tag (param i32)))
    (func (export "x") (param v128)) (memory (export "y") 7)))");
  wasm_importtype_vec_t imports;
  wasm_module_imports(module.get(), &imports);
  ASSERT_EQ(imports.size, 5u);
  EXPECT_EQ(text_of(*wasm_importtype_module(imports.data[0])), "a");
  EXPECT_EQ(text_of(*wasm_importtype_name(imports.data[0])), "f");
  const wasm_functype_t* f = wasm_externtype_as_functype_const(wasm_importtype_type(imports.data[0]));
  ASSERT_NE(f, nullptr);
  ASSERT_EQ(wasm_functype_params(f)->size, 2u);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_params(f)->data[1]), WASM_EXTERNREF);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(f)->data[0]), WASM_F64);
  EXPECT_EQ(wasm_valtype_kind(wasm_functype_results(f)->data[1]), WASM_FUNCREF);
  EXPECT_EQ(wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[0])), nullptr);
  const wasm_globaltype_t* g = wasm_externtype_as_globaltype_const(wasm_importtype_type(imports.data[1]));
  EXPECT_EQ(wasm_globaltype_mutability(g), WASM_VAR);
  EXPECT_EQ(wasm_valtype_kind(wasm_globaltype_content(g)), WASM_I64);
  const wasm_limits_t* m =
      wasm_memorytype_limits(wasm_externtype_as_memorytype_const(wasm_importtype_type(imports.data[2])));
  EXPECT_EQ(m->min, 1u);
  EXPECT_EQ(m->max, 2u);
  const wasm_tabletype_t* t = wasm_externtype_as_tabletype_const(wasm_importtype_type(imports.data[3]));
  EXPECT_EQ(wasm_tabletype_limits(t)->max, wasm_limits_max_default);
  EXPECT_EQ(wasm_valtype_kind(wasm_tabletype_element(t)), WASM_FUNCREF);
  EXPECT_EQ(wasm_externtype_kind(wasm_importtype_type(imports.data[4])), ERMINE_EXTERN_TAG);
  EXPECT_EQ(
      wasm_functype_params(ermine_tagtype_func(ermine_externtype_as_tagtype(wasm_importtype_type(imports.data[4]))))
          ->size,
      1u);
  // Copies are whole.
  wasm_importtype_vec_t copies;
  wasm_importtype_vec_copy(&copies, &imports);
  wasm_importtype_vec_delete(&imports);
  EXPECT_EQ(text_of(*wasm_importtype_name(copies.data[3])), "t");
  wasm_importtype_vec_delete(&copies);
  wasm_exporttype_vec_t exports;
  wasm_module_exports(module.get(), &exports);
  ASSERT_EQ(exports.size, 2u);
  EXPECT_EQ(text_of(*wasm_exporttype_name(exports.data[1])), "y");
  EXPECT_EQ(
      wasm_valtype_kind(
          wasm_functype_params(wasm_externtype_as_functype_const(wasm_exporttype_type(exports.data[0])))->data[0]),
      ERMINE_V128);
  wasm_exporttype_vec_delete(&exports);
}

TEST_F(CApi, MemoriesAndGlobals) {
  const wasm_limits_t limits{1, 3};
  const wasm_memorytype_ptr type(wasm_memorytype_new(&limits));
  const wasm_memory_ptr memory(wasm_memory_new(store_.get(), type.get()));
  ASSERT_TRUE(memory);
  EXPECT_EQ(wasm_memory_data_size(memory.get()), MEMORY_PAGE_SIZE);
  const wasm_memorytype_ptr large(ermine_memorytype_new(1, false, 0, true, false, 16));
  const wasm_memory_ptr movable(wasm_memory_new(store_.get(), large.get()));
  EXPECT_TRUE(ermine_memory_may_move(movable.get()));
  wasm_memory_data(memory.get())[65535] = 7;
  const auto instance = instantiate(
      R"((module (import "" "m" (memory 1 3)) (func (export "f") (result i32) (i32.load8_u (i32.const 65535)))))",
      {wasm_memory_as_extern(memory.get())});
  EXPECT_EQ(call(exported(instance.get(), "f")).of.i32, 7);
  EXPECT_TRUE(wasm_memory_grow(memory.get(), 2));
  EXPECT_FALSE(wasm_memory_grow(memory.get(), 1));
  EXPECT_EQ(wasm_memory_size(memory.get()), 3u);
  const wasm_memorytype_ptr grown(wasm_memory_type(memory.get()));
  EXPECT_EQ(wasm_memorytype_limits(grown.get())->max, 3u);

  const wasm_globaltype_ptr constant(wasm_globaltype_new(wasm_valtype_new_i32(), WASM_CONST));
  wasm_val_t value = i32(5);
  const wasm_global_ptr global(wasm_global_new(store_.get(), constant.get(), &value));
  value = i32(6);
  wasm_global_set(global.get(), &value);
  EXPECT_NE(std::string(ermine_last_error()).find("immutable"), std::string::npos) << ermine_last_error();
  wasm_global_get(global.get(), &value);
  EXPECT_EQ(value.of.i32, 5);
  value = {.kind = WASM_F64, .of = {.f64 = 1}};
  EXPECT_EQ(wasm_global_new(store_.get(), constant.get(), &value), nullptr);
}

TEST_F(CApi, ErrorsSayWhy) {
  const std::string bad("\0asm\x02\0\0\0", 8);
  const wasm_byte_vec_t bytes{bad.size(), const_cast<char*>(bad.data())};
  EXPECT_EQ(wasm_module_new(store_.get(), &bytes), nullptr);
  EXPECT_NE(std::string(ermine_last_error()).find("unknown binary version"), std::string::npos) << ermine_last_error();
  EXPECT_FALSE(wasm_module_validate(store_.get(), &bytes));
  wasm_byte_vec_t out;
  EXPECT_FALSE(ermine_wat2wasm("(module", 7, &out));
  EXPECT_NE(std::string(ermine_last_error()).find("1:"), std::string::npos) << ermine_last_error();
  // Missing imports, and a start function that traps.
  const auto module = compile("(module (import \"a\" \"b\" (func)))");
  wasm_trap_t* trap = nullptr;
  EXPECT_EQ(wasm_instance_new(store_.get(), module.get(), nullptr, &trap), nullptr);
  EXPECT_EQ(ermine_trap_kind(trap), ERMINE_LINK) << message_of(trap);
  wasm_trap_delete(trap);
  const auto start = compile("(module (func $s (unreachable)) (start $s))");
  EXPECT_EQ(wasm_instance_new(store_.get(), start.get(), nullptr, nullptr), nullptr);
  EXPECT_EQ(wasm_instance_new(store_.get(), start.get(), nullptr, &trap), nullptr);
  EXPECT_EQ(message_of(trap), "unreachable");
  wasm_trap_delete(trap);
}

TEST_F(CApi, ModulesAreSharedBetweenThreads) {
  const auto module = compile("(module (func (export \"f\") (param i32) (result i32) (local.get 0)))");
  const wasm_shared_module_ptr shared(wasm_module_share(module.get()));
  std::atomic<int> sum = 0;
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i)
    threads.emplace_back([&, i] {
      const wasm_store_ptr store(wasm_store_new(engine_.get()));
      const wasm_module_ptr own(wasm_module_obtain(store.get(), shared.get()));
      const wasm_instance_ptr instance(wasm_instance_new(store.get(), own.get(), nullptr, nullptr));
      sum += call(exported(instance.get(), "f"), {i32(i)}).of.i32;
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(sum, 10);
  // A module is of its engine.
  const wasm_engine_ptr engine(wasm_engine_new());
  const wasm_store_ptr store(wasm_store_new(engine.get()));
  EXPECT_EQ(wasm_module_obtain(store.get(), shared.get()), nullptr);
  EXPECT_NE(std::string(ermine_last_error()).find("another engine"), std::string::npos);
  // Its serialised form serves there.
  wasm_byte_vec_t bytes;
  wasm_module_serialize(module.get(), &bytes);
  const wasm_module_ptr again(wasm_module_deserialize(store.get(), &bytes));
  EXPECT_TRUE(again);
  wasm_byte_vec_delete(&bytes);
}

TEST_F(CApi, OptimisedCode) {
  const auto tiers = ermine::Config::tiers();
  const bool is_there = std::ranges::find(tiers, ermine::Tier::kOptimized, &ermine::TierName::tier) != tiers.end();
  for (const bool background : {false, true}) {
    wasm_config_t* config = wasm_config_new();
    ermine_config_tier_set(config, background ? ERMINE_TIER_AUTO : ERMINE_TIER_OPTIMIZED);
    ermine_config_optimize_set(config, background);
    ermine_config_optimize_after_set(config, 1000);
    ermine_config_opt_level_set(config, 1);
    store_.reset();
    engine_.reset(wasm_engine_new_with_config(config));
    store_.reset(wasm_store_new(engine_.get()));
    if (!is_there) {
      wasm_byte_vec_t bytes;
      ASSERT_TRUE(ermine_wat2wasm("(module)", 8, &bytes));
      if (const wasm_module_ptr module{wasm_module_new(store_.get(), &bytes)}; module == nullptr)
        EXPECT_NE(std::string(ermine_last_error()).find("libermine-llvm.so"), std::string::npos);
      wasm_byte_vec_delete(&bytes);
      continue;
    }
    const auto instance = instantiate(R"((module (func (export "sum") (param i32) (result i32) (local i32)
      (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (local.get 1))))");
    EXPECT_EQ(call(exported(instance.get(), "sum"), {i32(100'000)}).of.i32, 705082704);
  }
}

TEST_F(CApi, LimitsTimeoutsInterrupts) {
  wasm_config_t* config = wasm_config_new();
  ermine_config_consume_fuel_set(config, true);
  ermine_config_tier_set(config, ERMINE_TIER_INTERP);
  EXPECT_FALSE(ermine_config_wasm_feature_set(config, "no-such", 7, true));
  EXPECT_TRUE(ermine_config_wasm_feature_set(config, "simd", 4, true));
  EXPECT_FALSE(ermine_store_set_fuel(store_.get(), 1));
  store_.reset();
  engine_.reset(wasm_engine_new_with_config(config));
  store_.reset(wasm_store_new(engine_.get()));
  const auto instance =
      instantiate("(module (memory (export \"m\") 1) (func (export \"loop\") (loop (br 0))) (func (export \"f\")))");
  const auto loop = exported(instance.get(), "loop");
  EXPECT_TRUE(ermine_store_set_fuel(store_.get(), 1000));
  wasm_trap_ptr trap = trap_of(loop);
  EXPECT_EQ(message_of(trap.get()), "all fuel consumed by WebAssembly");
  uint64_t left = 1;
  EXPECT_TRUE(ermine_store_get_fuel(store_.get(), &left));
  EXPECT_EQ(left, 0u);
  EXPECT_TRUE(ermine_store_set_fuel(store_.get(), UINT64_MAX));
  ermine_store_set_timeout(store_.get(), 1'000'000);
  EXPECT_NE(trap_of(loop), nullptr);
  ermine_store_clear_timeout(store_.get());
  const ermine_interrupt_handle_ptr handle(ermine_interrupt_handle_new(store_.get()));
  std::thread other([&] { ermine_interrupt_handle_interrupt(handle.get()); });
  trap = trap_of(loop);
  other.join();
  EXPECT_NE(message_of(trap.get()).find("interrupt"), std::string::npos) << message_of(trap.get());

  ermine_store_limits_t limits;
  ermine_store_limits_init(&limits);
  limits.memory_bytes = 2 << 16;
  EXPECT_TRUE(ermine_store_limiter(store_.get(), &limits));
  const auto memory = exported(instance.get(), "m");
  EXPECT_TRUE(wasm_memory_grow(wasm_extern_as_memory(memory.get()), 1));
  EXPECT_FALSE(wasm_memory_grow(wasm_extern_as_memory(memory.get()), 1));
  limits.size = 3;
  EXPECT_FALSE(ermine_store_limiter(store_.get(), &limits));
  int data = 0;
  ermine_store_set_data(store_.get(), &data);
  EXPECT_EQ(ermine_store_get_data(store_.get()), &data);
  ermine_store_gc(store_.get());
}

TEST_F(CApi, LinkersAndTheirFunctions) {
  static int ended = 0;
  ended = 0;
  ermine_linker_ptr linker(ermine_linker_new(engine_.get()));
  const wasm_functype_ptr type = functype({WASM_I32}, {WASM_I32});
  int env = 100;
  const auto load = [](void* env, ermine_caller_t* caller, const wasm_val_t* args, size_t arg_count,
                       wasm_val_t* results, size_t result_count) -> wasm_trap_t* {
    EXPECT_EQ(arg_count, 1u);
    EXPECT_EQ(result_count, 1u);
    const wasm_extern_ptr memory(ermine_caller_export_get(caller, "memory", 6));
    if (!memory) {
      const wasm_store_ptr store(ermine_caller_store(caller));
      wasm_message_t message;
      wasm_name_new_from_string_nt(&message, "no memory");
      wasm_trap_t* const trap = wasm_trap_new(store.get(), &message);
      wasm_byte_vec_delete(&message);
      return trap;
    }
    results[0] = i32(*static_cast<int*>(env) + wasm_memory_data(wasm_extern_as_memory(memory.get()))[args[0].of.i32]);
    return nullptr;
  };
  EXPECT_TRUE(
      ermine_linker_define_func(linker.get(), "env", 3, "load", 4, type.get(), load, &env, [](void*) { ++ended; }));
  EXPECT_FALSE(ermine_linker_define_func(linker.get(), "env", 3, "load", 4, type.get(), load, &env, nullptr));
  const auto module = compile(R"((module (import "env" "load" (func $load (param i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 8) "\05")
    (func (export "f") (result i32) (call $load (i32.const 8)))))");
  wasm_trap_t* trap = nullptr;
  wasm_instance_ptr instance(ermine_linker_instantiate(linker.get(), store_.get(), module.get(), &trap));
  ASSERT_TRUE(instance) << message_of(trap);
  EXPECT_EQ(call(exported(instance.get(), "f")).of.i32, 105);
  const auto bare = compile(R"((module (import "env" "load" (func $load (param i32) (result i32)))
    (import "other" "f" (func $f (result i32)))
    (func (export "f") (result i32) (call $load (i32.const 8))) (func (export "g") (result i32) (call $f))))");
  EXPECT_EQ(ermine_linker_instantiate(linker.get(), store_.get(), bare.get(), &trap), nullptr);
  EXPECT_EQ(ermine_trap_kind(trap), ERMINE_LINK);
  wasm_trap_delete(trap);
  EXPECT_TRUE(ermine_linker_define_instance(linker.get(), "other", 5, instance.get()));
  wasm_instance_ptr second(ermine_linker_instantiate(linker.get(), store_.get(), bare.get(), nullptr));
  ASSERT_TRUE(second) << ermine_last_error();
  EXPECT_EQ(message_of(trap_of(exported(second.get(), "f")).get()), "no memory");
  EXPECT_EQ(call(exported(second.get(), "g")).of.i32, 105);
  const wasm_extern_ptr found(ermine_linker_get(linker.get(), store_.get(), "other", 5, "f", 1));
  EXPECT_EQ(wasm_extern_kind(found.get()), WASM_EXTERN_FUNC);
  EXPECT_EQ(ermine_linker_get(linker.get(), store_.get(), "other", 5, "x", 1), nullptr);
  linker.reset();
  EXPECT_EQ(ended, 0);
}

TEST_F(CApi, ProgramsOfWasi) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  ermine_wasi_config_t* config = ermine_wasi_config_new();
  const char* arguments[] = {"app", "hello"};
  ermine_wasi_config_set_argv(config, 2, arguments);
  ermine_wasi_config_set_stdio(config, -1, pipe_fds[1], -1);
  const ermine_wasi_ptr wasi(ermine_wasi_new(config));
  ASSERT_TRUE(wasi) << ermine_last_error();
  const ermine_linker_ptr linker(ermine_linker_new(engine_.get()));
  ASSERT_TRUE(ermine_linker_define_wasi(linker.get(), wasi.get())) << ermine_last_error();
  // Writes its second argument, and exits with 3.
  const auto module = compile(R"((module
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (drop (call $args (i32.const 0) (i32.const 64)))
      (i32.store (i32.const 16) (i32.load (i32.const 4)))
      (i32.store (i32.const 20) (i32.const 5))
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 32)))
      (call $exit (i32.const 3)))))");
  const wasm_instance_ptr instance(ermine_linker_instantiate(linker.get(), store_.get(), module.get(), nullptr));
  ASSERT_TRUE(instance) << ermine_last_error();
  const wasm_trap_ptr trap = trap_of(exported(instance.get(), "_start"));
  int32_t status = 0;
  EXPECT_TRUE(ermine_trap_exit_status(trap.get(), &status));
  EXPECT_EQ(status, 3);
  char buffer[16];
  EXPECT_EQ(read(pipe_fds[0], buffer, sizeof buffer), 5);
  EXPECT_EQ(std::string(buffer, 5), "hello");
  close(pipe_fds[0]);
  close(pipe_fds[1]);
  config = ermine_wasi_config_new();
  ermine_wasi_config_preopen_dir(config, "/nonexistent", "/", true);
  EXPECT_EQ(ermine_wasi_new(config), nullptr);
  EXPECT_NE(std::string(ermine_last_error()).find("/nonexistent"), std::string::npos);
}

// Its input, output and files are in memory. It copies its input to its output and to a file.
TEST_F(CApi, ProgramsOfWasiInMemory) {
  struct Output {
    std::string text;
    int ends = 0;
  } output;
  const std::unique_ptr<ermine_virtual_directory_t, decltype(&ermine_virtual_directory_delete)> files(
      ermine_virtual_directory_new(1 << 16), ermine_virtual_directory_delete);
  EXPECT_TRUE(ermine_virtual_directory_write_file(files.get(), "out", 3, "old", 3)) << ermine_last_error();
  EXPECT_FALSE(ermine_virtual_directory_write_file(files.get(), "../x", 4, "", 0));
  {
    ermine_wasi_config_t* const config = ermine_wasi_config_new();
    wasm_byte_vec_t input;
    wasm_byte_vec_new(&input, 5, "input");
    ermine_wasi_config_set_stdin_bytes(config, &input);
    const auto write = [](void* env, const uint8_t* bytes, size_t size) -> ptrdiff_t {
      auto& out = *static_cast<Output*>(env);
      if (!out.text.empty()) return -ENOSPC;
      out.text.assign(bytes, bytes + size);
      return static_cast<ptrdiff_t>(size);
    };
    ermine_wasi_config_set_stdout_custom(config, write, &output, [](void* o) { ++static_cast<Output*>(o)->ends; });
    ermine_wasi_config_preopen_virtual_dir(config, files.get(), "/", false);
    const ermine_wasi_ptr wasi(ermine_wasi_new(config));
    ASSERT_TRUE(wasi) << ermine_last_error();
    const ermine_linker_ptr linker(ermine_linker_new(engine_.get()));
    ASSERT_TRUE(ermine_linker_define_wasi(linker.get(), wasi.get())) << ermine_last_error();
    const auto module = compile(R"((module
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\10\00\00\00\10\00\00\00") (data (i32.const 64) "out")
      (func (export "_start") (result i32 i32 i32)
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 8) (i64.const 64)
          (i64.const 0) (i32.const 0) (i32.const 12)))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
        (call $write (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8))
        (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))");
    const wasm_instance_ptr instance(ermine_linker_instantiate(linker.get(), store_.get(), module.get(), nullptr));
    ASSERT_TRUE(instance) << ermine_last_error();
    wasm_val_t results[3];
    wasm_val_vec_t none = WASM_EMPTY_VEC, out = WASM_ARRAY_VEC(results);
    const auto start = exported(instance.get(), "_start");
    ASSERT_EQ(wasm_func_call(wasm_extern_as_func(start.get()), &none, &out), nullptr);
    EXPECT_EQ(results[0].of.i32, 0);
    EXPECT_EQ(results[1].of.i32, 0);
    EXPECT_EQ(results[2].of.i32, 51);  // nospc
    EXPECT_EQ(output.ends, 0);
  }
  EXPECT_EQ(output.text, "input");
  wasm_byte_vec_t contents;
  ASSERT_TRUE(ermine_virtual_directory_read_file(files.get(), "out", 3, &contents)) << ermine_last_error();
  EXPECT_EQ(text_of(contents), "input");
  wasm_byte_vec_delete(&contents);
  EXPECT_FALSE(ermine_virtual_directory_read_file(files.get(), "no", 2, &contents));
  store_.reset();
  EXPECT_EQ(output.ends, 1);
}

TEST_F(CApi, TagsAndObjectsPassThrough) {
  const wasm_functype_ptr type = functype({WASM_I32}, {});
  const ermine_tag_ptr tag(ermine_tag_new(store_.get(), type.get()));
  ASSERT_TRUE(tag);
  const auto instance = instantiate(R"((module (import "" "e" (tag $e (param i32)))
    (type $s (struct (field i32)))
    (func (export "make") (result (ref $s)) (struct.new $s (i32.const 9)))
    (func (export "any") (result anyref) (struct.new $s (i32.const 8)))
    (func (export "get") (param anyref) (result i32) (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))
    (func (export "throw") (throw $e (i32.const 1)))))",
                                    {ermine_tag_as_extern(tag.get())});
  const wasm_trap_ptr trap = trap_of(exported(instance.get(), "throw"));
  EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_EXCEPTION);
  const auto get = exported(instance.get(), "get");
  for (const auto& [name, expected] : {std::pair("make", 9), {"any", 8}}) {
    wasm_val_t object = call(exported(instance.get(), name));
    EXPECT_TRUE(wasm_valkind_is_ref(object.kind));
    EXPECT_EQ(call(get, {object}).of.i32, expected);
    wasm_val_delete(&object);
  }
}

TEST_F(CApi, ObjectsOfTheCollector) {
  const auto instance = instantiate(R"((module
    (type $s (struct (field (mut i32)) (field i64) (field (mut i8)))) (type $a (array (mut f64))) (type $t (struct))
    (func (export "s") (param (ref $s)) (result i32) (struct.get $s 0 (local.get 0)))
    (func (export "a") (param (ref null $a)) (result f64) (array.get $a (local.get 0) (i32.const 2)))
    (func (export "t") (result (ref $t)) (struct.new $t))))");
  const auto s = exported(instance.get(), "s"), a = exported(instance.get(), "a");
  const auto param_of = [](const wasm_extern_ptr& func) {
    return wasm_functype_ptr(wasm_func_type(wasm_extern_as_func(func.get())));
  };
  const wasm_functype_ptr s_type = param_of(s), a_type = param_of(a);
  wasm_val_t fields[] = {i32(7), {.kind = WASM_I64, .of = {.i64 = 8}}, i32(300)};
  const wasm_val_vec_t list = WASM_ARRAY_VEC(fields);
  const wasm_ref_ptr object(ermine_struct_new(store_.get(), wasm_functype_params(s_type.get())->data[0], &list));
  ASSERT_TRUE(object) << ermine_last_error();
  EXPECT_EQ(ermine_ref_kind(object.get()), ERMINE_REF_STRUCT);
  uint32_t count = 0;
  EXPECT_TRUE(ermine_struct_field_count(object.get(), &count));
  EXPECT_EQ(count, 3u);
  wasm_val_t value;
  EXPECT_TRUE(ermine_struct_get(object.get(), 2, &value));
  EXPECT_EQ(value.of.i32, 300 & 0xff);
  EXPECT_FALSE(ermine_struct_get(object.get(), 3, &value));
  value = i32(9);
  EXPECT_TRUE(ermine_struct_set(object.get(), 0, &value));
  EXPECT_FALSE(ermine_struct_set(object.get(), 1, &value));  // immutable, and no i64
  EXPECT_EQ(call(s, {ref(object.get())}).of.i32, 9);
  const wasm_val_t fill = {.kind = WASM_F64, .of = {.f64 = 1.5}};
  const wasm_ref_ptr array(ermine_array_new(store_.get(), wasm_functype_params(a_type.get())->data[0], 3, &fill));
  ASSERT_TRUE(array) << ermine_last_error();
  value = {.kind = WASM_F64, .of = {.f64 = -1}};
  EXPECT_TRUE(ermine_array_set(array.get(), 2, &value));
  EXPECT_FALSE(ermine_array_set(array.get(), 3, &value));
  EXPECT_TRUE(ermine_array_length(array.get(), &count));
  EXPECT_EQ(count, 3u);
  EXPECT_EQ(call(a, {ref(array.get())}).of.f64, -1);
  // Values of other types never reach the function.
  const auto refused = [&](const wasm_extern_ptr& func, wasm_val_t argument) {
    const wasm_trap_ptr trap = trap_of(func, {argument});
    EXPECT_EQ(ermine_trap_kind(trap.get()), ERMINE_USAGE) << message_of(trap.get());
  };
  refused(s, ref(array.get()));
  refused(s, ref(nullptr));
  wasm_val_t other = call(exported(instance.get(), "t"));
  refused(s, other);
  refused(a, other);
  wasm_val_delete(&other);
  refused(s, ref(wasm_extern_as_ref(s.get())));
  const wasm_ref_ptr number(ermine_i31_new(store_.get(), 0x7fffffff));
  refused(s, ref(number.get()));
  int32_t signed_value = 0;
  EXPECT_TRUE(ermine_i31_get_s(number.get(), &signed_value));
  EXPECT_EQ(signed_value, -1);
  EXPECT_TRUE(ermine_i31_get_u(number.get(), &count));
  EXPECT_EQ(count, 0x7fffffffu);
  EXPECT_FALSE(ermine_i31_get_u(object.get(), &count));
  EXPECT_FALSE(ermine_i31_get_u(nullptr, &count));
  EXPECT_FALSE(ermine_array_length(nullptr, &count));
  EXPECT_FALSE(ermine_struct_get(nullptr, 0, &value));
  EXPECT_EQ(ermine_ref_kind(nullptr), ERMINE_REF_OTHER);
  EXPECT_FALSE(ermine_struct_get(number.get(), 0, &value));
  EXPECT_EQ(message_of(trap_of(a, {ref(nullptr)}).get()), "null array reference");
}

TEST_F(CApi, Exceptions) {
  const wasm_functype_ptr type = functype({WASM_I32}, {});
  const ermine_tag_ptr tag(ermine_tag_new(store_.get(), type.get()));
  struct Throws {
    wasm_store_t* store;
    const ermine_tag_t* tag;
  } throws{store_.get(), tag.get()};
  const wasm_functype_ptr plain = functype({}, {});
  const wasm_func_ptr host(wasm_func_new_with_env(
      store_.get(), plain.get(),
      [](void* env, const wasm_val_vec_t*, wasm_val_vec_t*) -> wasm_trap_t* {
        const Throws& t = *static_cast<Throws*>(env);
        wasm_val_t payload[] = {i32(5)};
        const wasm_val_vec_t list = WASM_ARRAY_VEC(payload);
        const wasm_ref_ptr exception(ermine_exn_new(t.store, t.tag, &list));
        return ermine_trap_new_exception(t.store, exception.get());
      },
      &throws, nullptr));
  const auto instance = instantiate(R"((module (import "" "e" (tag $e (param i32))) (import "" "throw" (func $throw))
    (func (export "catch") (result i32) (block $h (result i32) (try_table (catch $e $h) (call $throw)) (i32.const 0)))
    (func (export "pass") (throw $e (i32.const 6)))
    (func (export "again") (param exnref) (throw_ref (local.get 0)))))",
                                    {ermine_tag_as_extern(tag.get()), wasm_func_as_extern(host.get())});
  EXPECT_EQ(call(exported(instance.get(), "catch")).of.i32, 5);
  const wasm_trap_ptr trap = trap_of(exported(instance.get(), "pass"));
  ASSERT_EQ(ermine_trap_kind(trap.get()), ERMINE_EXCEPTION);
  const wasm_ref_ptr exception(ermine_trap_exception(trap.get()));
  ASSERT_TRUE(exception);
  EXPECT_EQ(ermine_ref_kind(exception.get()), ERMINE_REF_EXN);
  wasm_val_vec_t payload;
  ASSERT_TRUE(ermine_exn_payload(exception.get(), &payload));
  ASSERT_EQ(payload.size, 1u);
  EXPECT_EQ(payload.data[0].of.i32, 6);
  wasm_val_vec_delete(&payload);
  const ermine_tag_ptr same(ermine_exn_tag(exception.get()));
  EXPECT_TRUE(wasm_ref_same(wasm_extern_as_ref(ermine_tag_as_extern(same.get())),
                            wasm_extern_as_ref(ermine_tag_as_extern(tag.get()))));
  const wasm_trap_ptr again = trap_of(exported(instance.get(), "again"), {ref(exception.get())});
  const wasm_ref_ptr thrown(ermine_trap_exception(again.get()));
  EXPECT_TRUE(wasm_ref_same(thrown.get(), exception.get()));
  // What is no exception.
  EXPECT_EQ(ermine_trap_new_exception(store_.get(), wasm_func_as_ref(host.get())), nullptr);
  EXPECT_EQ(ermine_exn_new(store_.get(), tag.get(), nullptr), nullptr);
  const wasm_ref_ptr number(ermine_i31_new(store_.get(), 1));
  EXPECT_EQ(ermine_trap_kind(trap_of(exported(instance.get(), "again"), {ref(number.get())}).get()), ERMINE_USAGE);
}

TEST_F(CApi, LargeAndSharedMemories) {
  const wasm_memorytype_ptr large(ermine_memorytype_new(1, true, 5, true, false, 16));
  EXPECT_TRUE(ermine_memorytype_is64(large.get()));
  uint64_t n = 0;
  EXPECT_TRUE(ermine_memorytype_maximum(large.get(), &n));
  EXPECT_EQ(n, 5u);
  const wasm_memory_ptr memory(wasm_memory_new(store_.get(), large.get()));
  ASSERT_TRUE(memory) << ermine_last_error();
  EXPECT_TRUE(ermine_memory_grow(memory.get(), 2, &n));
  EXPECT_EQ(n, 1u);
  EXPECT_EQ(ermine_memory_size(memory.get()), 3u);
  EXPECT_EQ(ermine_memory_as_shared(memory.get()), nullptr);
  const wasm_memorytype_ptr type(ermine_memorytype_new(1, true, 2, false, true, 16));
  struct deleter {
    void operator()(ermine_sharedmemory_t* m) const { ermine_sharedmemory_delete(m); }
  };
  const std::unique_ptr<ermine_sharedmemory_t, deleter> shared(ermine_sharedmemory_new(engine_.get(), type.get()));
  ASSERT_TRUE(shared) << ermine_last_error();
  const wasm_memory_ptr view(ermine_sharedmemory_as_memory(store_.get(), shared.get()));
  const auto instance = instantiate(
      R"((module (import "" "m" (memory 1 2 shared)) (func (export "f") (i32.atomic.store (i32.const 8) (i32.const 9)))))",
      {wasm_memory_as_extern(view.get())});
  call(exported(instance.get(), "f"), {}, 0);
  EXPECT_EQ(ermine_sharedmemory_data(shared.get())[8], 9);
  EXPECT_TRUE(ermine_sharedmemory_grow(shared.get(), 1, nullptr));
  EXPECT_EQ(ermine_sharedmemory_data_size(shared.get()), 2u << 16);
  EXPECT_FALSE(ermine_sharedmemory_grow(shared.get(), 1, nullptr));
}

TEST_F(CApi, CallsThatAreSuspended) {
  wasm_config_t* config = wasm_config_new();
  ermine_config_consume_fuel_set(config, true);
  store_.reset();
  engine_.reset(wasm_engine_new_with_config(config));
  store_.reset(wasm_store_new(engine_.get()));
  const auto instance = instantiate(R"((module (func (export "count") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
    (local.get 1))))");
  wasm_val_t values[] = {i32(10'000)};
  const wasm_val_vec_t args = WASM_ARRAY_VEC(values);
  struct deleter {
    void operator()(ermine_execution_t* e) const { ermine_execution_delete(e); }
  };
  const auto count = exported(instance.get(), "count");
  std::unique_ptr<ermine_execution_t, deleter> execution(ermine_execution_new(wasm_extern_as_func(count.get()), &args));
  ASSERT_TRUE(execution) << ermine_last_error();
  EXPECT_EQ(ermine_execution_state(execution.get()), ERMINE_EXECUTION_READY);
  int suspended = 0;
  do {
    ASSERT_TRUE(ermine_store_set_fuel(store_.get(), 5'000));
    const wasm_trap_ptr trap(ermine_execution_run(execution.get()));
    ASSERT_FALSE(trap) << message_of(trap.get());
    suspended += ermine_execution_state(execution.get()) == ERMINE_EXECUTION_OUT_OF_FUEL;
  } while (ermine_execution_state(execution.get()) == ERMINE_EXECUTION_OUT_OF_FUEL);
  EXPECT_GT(suspended, 3);
  ASSERT_EQ(ermine_execution_state(execution.get()), ERMINE_EXECUTION_RETURNED);
  wasm_val_vec_t results;
  ermine_execution_results(execution.get(), &results);
  ASSERT_EQ(results.size, 1u);
  EXPECT_EQ(results.data[0].of.i32, 10'000);
  wasm_val_vec_delete(&results);
  const wasm_trap_ptr over(ermine_execution_run(execution.get()));
  EXPECT_EQ(ermine_trap_kind(over.get()), ERMINE_USAGE);
  EXPECT_EQ(ermine_execution_new(wasm_extern_as_func(count.get()), nullptr), nullptr);
}

// Bytes of memory of this process that are not in a file.
long resident_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8)) << 10;
  return 0;
}

// A store and its instances leave nothing behind. (LeakSanitizer finds what they lose; this finds what they keep.)
TEST_F(CApi, ManyStores) {
  const auto module =
      compile("(module (memory 1) (table 10 funcref) (func (export \"f\") (result i32) (i32.const 1)))");
  const wasm_shared_module_ptr shared(wasm_module_share(module.get()));
  const auto make = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const wasm_store_ptr store(wasm_store_new(engine_.get()));
      const wasm_module_ptr own(wasm_module_obtain(store.get(), shared.get()));
      const wasm_instance_ptr instance(wasm_instance_new(store.get(), own.get(), nullptr, nullptr));
      ASSERT_TRUE(instance) << ermine_last_error();
      EXPECT_EQ(call(exported(instance.get(), "f")).of.i32, 1);
    }
  };
  make(500);
  const long before = resident_memory();
  EXPECT_GT(before, 0);
  make(2500);
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)  // which keeps memory that was freed
  EXPECT_LT(resident_memory() - before, 2500L * 200);
#endif
}

}  // namespace
}  // namespace capi_test
