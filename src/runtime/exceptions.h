// Exceptions in flight. An exception is a heap object of kind exn: its tag and its payload in slots.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/context.h"
#include "runtime/table.h"

namespace ermine::runtime {

struct ExceptionView {
  const Tag* tag;
  const Slot* payload;  // valid until the next allocation
  uint32_t slots;
};

// Of ExecContext::exception, which is not 0.
ExceptionView view_exception(const ExecContext* exec);
// "uncaught exception: tag(1, -2)", for messages. The tag's name is the one in the store's modules.
std::string describe_exception(Store* store, Slot exception);

}  // namespace ermine::runtime
