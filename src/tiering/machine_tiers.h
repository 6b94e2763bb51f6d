// MachineTiers: the machine code of a module, whichever tiers made it. Thread-safe.
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
  // Of `code`, whose part it is. `name`: the module's, for people.
  MachineTiers(const TieredCode& code, std::string_view name, const Tiers& tiers, const Policy& policy);
  ~MachineTiers();

  // Whether there is machine code of the level. Makes it, unless another thread just does (false then), or it cannot be
  // made (Function::failed).
  bool compile(Function& f, Level level);

  // What an address belongs to, be it of an instruction or of something beside the code that served a handler as pc.
  struct Found {
    Function* function = nullptr;  // null: it is none of this module's
    const MachineCode* machine = nullptr;
    Level level = kInterpreted;
  };
  Found find(const void* address) const;
  // The index of its instruction in the register code.
  uint32_t position(const Found& at, const void* address) const;

 private:
  void publish(Function& f, Level level, std::unique_ptr<const MachineCode> machine);
  void announce(const Function& f, Level level, const MachineCode& machine) const;

  const TieredCode& code_;
  const std::string_view name_;
  CodeSpace space_;
  std::vector<std::unique_ptr<NativeModule>> tiers_;  // by level, less 1
  mutable std::shared_mutex mutex_;  // guards what follows, and Function::levels
  std::map<const uint8_t*, Found> found_;  // by first byte
};

}  // namespace ermine::tiering
