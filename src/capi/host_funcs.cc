// Functions of the host in C. Those of numbers read and write the slots of the call; the others get what the library
// makes of them, which it checks against the function's type. Compiled for speed, as calls are.
#include "capi/numbers.h"
#include "capi/objects.h"

using ermine::Caller;
using ermine::Error;
using ermine::Func;
using ermine::FuncType;
using ermine::Linker;
using ermine::RawCall;
using ermine::Result;
using ermine::Val;
using ermine::capi::HostFunc;
using ermine::capi::kFew;
using ermine::capi::SharedStore;
using ermine::capi::Signature;
using ermine::capi::StoreState;

namespace {

// A function whose parameters and results are at most kFew numbers each.
struct DirectFunc {
  Signature signature;
  HostFunc func;

  static bool fits(const Signature& s) { return s.is_direct && s.params.size() <= kFew && s.results.size() <= kFew; }
  static bool call(void* self, RawCall& call, uint64_t* slots);
};

// Why results do not fit; deletes them.
[[gnu::cold]] Error unfit_results(const Signature& signature, const SharedStore& store, wasm_val_t* results) {
  std::optional<Error> error;
  for (size_t i = 0; i < signature.results.size(); ++i) {
    Result<Val> value = ermine::capi::to_val(store, results[i], signature.type.results[i]);
    if (!value && !error) error = std::move(value).error();
    wasm_val_delete(&results[i]);
  }
  return *std::move(error);
}

bool DirectFunc::call(void* self, RawCall& raw, uint64_t* slots) {
  const auto& [signature, func] = *static_cast<const DirectFunc*>(self);
  const size_t param_count = signature.params.size(), result_count = signature.results.size();
  wasm_val_t args[kFew], results[kFew];
  for (size_t i = 0; i < param_count; ++i) ermine::capi::set_number(args[i], signature.params[i], slots[i]);
  for (size_t i = 0; i < result_count; ++i) results[i] = WASM_INIT_VAL;
  Caller caller(raw);
  if (wasm_trap_t* trap = func.call(caller, {param_count, args}, {result_count, results})) [[unlikely]] {
    for (size_t i = 0; i < result_count; ++i) wasm_val_delete(&results[i]);
    return caller.fail(ermine::capi::take_error(trap));
  }
  bool fits = true;
  for (size_t i = 0; i < result_count; ++i) fits &= results[i].kind == signature.results[i];
  if (!fits) [[unlikely]]
    return caller.fail(unfit_results(signature, StoreState::of(caller.store()), results));
  for (size_t i = 0; i < result_count; ++i) slots[i] = ermine::capi::bits_of(results[i]);
  return true;
}

ermine::HostCallback callback_over_vals(HostFunc func) {
  return [func = std::move(func)](Caller& caller, std::span<const Val> args, std::span<Val> results) -> Result<void> {
    const SharedStore state = StoreState::of(caller.store());
    ermine::capi::Values in(args.size()), out(results.size());
    for (size_t i = 0; i < args.size(); ++i) in[i] = ermine::capi::from_val(state, args[i]);
    if (wasm_trap_t* trap = func.call(caller, *in.vec(), *out.vec())) return ermine::capi::take_error(trap);
    for (size_t i = 0; i < results.size(); ++i) {
      ERMINE_ASSIGN(results[i], ermine::capi::to_val(state, out[i], results[i].type()));
    }
    return {};
  };
}

}  // namespace

namespace ermine::capi {

wasm_trap_t* HostFunc::call(Caller& caller, wasm_val_vec_t args, wasm_val_vec_t results) const {
  if (plain != nullptr) return plain(&args, &results);
  if (with_env != nullptr) return with_env(env.get(), &args, &results);
  ermine_caller_t of{caller};
  return with_caller(env.get(), &of, args.data, args.size, results.data, results.size);
}

Func new_host_func(StoreRef store, const FuncType& type, HostFunc func) {
  Signature signature(type);
  if (!DirectFunc::fits(signature)) return Func::create(store, type, callback_over_vals(std::move(func)));
  return detail::make_func(
      store, {&DirectFunc::call, std::make_shared<DirectFunc>(std::move(signature), std::move(func)), type});
}
Result<void> define_host_func(Linker& linker, std::string_view module, std::string_view name, const FuncType& type,
                              HostFunc func) {
  Signature signature(type);
  if (!DirectFunc::fits(signature)) return linker.func(module, name, type, callback_over_vals(std::move(func)));
  return linker.func_raw(module, name, type, &DirectFunc::call,
                         std::make_shared<DirectFunc>(std::move(signature), std::move(func)));
}

}  // namespace ermine::capi
