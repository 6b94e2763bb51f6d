// ModuleCode: the code of one module for one set of CodeOptions, shared by all its instances. The tiers
// implement it; the runtime asks it what a code pointer means and how frames follow each other.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "ermine/config.h"
#include "ermine/result.h"
#include "platform/code_listener.h"
#include "runtime/context.h"
#include "wasm/module.h"

namespace ermine::runtime {

// Of all the code made for an engine's modules. Counted by any thread.
struct CodeCounters {
  std::atomic<uint64_t> compiled = 0, failed = 0, refused = 0;  // as in CodeCounts
};

// What changes the code made for a module. An engine keeps one ModuleCode a module and options.
struct CodeOptions {
  // Memory 0 has 32-bit addresses and lies in a guarded reservation that never moves (Memory::guarded), or
  // there is none. Otherwise, and for other memories always, every access is checked, and bases must be
  // read again after whatever may grow a memory: calls, memory.grow.
  bool guarded = true;
  bool fuel = false;
  bool deterministic = false;
  Tier tier = Tier::kAuto;
  uint32_t tier_up_calls = 0, tier_up_rounds = 0;  // Config's
  // Machine code is checked before it can be run (verify/verifier.h). What is refused is not compiled, and report_bug
  // is told: where, and why.
  bool verify = false;
  void (*report_bug)(void* context, std::string_view message) = nullptr;
  void* report_context = nullptr;
  platform::CodeListenerPtr listener;  // null: nobody wants to know of machine code
  std::shared_ptr<CodeCounters> counters;  // null: nobody counts
  bool operator==(const CodeOptions&) const = default;
};

// Where a code pointer comes from.
struct CodePosition {
  uint32_t func_index = 0;  // in the module's index space, imports included
  uint64_t offset = 0;  // of the instruction in the module; of the function's body if not known better
};

// A frame as it stands: the instruction that runs (in callers: the call), its slots, its instance.
struct FrameState {
  const Code* pc;
  Slot* fp;
  InstanceContext* ctx;
};

class ModuleCode {
 public:
  virtual ~ModuleCode() = default;
  ModuleCode(const ModuleCode&) = delete;
  ModuleCode& operator=(const ModuleCode&) = delete;

  const wasm::Module& module() const { return *module_; }
  const CodeOptions& options() const { return options_; }
  // By defined function index; made by the tier, stable for the object's life.
  FuncCode* func_codes() const { return func_codes_; }

  // Makes the code of every function that has none yet, machine code too where the tier makes any. Thread-safe; may be
  // called while functions run. What has been made stays if one fails.
  virtual Result<void> make_all() = 0;

  // Precondition of both: the pc is of this module's code. Callable while the code's functions run and
  // while other threads translate; from a signal handler only if it is code that was interrupted.
  virtual CodePosition locate(const Code* pc) const = 0;
  // Replaces the frame by its caller's, whose ctx may be another instance's (then ask that one's code
  // next). False, with the frame untouched, if the host entered here.
  virtual bool unwind(FrameState& frame) const = 0;
  // One past the last slot that the frame's function ever uses.
  virtual Slot* frame_end(const FrameState& frame) const = 0;

 protected:
  ModuleCode(std::shared_ptr<const wasm::Module> module, const CodeOptions& options)
      : module_(std::move(module)), options_(options) {}
  std::shared_ptr<const wasm::Module> module_;
  CodeOptions options_;
  FuncCode* func_codes_ = nullptr;
};

}  // namespace ermine::runtime
