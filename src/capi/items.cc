// Functions, globals, tables and memories of the C API.
#include <algorithm>

#include "capi/objects.h"

using ermine::Error;
using ermine::ErrorKind;
using ermine::Func;
using ermine::FuncType;
using ermine::Global;
using ermine::Memory;
using ermine::Result;
using ermine::Table;
using ermine::Val;
using ermine::ValType;
using ermine::capi::from_ref;
using ermine::capi::from_val;
using ermine::capi::SharedStore;
using ermine::capi::StoreState;
using ermine::capi::succeeded;
using ermine::capi::to_val;

namespace ermine::capi {

Signature::Signature(FuncType of) : type(std::move(of)) {
  const auto add = [](const std::vector<ValType>& types, std::vector<wasm_valkind_t>& kinds) {
    size_t count = 0;
    for (const ValType t : types) {
      kinds.push_back(kind_of(t));
      count += t.slots();
    }
    return count;
  };
  slots = add(type.params, params);
  slots = std::max(slots, add(type.results, results));
}

}  // namespace ermine::capi

namespace {

// A function of the host, in one of the two forms.
struct Callback {
  ~Callback() {
    if (finalizer != nullptr) finalizer(env);
  }
  wasm_trap_t* call(const wasm_val_vec_t* args, wasm_val_vec_t* results) const {
    return plain != nullptr ? plain(args, results) : with_env(env, args, results);
  }
  wasm_func_callback_t plain = nullptr;
  wasm_func_callback_with_env_t with_env = nullptr;
  void* env = nullptr;
  void (*finalizer)(void*) = nullptr;
};

wasm_func_t* new_func(wasm_store_t* store, const wasm_functype_t* type, std::shared_ptr<const Callback> callback) {
  const Func func = Func::create(*store->state->store, type->to_cxx(),
                                 [callback = std::move(callback)](ermine::Caller& caller, std::span<const Val> args,
                                                                  std::span<Val> results) -> Result<void> {
                                   const SharedStore state = StoreState::of(caller.store());
                                   ermine::capi::Values in(args.size()), out(results.size());
                                   for (size_t i = 0; i < args.size(); ++i) in[i] = from_val(state, args[i]);
                                   if (wasm_trap_t* trap = callback->call(in.vec(), out.vec()))
                                     return ermine::capi::take_error(trap);
                                   for (size_t i = 0; i < results.size(); ++i) {
                                     ERMINE_ASSIGN(results[i], to_val(state, out[i], results[i].type()));
                                   }
                                   return {};
                                 });
  return new wasm_func_t(store->state, func);
}

// ---- Calls, over the slots of the callee's frame

constexpr bool is_number(wasm_valkind_t kind) { return kind <= WASM_F64; }

// The bits of a number; those of 32-bit types are zero-extended.
uint64_t bits_of(const wasm_val_t& value) {
  return value.kind == WASM_I32 || value.kind == WASM_F32 ? static_cast<uint32_t>(value.of.i32)
                                                          : static_cast<uint64_t>(value.of.i64);
}
wasm_val_t number_of(wasm_valkind_t kind, uint64_t bits) {
  wasm_val_t value;
  value.kind = kind;
  value.of.i64 = static_cast<int64_t>(bits);
  return value;
}

// A function that traps needs no room, and the standard's example for traps gives none.
Error no_room(size_t count, size_t room) {
  return Error(ErrorKind::kUsage, "the function has " + std::to_string(count) + " results, and there was room for " +
                                      std::to_string(room));
}

// A call with other arguments than numbers, which the library checks against the function's type.
wasm_trap_t* call_with_checks(const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const FuncType& type = func->signature().type;
  std::vector<Val> in(type.params.size()), out(type.results.size());
  for (size_t i = 0; i < in.size(); ++i) {
    Result<Val> value = to_val(func->store, args->data[i], type.params[i]);
    if (!value)
      return ermine::capi::new_trap(
          func->store, Error(ErrorKind::kUsage,
                             "argument " + std::to_string(i + 1) + " of the function: " + value.error().message()));
    in[i] = *std::move(value);
  }
  if (Result<void> done = func->get<Func>().call(in, out); !done)
    return ermine::capi::new_trap(func->store, std::move(done).error());
  const size_t room = results != nullptr ? results->size : 0;
  if (room < out.size()) return ermine::capi::new_trap(func->store, no_room(out.size(), room));
  for (size_t i = 0; i < out.size(); ++i) results->data[i] = from_val(func->store, out[i]);
  return nullptr;
}

}  // namespace

extern "C" {

// ---- Functions

wasm_func_t* wasm_func_new(wasm_store_t* store, const wasm_functype_t* type, wasm_func_callback_t callback) {
  auto made = std::make_shared<Callback>();
  made->plain = callback;
  return new_func(store, type, std::move(made));
}
wasm_func_t* wasm_func_new_with_env(wasm_store_t* store, const wasm_functype_t* type,
                                    wasm_func_callback_with_env_t callback, void* env, void (*finalizer)(void*)) {
  auto made = std::make_shared<Callback>();
  made->with_env = callback;
  made->env = env;
  made->finalizer = finalizer;
  return new_func(store, type, std::move(made));
}
wasm_functype_t* wasm_func_type(const wasm_func_t* func) { return new wasm_functype_t(func->signature().type); }
size_t wasm_func_param_arity(const wasm_func_t* func) { return func->signature().params.size(); }
size_t wasm_func_result_arity(const wasm_func_t* func) { return func->signature().results.size(); }

wasm_trap_t* wasm_func_call(const wasm_func_t* func, const wasm_val_vec_t* args, wasm_val_vec_t* results) {
  const ermine::capi::Signature& signature = func->signature();
  const size_t param_count = signature.params.size(), result_count = signature.results.size();
  const size_t given = args != nullptr ? args->size : 0, room = results != nullptr ? results->size : 0;
  const auto refuse = [func](Error error) { return ermine::capi::new_trap(func->store, std::move(error)); };
  if (given < param_count)
    return refuse(Error(ErrorKind::kUsage, "the function takes " + std::to_string(param_count) + " arguments, not " +
                                               std::to_string(given)));
  constexpr size_t kFewSlots = 32;
  uint64_t few[kFewSlots];
  const std::unique_ptr<uint64_t[]> many =
      signature.slots > kFewSlots ? std::make_unique<uint64_t[]>(signature.slots) : nullptr;
  uint64_t* const slots = many ? many.get() : few;
  const Func& callee = func->get<Func>();
  size_t numbers = 0;
  while (numbers < param_count && args->data[numbers].kind == signature.params[numbers] &&
         is_number(signature.params[numbers])) {
    slots[numbers] = bits_of(args->data[numbers]);
    ++numbers;
  }
  if (numbers < param_count) return call_with_checks(func, args, results);
  if (!ermine::detail::invoke(callee.store_impl(), callee.impl(), slots)) [[unlikely]]
    return refuse(ermine::detail::take_error(callee.store_impl()));
  if (room < result_count) return refuse(no_room(result_count, room));
  const uint64_t* slot = slots;
  for (size_t i = 0; i < result_count; ++i) {
    if (is_number(signature.results[i])) [[likely]] {
      results->data[i] = number_of(signature.results[i], *slot++);
      continue;
    }
    const ValType type = signature.type.results[i];
    results->data[i] = from_val(func->store, Val::from_slots(callee.store_impl(), type, slot));
    slot += type.slots();
  }
  return nullptr;
}

// ---- Globals

wasm_global_t* wasm_global_new(wasm_store_t* store, const wasm_globaltype_t* type, const wasm_val_t* value) {
  const Result<Val> init = to_val(store->state, *value, type->type.type);
  if (!succeeded(init)) return nullptr;
  const Result<Global> made = Global::create(*store->state->store, type->type, *init);
  return succeeded(made) ? new wasm_global_t(store->state, *made) : nullptr;
}
wasm_globaltype_t* wasm_global_type(const wasm_global_t* global) {
  return new wasm_globaltype_t(global->get<Global>().type());
}
void wasm_global_get(const wasm_global_t* global, wasm_val_t* out) {
  *out = from_val(global->store, global->get<Global>().get());
}
void wasm_global_set(wasm_global_t* global, const wasm_val_t* value) {
  const Global& g = global->get<Global>();
  if (const Result<Val> v = to_val(global->store, *value, g.type().type); succeeded(v)) (void)succeeded(g.set(*v));
}

// ---- Tables

wasm_table_t* wasm_table_new(wasm_store_t* store, const wasm_tabletype_t* type, wasm_ref_t* init) {
  const Result<Val> value = to_val(store->state, init, type->type.element);
  if (!succeeded(value)) return nullptr;
  const Result<Table> made = Table::create(*store->state->store, type->type, *value);
  return succeeded(made) ? new wasm_table_t(store->state, *made) : nullptr;
}
wasm_tabletype_t* wasm_table_type(const wasm_table_t* table) {
  return new wasm_tabletype_t(table->get<Table>().type());
}
wasm_ref_t* wasm_table_get(const wasm_table_t* table, wasm_table_size_t index) {
  const Result<Val> value = table->get<Table>().get(index);
  return succeeded(value) ? from_ref(table->store, *value) : nullptr;
}
bool wasm_table_set(wasm_table_t* table, wasm_table_size_t index, wasm_ref_t* ref) {
  const Table& t = table->get<Table>();
  const Result<Val> value = to_val(table->store, ref, t.type().element);
  return succeeded(value) && succeeded(t.set(index, *value));
}
wasm_table_size_t wasm_table_size(const wasm_table_t* table) {
  return static_cast<wasm_table_size_t>(table->get<Table>().size());
}
bool wasm_table_grow(wasm_table_t* table, wasm_table_size_t delta, wasm_ref_t* init) {
  const Table& t = table->get<Table>();
  const Result<Val> value = to_val(table->store, init, t.type().element);
  return succeeded(value) && succeeded(t.grow(delta, *value));
}

// ---- Memories

wasm_memory_t* wasm_memory_new(wasm_store_t* store, const wasm_memorytype_t* type) {
  const Result<Memory> made = Memory::create(*store->state->store, type->type);
  return succeeded(made) ? new wasm_memory_t(store->state, *made) : nullptr;
}
wasm_memorytype_t* wasm_memory_type(const wasm_memory_t* memory) {
  return new wasm_memorytype_t(memory->get<Memory>().type());
}
byte_t* wasm_memory_data(wasm_memory_t* memory) { return reinterpret_cast<byte_t*>(memory->get<Memory>().data()); }
size_t wasm_memory_data_size(const wasm_memory_t* memory) { return memory->get<Memory>().byte_size(); }
wasm_memory_pages_t wasm_memory_size(const wasm_memory_t* memory) {
  return static_cast<wasm_memory_pages_t>(memory->get<Memory>().size());
}
bool wasm_memory_grow(wasm_memory_t* memory, wasm_memory_pages_t delta) {
  return succeeded(memory->get<Memory>().grow(delta));
}

}  // extern "C"
