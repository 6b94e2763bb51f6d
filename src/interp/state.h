// State: the machine's state for a step (step.h), by reference where steps change it.
#pragma once

#include "interp/handler.h"

namespace ermine::interp {

struct State {
  const Code*& pc;
  Slot* fp;
  InstanceContext* ctx;
  uint8_t*& mem;
  uint64_t& r0;
  float& s0;
  double& d0;
};

}  // namespace ermine::interp
