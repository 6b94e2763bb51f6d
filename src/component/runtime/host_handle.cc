// See host_handle.h.
#include "component/runtime/host_handle.h"

#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"
#include "runtime/gc/ref.h"

namespace ermine::component {

std::shared_ptr<const HostHandle> HostHandle::make(ComponentInstance& root, std::shared_ptr<const ResourceType> type,
                                                   uint64_t rep, bool own) {
  auto made = std::make_shared<HostHandle>();
  if (own && type->implementer) {
    made->root_ = root.shared_from_this();
    made->store_ = root.store().roots().add(runtime::gc::make_i31(0));
  }
  made->type = std::move(type);
  made->rep = rep;
  made->own = own;
  return made;
}

std::shared_ptr<const HostHandle> HostHandle::make_host(std::shared_ptr<const ResourceType> type, uint64_t rep) {
  auto made = std::make_shared<HostHandle>();
  made->type = std::move(type);
  made->rep = rep;
  made->own = true;
  return made;
}

HostHandle::~HostHandle() {
  if (own && live) (void)drop();
  if (store_) runtime::RootTable::release(store_);
}

Result<void> HostHandle::drop() const {
  live = false;
  if (type->implementer) {
    if (!store_->table->store() || root_->scheduler().is_ending()) return {};
    return root_->destroy_resource(*type, rep, nullptr);
  }
  return type->host_destructor ? type->host_destructor(rep) : Result<void>();
}

}  // namespace ermine::component
