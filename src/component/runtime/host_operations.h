// HostOperation: something that the host has begun and a store has not ended yet. When the store is destroyed, each of
// these is called, so that what it holds is released on the store's thread.
#pragma once

namespace ermine::component {

class ComponentInstance;
class Scheduler;

class HostOperation {
 public:
  HostOperation() = default;
  HostOperation(const HostOperation&) = delete;
  HostOperation& operator=(const HostOperation&) = delete;
  virtual ~HostOperation() { unregister(); }

  void register_at(Scheduler& scheduler);
  void unregister();
  // The store is being destroyed. It is unregistered already.
  virtual void end_with_store() = 0;
  // A task of this component has failed: the calls of the host into it are over.
  virtual void component_failed(const ComponentInstance&) {}

 private:
  friend class Scheduler;
  HostOperation** link_ = nullptr;  // that points to this one; null: not registered
  HostOperation* next_ = nullptr;
};

}  // namespace ermine::component
