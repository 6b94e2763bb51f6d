// OtherModules: what code needs to know of the modules that its own imports functions from, while it is made.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "tiering/policy.h"
#include "tiering/tier.h"

namespace ermine::tiering {

class TieredCode;

// Not thread-safe.
class OtherModules {
 public:
  // For code of `own`, which outlives this object, in a level.
  OtherModules(TieredCode& own, Level level) : own_(own), level_(level) {}
  OtherModules(const OtherModules&) = delete;
  OtherModules& operator=(const OtherModules&) = delete;

  // Surroundings::imported of a module; what it refers to lives as long as this object.
  ImportedFunc imported(TieredCode& importer, uint32_t func_index);

 private:
  const Surroundings& surroundings(TieredCode& code);

  TieredCode& own_;
  const Level level_;
  std::vector<std::shared_ptr<runtime::ModuleCode>> kept_;
  std::map<const TieredCode*, Surroundings> surroundings_;
};

}  // namespace ermine::tiering
