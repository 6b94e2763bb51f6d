// The slow paths of inline code: allocation without free space, and references stored into old objects. Plain
// functions, so that every tier can call them.
#pragma once

#include "runtime/context.h"

namespace ermine::runtime::gc {

// Makes an object of `bytes` with this header, zeroed, collecting if necessary, and leaves it in *slot, which is below
// stack_top. Zeroing large ones is done in pieces (bulk.h), so other code may have run in between.
TrapCode allocate(ExecContext* exec, uint64_t header, uint64_t bytes, Slot* slot);

// The same for code. The slots below `top`, which belongs to the frame that runs `pc`, are roots as well; the slot at
// `top` belongs to the frame too and is overwritten. The result is a Ref, or 0 in the low half and a TrapCode in the
// high.
uint64_t allocate_for_code(const Code* pc, Slot* top, Slot* fp, InstanceContext* ctx, uint64_t header, uint64_t bytes);

// A reference was stored at `offset` bytes in an object that has kOldBit. Does not collect.
void note_old_object(ExecContext* exec, Ref object, uint64_t offset);

}  // namespace ermine::runtime::gc
