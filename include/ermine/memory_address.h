// Whether a pointer into a memory stays valid.
#pragma once

#include "ermine/memory.h"

namespace ermine {

// Whether growing may move the bytes. A memory for which it is false keeps its address as long as its store lives.
bool may_move(const Memory& memory);

}  // namespace ermine
