// What the tests of the C API share: owning pointers, and a store with functions that compile, instantiate and call.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ermine.h"

namespace capi_test {

#define DELETER(name)                                        \
  struct name##_deleter {                                    \
    void operator()(name##_t* p) const { name##_delete(p); } \
  };                                                         \
  using name##_ptr = std::unique_ptr<name##_t, name##_deleter>;
DELETER(wasm_engine)
DELETER(wasm_store)
DELETER(wasm_module)
DELETER(wasm_instance)
DELETER(wasm_extern)
DELETER(wasm_func)
DELETER(wasm_functype)
DELETER(wasm_global)
DELETER(wasm_globaltype)
DELETER(wasm_table)
DELETER(wasm_tabletype)
DELETER(wasm_memory)
DELETER(wasm_memorytype)
DELETER(wasm_externtype)
DELETER(wasm_foreign)
DELETER(wasm_ref)
DELETER(wasm_trap)
DELETER(wasm_frame)
DELETER(wasm_shared_module)
DELETER(ermine_linker)
DELETER(ermine_wasi)
DELETER(ermine_tag)
DELETER(ermine_interrupt_handle)
DELETER(ermine_component)
DELETER(ermine_component_func)
DELETER(ermine_component_instance)
DELETER(ermine_component_linker)

inline std::string text_of(const wasm_byte_vec_t& bytes) {
  std::string out(bytes.data, bytes.size);
  if (out.ends_with('\0')) out.pop_back();
  return out;
}
inline std::string message_of(const wasm_trap_t* trap) {
  if (trap == nullptr) return "no trap";
  wasm_message_t message;
  wasm_trap_message(trap, &message);
  EXPECT_EQ(message.data[message.size - 1], '\0');
  std::string out = text_of(message);
  wasm_byte_vec_delete(&message);
  return out;
}
inline wasm_valtype_vec_t types(std::initializer_list<wasm_valkind_t> kinds) {
  wasm_valtype_vec_t out;
  wasm_valtype_vec_new_uninitialized(&out, kinds.size());
  size_t i = 0;
  for (const wasm_valkind_t kind : kinds) out.data[i++] = wasm_valtype_new(kind);
  return out;
}
inline wasm_functype_ptr functype(std::initializer_list<wasm_valkind_t> params,
                                  std::initializer_list<wasm_valkind_t> results) {
  wasm_valtype_vec_t p = types(params), r = types(results);
  return wasm_functype_ptr(wasm_functype_new(&p, &r));
}
inline wasm_val_t i32(int32_t v) { return {.kind = WASM_I32, .of = {.i32 = v}}; }
inline ermine_component_val_t u32(uint32_t v) { return {.kind = ERMINE_COMPONENT_U32, .of = {.u32 = v}}; }
inline wasm_val_t ref(wasm_ref_t* r) { return {.kind = WASM_EXTERNREF, .of = {.ref = r}}; }

inline wasm_config_t* with_all_features() {
  wasm_config_t* const config = wasm_config_new();
  EXPECT_TRUE(ermine_config_wasm_feature_set(config, "all", 3, true));
  return config;
}

class CApi : public testing::Test {
 protected:
  explicit CApi(wasm_config_t* config = nullptr)
      : engine_(config != nullptr ? wasm_engine_new_with_config(config) : wasm_engine_new()),
        store_(wasm_store_new(engine_.get())) {}

  wasm_module_ptr compile(std::string_view wat) {
    wasm_byte_vec_t bytes;
    EXPECT_TRUE(ermine_wat2wasm(wat.data(), wat.size(), &bytes)) << ermine_last_error();
    wasm_module_ptr module(wasm_module_new(store_.get(), &bytes));
    EXPECT_TRUE(module) << ermine_last_error();
    wasm_byte_vec_delete(&bytes);
    return module;
  }
  wasm_instance_ptr instantiate(const wasm_module_t* module, std::vector<wasm_extern_t*> imports = {}) {
    const wasm_extern_vec_t vec{imports.size(), imports.data()};
    wasm_trap_t* trap = nullptr;
    wasm_instance_ptr instance(wasm_instance_new(store_.get(), module, &vec, &trap));
    EXPECT_TRUE(instance) << message_of(trap);
    wasm_trap_delete(trap);
    return instance;
  }
  wasm_instance_ptr instantiate(std::string_view wat, std::vector<wasm_extern_t*> imports = {}) {
    return instantiate(compile(wat).get(), std::move(imports));
  }
  static wasm_extern_ptr exported(const wasm_instance_t* instance, std::string_view name) {
    wasm_extern_ptr item(ermine_instance_export_get(instance, name.data(), name.size()));
    EXPECT_TRUE(item) << name;
    return item;
  }
  // The first result; the others are deleted.
  static wasm_val_t call(const wasm_extern_ptr& func, std::vector<wasm_val_t> args = {}, size_t results = 1) {
    const wasm_val_vec_t in{args.size(), args.data()};
    std::vector<wasm_val_t> out(results);
    wasm_val_vec_t vec{out.size(), out.data()};
    wasm_trap_ptr trap(wasm_func_call(wasm_extern_as_func(func.get()), &in, &vec));
    EXPECT_FALSE(trap) << message_of(trap.get());
    for (size_t i = 1; i < out.size(); ++i) wasm_val_delete(&out[i]);
    return out.empty() ? wasm_val_t{} : out[0];
  }
  static wasm_trap_ptr trap_of(const wasm_extern_ptr& func, std::vector<wasm_val_t> args = {}) {
    const wasm_val_vec_t in{args.size(), args.data()};
    wasm_val_t few[4] = {};
    wasm_val_vec_t out{4, few};
    return wasm_trap_ptr(wasm_func_call(wasm_extern_as_func(func.get()), &in, &out));
  }

  wasm_engine_ptr engine_;
  wasm_store_ptr store_;
};

}  // namespace capi_test
