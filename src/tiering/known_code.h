// Machine code of all modules, by its address, for what knows no more than that. Thread-safe. Of code
// - that does not keep the frame and the context in the registers of handlers: for the handler of faults;
// - that functions of other instances are inlined in: their frames belong to another module than the code.
#pragma once

#include <cstdint>

#include "runtime/trap_handler.h"
#include "tiering/tier.h"

namespace ermine::tiering {

// While the code exists; it does not move.
void remember_code(const MachineCode& code);
void forget_code(const uint8_t* begin);

// TrapRegion::find_state; also stores the headers of frames of inlined functions. May run in a signal handler that has
// interrupted such code, since the lock is never held by code that is interrupted there.
bool find_state(const platform::FaultContext& fault, runtime::Slot** fp, runtime::InstanceContext** ctx);

// The code that runs at an address in it or in the data behind it. Null: none that is remembered.
const MachineCode* find_code(const void* address);

}  // namespace ermine::tiering
