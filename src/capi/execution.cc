// Calls that can be suspended (ermine.h).
#include "capi/objects.h"

using ermine::Execution;
using ermine::Result;
using ermine::Val;
using ermine::capi::succeeded;

struct ermine_execution_t {
  ermine::capi::SharedStore store;
  Execution execution;  // ends before the store
};

extern "C" {

ermine_execution_t* ermine_execution_new(const wasm_func_t* func, const wasm_val_vec_t* args) {
  const std::vector<ermine::ValType>& params = func->signature().type.params;
  std::vector<Val> values;
  for (size_t i = 0; args != nullptr && i < args->size && i < params.size(); ++i) {
    Result<Val> value = ermine::capi::to_val(func->store, args->data[i], params[i]);
    if (!succeeded(value)) return nullptr;
    values.push_back(*std::move(value));
  }
  Result<Execution> made = Execution::create(func->get<ermine::Func>(), values);
  return succeeded(made) ? new ermine_execution_t{func->store, *std::move(made)} : nullptr;
}
void ermine_execution_delete(ermine_execution_t* execution) { delete execution; }
wasm_trap_t* ermine_execution_run(ermine_execution_t* execution) {
  Result<Execution::State> state = execution->execution.run();
  return state ? nullptr : ermine::capi::new_trap(execution->store, std::move(state).error());
}
ermine_execution_state_t ermine_execution_state(const ermine_execution_t* execution) {
  return static_cast<ermine_execution_state_t>(execution->execution.state());
}
void ermine_execution_results(const ermine_execution_t* execution, wasm_val_vec_t* out) {
  const std::span<const Val> results = execution->execution.results();
  wasm_val_vec_new_uninitialized(out, results.size());
  for (size_t i = 0; i < results.size(); ++i) out->data[i] = ermine::capi::from_val(execution->store, results[i]);
}

}  // extern "C"
