// Functions of the C API, and their calls. A call whose arguments and results are numbers, which most are, goes over an
// array of slots on the stack; it is as short as its checks allow, so this file is compiled for speed.
#include <algorithm>

#include "capi/numbers.h"
#include "capi/objects.h"

using ermine::Error;
using ermine::ErrorKind;
using ermine::Func;
using ermine::FuncType;
using ermine::Result;
using ermine::Val;
using ermine::ValType;
using ermine::capi::bits_of;
using ermine::capi::from_val;
using ermine::capi::set_number;
using ermine::capi::Signature;
using ermine::capi::to_val;

namespace ermine::capi {

Signature::Signature(FuncType of) : type(std::move(of)) {
  bool only_numbers = true;
  const auto add = [&](const std::vector<ValType>& types, std::vector<wasm_valkind_t>& kinds) {
    size_t count = 0;
    for (const ValType t : types) {
      kinds.push_back(kind_of(t));
      only_numbers = only_numbers && is_number(kinds.back());
      has_references = has_references || t.is_ref();
      count += t.slots();
    }
    return count;
  };
  slots = add(type.params, params);
  slots = std::max(slots, add(type.results, results));
  is_direct = only_numbers && slots <= kDirectSlots;
  uint32_t slot = 0;
  for (size_t i = 0; i < params.size(); slot += type.params[i++].slots())
    if (has_32_bits(params[i])) narrow_params.push_back(slot);
}

}  // namespace ermine::capi

namespace {

[[gnu::cold]] wasm_trap_t* refuse(const wasm_func_t* func, std::string why) {
  return ermine::capi::new_trap(func->store, Error(ErrorKind::kUsage, std::move(why)));
}
[[gnu::cold]] wasm_trap_t* too_few_arguments(const wasm_func_t* func, size_t given) {
  return refuse(func, "the function takes " + std::to_string(func->signature().params.size()) + " arguments, not " +
                          std::to_string(given));
}
// A function that traps needs no room, and the standard's example for traps gives none.
[[gnu::cold]] wasm_trap_t* no_room(const wasm_func_t* func, size_t room) {
  return refuse(func, "the function has " + std::to_string(func->signature().results.size()) +
                          " results, and there was room for " + std::to_string(room));
}
[[gnu::cold]] wasm_trap_t* failed(const wasm_func_t* func) {
  return ermine::capi::new_trap(func->store, ermine::detail::take_error(func->get<Func>().store_impl()));
}

// A call with arguments or results that are not all numbers, or with many; or one whose arguments do not fit.
[[gnu::noinline]] wasm_trap_t* call_by_vals(const wasm_func_t* func, const wasm_val_vec_t* args,
                                            wasm_val_vec_t* results) {
  const FuncType& type = func->signature().type;
  std::vector<Val> in(type.params.size()), out(type.results.size());
  for (size_t i = 0; i < in.size(); ++i) {
    Result<Val> value = to_val(func->store, args->data[i], type.params[i]);
    if (!value)
      return refuse(func, "argument " + std::to_string(i + 1) + " of the function: " + value.error().message());
    in[i] = *std::move(value);
  }
  if (Result<void> done = func->get<Func>().call(in, out); !done)
    return ermine::capi::new_trap(func->store, std::move(done).error());
  const size_t room = results != nullptr ? results->size : 0;
  if (room < out.size()) return no_room(func, room);
  for (size_t i = 0; i < out.size(); ++i) results->data[i] = from_val(func->store, out[i]);
  return nullptr;
}

}  // namespace

extern "C" {

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t callback) {
  return new wasm_func_t(store->state,
                         ermine::capi::new_host_func(*store->state->store, type->to_cxx(), {.plain = callback}));
}
wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env, void (*finalizer)(void*)) {
  return new wasm_func_t(
      store->state,
      ermine::capi::new_host_func(*store->state->store, type->to_cxx(),
                                  {.with_env = callback, .env = ermine::capi::with_finalizer(env, finalizer)}));
}
wasm_functype_t* wasm_func_type(const wasm_func_t* func) { return new wasm_functype_t(func->signature().type); }
size_t wasm_func_param_arity(const wasm_func_t* func) { return func->signature().params.size(); }
size_t wasm_func_result_arity(const wasm_func_t* func) { return func->signature().results.size(); }

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const Signature& signature = func->signature();
  const size_t param_count = signature.params.size(), result_count = signature.results.size();
  const size_t given = args != nullptr ? args->size : 0;
  if (given < param_count) [[unlikely]]
    return too_few_arguments(func, given);
  if (!signature.is_direct) [[unlikely]]
    return call_by_vals(func, args, results);
  uint64_t slots[Signature::kDirectSlots];
  for (size_t i = 0; i < param_count; ++i) {
    const wasm_val_t& value = args->data[i];
    if (value.kind != signature.params[i]) [[unlikely]]
      return call_by_vals(func, args, results);
    slots[i] = bits_of(value);
  }
  const Func& callee = func->get<Func>();
  if (!ermine::detail::invoke(callee.store_impl(), callee.impl(), slots)) [[unlikely]]
    return failed(func);
  const size_t room = results != nullptr ? results->size : 0;
  if (room < result_count) [[unlikely]]
    return no_room(func, room);
  for (size_t i = 0; i < result_count; ++i) set_number(results->data[i], signature.results[i], slots[i]);
  return nullptr;
}

wasm_trap_t* ermine_func_call_unchecked(const wasm_func_t* func, ermine_val_raw_t* slots, size_t size) {
  const Signature& signature = func->signature();
  if (size < signature.slots) [[unlikely]]
    return refuse(func, "the call needs " + std::to_string(signature.slots) + " slots, not " + std::to_string(size));
  if (signature.has_references) [[unlikely]]
    return refuse(func, "references cannot be passed in slots: use wasm_func_call");
  static_assert(sizeof *slots == sizeof(uint64_t));
  auto* const bits = reinterpret_cast<uint64_t*>(slots);
  // Code relies on the upper half of a 32-bit number, which its member of the union leaves as it was. (Reading the
  // whole slot would wait for the caller's write of the half.)
  for (const uint32_t i : signature.narrow_params) bits[i] = static_cast<uint32_t>(slots[i].i32);
  const Func& callee = func->get<Func>();
  if (!ermine::detail::invoke(callee.store_impl(), callee.impl(), bits)) [[unlikely]]
    return failed(func);
  return nullptr;
}

}  // extern "C"
