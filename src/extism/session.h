// Session: a store with what a plug-in has in it: the kernel, WASI, the linked modules and the main module's instance.
// A plug-in has one, and a new one after a call of _start, which ends a WASI program. Used on the thread that runs the
// plug-in.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "ermine/instance.h"
#include "ermine/linker.h"
#include "ermine/store.h"
#include "ermine/wasi.h"
#include "extism/compiled.h"
#include "extism/kernel.h"

namespace ermine::extism {

class Session {
 public:
  // Makes the store, whose data will be `data`, with the kernel and WASI. kIo if a directory cannot be opened.
  static Result<std::unique_ptr<Session>> create(const CompiledPlugin& compiled, void* data);
  // Instantiates the linked modules, and checks that the main one's imports are there. Runs code.
  Result<void> link();
  // The instance of the main module, which the first call makes. Runs code: the start function, and those that
  // initialise the runtime of the plug-in's language.
  Result<Instance> main();
  // Gives the code that runs next the fuel and the time of a call, or only the time.
  void begin_run();
  void begin_time();
  void end_run() { store_.clear_deadline(); }

  const Store& store() const { return store_; }
  Kernel& kernel() { return *kernel_; }
  Wasi* wasi() { return wasi_ ? &*wasi_ : nullptr; }

 private:
  Session(const CompiledPlugin& compiled, void* data);
  Result<void> check_imports(const Module& module);
  void limit_memory(uint64_t present);

  const CompiledPlugin& compiled_;
  Store store_;
  Linker linker_;
  std::optional<Kernel> kernel_;
  std::optional<Wasi> wasi_;
  std::optional<Instance> main_;
};

}  // namespace ermine::extism
