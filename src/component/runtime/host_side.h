// HostSide: what a Cursor of the public API is: a component instance with the options of a lift or lower, and the
// classes of the host in one function. See ermine/component/detail/cursor.h.
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "component/runtime/host_types.h"
#include "ermine/component/detail/cursor.h"

namespace ermine::component {

struct HostHandle;

// The parts of one side, looked up once. They exist as long as the store.
struct SideParts {
  SideParts() = default;
  SideParts(ComponentInstance& root, const PlanOptions& options);

  StringEncoding encoding = StringEncoding::kUtf8;
  AddressType address = AddressType::k32;
  runtime::Memory* memory = nullptr;
  runtime::FuncRef* realloc = nullptr;
};

class HostSide final : public detail::Cursor {
 public:
  // `function` is for messages.
  HostSide(ComponentInstance& root, uint32_t instance, const SideParts& parts, const HostTypes& types,
           std::string_view function);

  // After code of a guest ran.
  void see_memory();
  // Of borrows that were lifted: they mean nothing from now on.
  void end_borrows();
  // Of a stream whose elements are dynamic values: what they are in this side.
  void set_element(TypeUse element, const PlanOptions& options) {
    element_ = element;
    options_ = &options;
  }

  // Bytes of the component's memory: of strings and lists that were written into it, and read from it.
  uint64_t stored = 0, lifted = 0;

  ComponentInstance& root() const { return root_; }
  InstanceState& state() const { return root_.state(instance_); }
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  friend class detail::Cursor;
  bool charge(uint64_t bytes);
  const ResourceType* type_of(const void* resource_class) const;
  TypeUse type_of_stream(const detail::TypeShape* shape) const;
  template <class T>
  bool keep(const Result<T>& result);

  ComponentInstance& root_;
  const SideParts& parts_;
  const HostTypes& types_;
  std::string_view function_;
  uint32_t instance_;
  Error error_;
  std::vector<std::shared_ptr<const HostHandle>> borrows_;
  TypeUse element_;
  const PlanOptions* options_ = nullptr;
  std::unique_ptr<std::deque<std::string>> texts_;  // that views refer to
};

}  // namespace ermine::component
