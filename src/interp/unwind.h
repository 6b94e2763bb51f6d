// Finding the handler of an exception.
#pragma once

#include "runtime/context.h"

namespace ermine::interp {

// Where execution goes on. Read by ermine_resume: keep the first two fields.
struct CatchTarget {
  runtime::Slot native_sp = 0;
  runtime::Slot native_register = 0;  // see kHeaderNativeRegister
  const runtime::Code* pc = nullptr;  // null: nothing catches in this entry
  runtime::Slot* fp = nullptr;
  runtime::InstanceContext* ctx = nullptr;
};

// Looks from the frame in last_* outwards for a handler of ExecContext::exception, up to the innermost
// entry from the host. If one is found, stores the payload in its frame and takes the exception.
CatchTarget find_handler(runtime::ExecContext* exec);

}  // namespace ermine::interp
