// MachineTiers: the machine code of a module, from all tiers. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "tiering/code_space.h"
#include "tiering/function.h"

namespace ermine::tiering {

class TieredCode;
struct Tiers;

class MachineTiers {
 public:
  // A part of `code`. `name`: the module's, for messages.
  MachineTiers(TieredCode& code, std::string_view name, const Tiers& tiers, const Policy& policy);
  ~MachineTiers();

  // Whether there is machine code of the level. Makes it, unless another thread is making it (then false), or it cannot
  // be made (has_failed). `entry`: 0, or the loop that the code is entered at, if the level's tier has such code.
  bool compile(Function& f, Level level, uint32_t entry = 0);
  bool has_failed(const Function& f, Level level, uint32_t entry) const;
  // Whether code of the level is entered at loops through code of its own.
  bool has_loop_code(Level level) const { return has_loop_code_[level - 1]; }
  // Whether functions may come to a level whose code others are inlined in.
  bool inlines() const { return inlines_; }
  // The entry at a loop in such code; null if there is none yet.
  const runtime::Code* loop_entry(const Function& f, uint32_t index) const;

  // The function of an address in its machine code, or of data beside the code that a handler used as its pc.
  struct Found {
    Function* function = nullptr;  // null: it is in none of this module's
    const MachineCode* machine = nullptr;
    Level level = kInterpreted;
  };
  Found find(const void* address) const;
  // Its position (MachineCode::Position).
  uint32_t position(const Found& at, const void* address) const;

  // CodeSpace's; null: there is no space.
  const uint8_t* call_table() { return space_.call_table().data(); }
  const uint8_t* register_table() { return space_.register_table().data(); }

 private:
  void publish(Function& f, Level level, uint32_t entry, std::unique_ptr<const MachineCode> machine);
  const LoopCell* cell(Function& f, uint32_t index);
  void announce(const Function& f, Level level, const MachineCode& machine) const;

  TieredCode& code_;
  const std::string_view name_;
  CodeSpace space_;
  std::vector<std::unique_ptr<NativeModule>> tiers_;  // by level, less 1
  std::vector<bool> has_loop_code_;  // the same
  bool inlines_ = false;
  mutable std::shared_mutex mutex_;  // guards the members below, and those of Function that are for this class
  std::map<const uint8_t*, Found> found_;  // by first byte
  std::vector<const uint8_t*> known_;  // the code that is remembered (known_code.h), by first byte
};

}  // namespace ermine::tiering
