// Streams, futures and error contexts as Values: what Handle::owner refers to.
#pragma once

#include "component/runtime/component_instance.h"
#include "component/runtime/scheduler.h"
#include "component/runtime/streams.h"

namespace ermine::component {

// The readable end of a stream or future on its way, of kinds kStream and kFuture.
struct StreamValue {
  mutable std::shared_ptr<SharedStream> shared;  // null: it was passed on
  Scheduler* scheduler = nullptr;
  std::shared_ptr<Waker> waker;
  // The type that it had where it comes from; null: from the host, without a type.
  std::shared_ptr<ComponentInstance> root;
  uint32_t instance = 0;
  TypeUse type;

  ~StreamValue();
};

}  // namespace ermine::component
