#include "runtime/exceptions.h"

#include "runtime/gc/object.h"

namespace ermine::runtime {

ExceptionView view_exception(const ExecContext* exec) {
  const auto object = static_cast<gc::Ref>(exec->exception);
  uint8_t* const base = exec->heap.base;
  return {gc::exception_tag(base, object), reinterpret_cast<const Slot*>(gc::exception_payload(base, object)),
          gc::exception_slots(base, object)};
}

}  // namespace ermine::runtime
