// The protection of every command against its modules, set up before the first byte of one is read: bounds on time,
// memory and size, and the process sandbox. The options that set it are rows of settings.def.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "ermine/engine.h"
#include "sandbox/sandbox.h"
#include "wasm/limits.h"

namespace ermine::cli {

struct Precautions {
  std::optional<std::chrono::nanoseconds> timeout;
  uint64_t max_module_size = wasm::kMaxModuleSize;
  std::optional<uint64_t> max_process_memory;
  sandbox::Mode mode = sandbox::Mode::kDefault;
  bool landlock = true, seccomp = true;

  // Sets the bounds: the first thing after the options, because even opening a file may take forever. kOk, or the exit
  // code.
  int set_bounds() const;

  // The process sandbox: after everything is opened, before anything is read. kOk, or the exit code. `engine`: it
  // compiles and runs what is read.
  int confine_to_reading() const;
  int confine_to_compiling() const;  // nothing runs, but machine code is made in executable memory
  int confine_to_running(const Engine& engine, std::span<const sandbox::Directory> directories = {},
                         const sandbox::NetworkPolicy& network = {}) const;

 private:
  int confine(sandbox::Policy policy) const;
};

}  // namespace ermine::cli
