// CallData: the arguments and the result of a call of an asynchronous function, as the library sees them.
#pragma once

#include <cstdint>
#include <memory>

#include "ermine/component/detail/cursor.h"

namespace ermine::component::detail {

struct CallData {
  std::shared_ptr<void> data;
  // When the call starts, and when it returns; each false after an error, which the cursor keeps. `slots` are the core
  // values, of which there are at most Cursor::max_flat_params and max_flat_results, or a pointer.
  bool (*lower)(void* data, Cursor& cursor, uint64_t* slots) = nullptr;
  bool (*lift)(void* data, Cursor& cursor, const uint64_t* slots) = nullptr;
};

}  // namespace ermine::component::detail
