// ModuleCode: the code of one module for one set of CodeOptions, shared by all its instances. The tiers implement it;
// the runtime uses it to map a code pointer to a function and to walk frames.
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

// Counts all the code made for an engine's modules, by any thread.
struct CodeCounters {
  std::atomic<uint64_t> compiled = 0, failed = 0, refused = 0;  // as in CodeCounts
};

// Options that change the code made for a module. An engine keeps one ModuleCode per module and options.
struct CodeOptions {
  // All memories with 32-bit addresses and pages of 64 KiB lie in guarded reservations that never move
  // (Memory::guarded), and accesses to them need no check. Otherwise, and for other memories always, every access is
  // checked, and bases must be read again after anything that may grow a memory: calls, memory.grow.
  bool guarded = true;
  // Config's, by the same names.
  bool consume_fuel = false;
  Tier tier = Tier::kAuto;
  uint32_t tier_up_calls = 0, tier_up_rounds = 0, optimize_after = 0, opt_level = 0;
  // Machine code is checked before it can be run (verify/verifier.h). Refused code is not used, and report_bug is
  // called with the position and the reason.
  bool verify_code = false;
  void (*report_bug)(void* context, std::string_view message) = nullptr;
  // Called if code is not as fast as it was asked to be, for a reason that is not a bug.
  void (*warn)(void* context, std::string_view message) = nullptr;
  void* report_bug_context = nullptr;  // for both
  platform::CodeListenerPtr listener;  // null: no profiler or debugger was requested
  std::shared_ptr<CodeCounters> counters;  // null: not counted
  bool operator==(const CodeOptions&) const = default;
};

// The origin of a code pointer.
struct CodePosition {
  uint32_t func_index = 0;  // in the module's index space, imports included
  uint64_t offset = 0;  // of the instruction in the module; of the function's body if the instruction is not known
};

// The state of a frame: the running instruction (in callers: the call), its slots, its instance.
struct FrameState {
  const Code* pc;
  Slot* fp;
  InstanceContext* ctx;
};

class ModuleCode : public std::enable_shared_from_this<ModuleCode> {
 public:
  virtual ~ModuleCode() = default;
  ModuleCode(const ModuleCode&) = delete;
  ModuleCode& operator=(const ModuleCode&) = delete;

  const wasm::Module& module() const { return *module_; }
  const CodeOptions& options() const { return options_; }
  // By defined function index; made by the tier, stable for the object's life.
  FuncCode* func_codes() const { return func_codes_; }

  // Makes the code of every function that has none yet, machine code too if the tier makes any. Thread-safe; may be
  // called while functions run. If one fails, the code made so far is kept.
  virtual Result<void> make_all() = 0;

  // Precondition of both: the pc is in this module's code. May be called while the code's functions run and while other
  // threads translate; from a signal handler only if it interrupted code.
  virtual CodePosition locate(const Code* pc) const = 0;
  // Replaces the frame by its caller's, whose ctx may belong to another instance (then call that instance's code next).
  // False, with the frame unchanged, if the host is the caller.
  virtual bool unwind(FrameState& frame) const = 0;
  // One past the last slot that the frame's function can use.
  virtual Slot* frame_end(const FrameState& frame) const = 0;

 protected:
  ModuleCode(std::shared_ptr<const wasm::Module> module, const CodeOptions& options)
      : module_(std::move(module)), options_(options) {}
  std::shared_ptr<const wasm::Module> module_;
  CodeOptions options_;
  FuncCode* func_codes_ = nullptr;
};

}  // namespace ermine::runtime
