// HostHandle: what the host's handle of a resource refers to (Handle::owner of a Value, Resource of the public API).
#pragma once

#include <memory>

#include "component/runtime/handles.h"

namespace ermine::component {

struct HostHandle {
  // Keeps `root`, which the handle comes from, and by that the instance that implements the type.
  static std::shared_ptr<const HostHandle> make(ComponentInstance& root, std::shared_ptr<const ResourceType> type,
                                                uint64_t rep, bool own);
  // A resource of the host that no instance has had yet.
  static std::shared_ptr<const HostHandle> make_host(std::shared_ptr<const ResourceType> type, uint64_t rep);

  HostHandle() = default;
  HostHandle(const HostHandle&) = delete;
  HostHandle& operator=(const HostHandle&) = delete;
  // Drops an own that is still live.
  ~HostHandle();
  // Drops an own, if the store still exists.
  Result<void> drop() const;

  std::shared_ptr<const ResourceType> type;
  uint64_t rep = 0;
  bool own = false;
  mutable bool live = true;  // false: it was passed on or dropped, or the call that lent it has ended

 private:
  std::shared_ptr<ComponentInstance> root_;
  runtime::Root* store_ = nullptr;  // its table says whether the store still exists; null: it does not matter
};

}  // namespace ermine::component
