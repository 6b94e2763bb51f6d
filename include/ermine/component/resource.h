// Resources whose type is known at run time: of a component, or of the host.
//
// component::Resource owns a resource; component::ResourceRef borrows one for a call. In typed functions they are
// own<r> and borrow<r> of any resource type r. Resources that C++ implements can be passed as what they are:
// std::unique_ptr<T> is own<t>, T& is borrow<t> (component/declare.h). Used on the thread of their store, and not after
// it.
#pragma once

#include <memory>

#include "ermine/component/value.h"
#include "ermine/result.h"

namespace ermine::component {

// Owns a resource, or nothing. Destroying it drops the resource: the destructor of the component or of the host runs.
class Resource {
 public:
  Resource() = default;
  explicit operator bool() const { return handle_ != nullptr; }

  // Drops the resource now, and says whether that failed: errors of a component's destructor. Nothing is owned
  // afterwards.
  Result<void> drop();

  // A resource of the host: what ComponentLinker::resource()'s type made it with; 0 for resources of a component.
  uint64_t rep() const;
  // The object, if it is one of this class (ComponentLinker::resource<T>()).
  template <class T>
  T* get() const;

  // As a dynamic value. Taking it out of a Value works once: kUsage if the value is no own, or its resource was passed
  // on.
  Value into_value() &&;
  static Result<Resource> from_value(const Value& value);

  // For the library's own code.
  explicit Resource(std::shared_ptr<const void> handle) : handle_(std::move(handle)) {}
  const std::shared_ptr<const void>& impl() const { return handle_; }

 private:
  std::shared_ptr<const void> handle_;
};

// Refers to a resource; valid as long as the Resource, or (as the parameter of a host function) during the call.
class ResourceRef {
 public:
  ResourceRef() = default;
  ResourceRef(const Resource& resource) : handle_(resource.impl()) {}
  explicit operator bool() const { return handle_ != nullptr; }
  uint64_t rep() const;
  template <class T>
  T* get() const;
  // As a dynamic value, a borrow.
  Value to_value() const;

  // For the library's own code.
  explicit ResourceRef(std::shared_ptr<const void> handle) : handle_(std::move(handle)) {}
  const std::shared_ptr<const void>& impl() const { return handle_; }

 private:
  std::shared_ptr<const void> handle_;
};

namespace detail {
// Its address identifies a class of the host.
template <class T>
struct ClassTag {
  static inline char tag = 0;
};
// The object of a resource of this class; null if it is of another.
void* object_of(const std::shared_ptr<const void>& handle, const void* resource_class);
}  // namespace detail

template <class T>
T* Resource::get() const {
  return static_cast<T*>(detail::object_of(handle_, &detail::ClassTag<T>::tag));
}
template <class T>
T* ResourceRef::get() const {
  return static_cast<T*>(detail::object_of(handle_, &detail::ClassTag<T>::tag));
}

}  // namespace ermine::component
