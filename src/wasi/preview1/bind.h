// Binds the table of functions (functions.h) to a Linker.
#pragma once

#include "ermine/linker.h"
#include "ermine/module.h"
#include "ermine/wasi.h"
#include "wasi/preview1/call.h"

namespace ermine::wasi::preview1 {

// Where a call's Context comes from: a fixed one, or the store's.
struct ContextSource {
  std::shared_ptr<Context> fixed = nullptr;
  Wasi::Find find = nullptr;
  std::shared_ptr<void> find_context = nullptr;
  Context* get(Caller& caller) const {
    if (fixed) [[likely]]
      return fixed.get();
    Wasi* wasi = find(find_context.get(), caller);
    return wasi == nullptr ? nullptr : wasi->impl().get();
  }
};

// What a trace shows of a call beside its name and answer.
struct Trace {
  std::string inputs, outputs;
};

// A function as the linker has it: the environment of its host function. `invoke` loads the parameters from the slots,
// checks them and runs the function; `trace` is null unless one is wanted.
struct WasiImport {
  const char* name;
  ContextSource source;
  Errno (*invoke)(Call& call, const uint64_t* slots, Trace* trace);
  bool counts_fuel;  // the stores that call it do
};

// The host function of every WasiImport: finds the context, answers, goes on waiting after interruptions, traces, pays.
bool call_general(void* wasi_import, RawCall& host_call, uint64_t* slots);
// The end of a call that has answered, where bytes were moved: pays for them if that is to be done.
[[gnu::cold]] bool pay(RawCall& host_call, uint64_t bytes);
[[gnu::always_inline]] inline bool pay_if_counted(const WasiImport& wasi_import, RawCall& host_call, uint64_t bytes) {
  if (wasi_import.counts_fuel) [[unlikely]]
    return pay(host_call, bytes);
  return true;
}

// Only what `module` imports if one is given.
Result<void> define_all(Linker& linker, ContextSource source, const Module* module = nullptr);

}  // namespace ermine::wasi::preview1
