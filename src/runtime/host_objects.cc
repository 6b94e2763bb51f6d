#include "runtime/host_objects.h"

#include <string>

#include "runtime/exceptions.h"
#include "runtime/store.h"

namespace ermine::runtime {

Result<Slot> HostObjects::add(HostObject object, uint64_t limit) {
  const uint64_t bytes = bytes_ + sizeof(HostObject) + object.values.size() * sizeof(Slot);
  if (bytes > limit || objects_.size() >= (uint32_t{1} << 30)) {
    return Error(ErrorKind::kLimit, "references made by the host: " + std::to_string(bytes) +
                                        " bytes would be more than the heap's limit of " + std::to_string(limit) +
                                        "; raise StoreLimits::gc_heap_bytes or Config::max_gc_heap");
  }
  bytes_ = bytes;
  objects_.push_back(std::move(object));
  return objects_.size() * 2;
}

ExceptionView view_exception(const ExecContext* exec) {
  const HostObject& e = exec->store->host_objects.get(exec->exception);
  return {e.tag, e.values.data(), static_cast<uint32_t>(e.values.size())};
}

}  // namespace ermine::runtime
