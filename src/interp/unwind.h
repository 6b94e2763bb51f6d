// Finds the handler of an exception.
#pragma once

#include "runtime/context.h"

namespace ermine::interp {

// Where execution continues. ermine_resume reads it: keep the first two fields.
struct CatchTarget {
  runtime::Slot native_sp = 0;
  runtime::Slot native_register = 0;  // see kHeaderNativeRegister
  const runtime::Code* pc = nullptr;  // null: not caught in this entry
  runtime::Slot* fp = nullptr;
  runtime::InstanceContext* ctx = nullptr;
};

// Searches from the frame in last_* outwards for a handler of ExecContext::exception, up to the innermost entry from
// the host. If there is one, stores the payload in its frame and clears the exception.
CatchTarget find_handler(runtime::ExecContext* exec);

}  // namespace ermine::interp
