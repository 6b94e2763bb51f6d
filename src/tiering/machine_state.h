// Where code of all modules that does not keep the frame and the context in the registers of handlers keeps them: for
// the handler of faults, which knows only the address of the faulting instruction. Thread-safe.
#pragma once

#include <cstdint>

#include "runtime/trap_handler.h"
#include "tiering/tier.h"

namespace ermine::tiering {

// While the code exists; it does not move.
void remember_state(const MachineCode& code);
void forget_state(const uint8_t* begin);

// TrapRegion::find_state; also stores the headers of frames of inlined functions. May run in a signal handler that has
// interrupted such code, since the lock is never held by code that is interrupted there.
bool find_state(const platform::FaultContext& fault, runtime::Slot** fp, runtime::InstanceContext** ctx);

}  // namespace ermine::tiering
