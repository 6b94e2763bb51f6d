// Instance: a module instantiated in a store. A handle, valid while its store lives; used on the store's thread.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/extern.h"
#include "ermine/module.h"

namespace ermine {

namespace runtime {
class Instance;
}

class Instance {
 public:
  // Instantiates with the imports in the module's order and runs the start function. Most embedders use a
  // Linker instead. Errors: kLink, kLimit, and those of a call.
  static Result<Instance> create(StoreRef store, const Module& module, std::span<const Extern> imports);

  Module module() const;
  StoreRef store() const { return StoreRef(store_); }
  // Nothing if there is no export of this name (and kind).
  std::optional<Extern> get_export(std::string_view name) const;
  std::optional<Func> get_func(std::string_view name) const;
  std::optional<Table> get_table(std::string_view name) const;
  std::optional<Memory> get_memory(std::string_view name) const;
  std::optional<Global> get_global(std::string_view name) const;
  std::optional<Tag> get_tag(std::string_view name) const;
  // As in instance.get_typed_func<int32_t(int32_t)>("fib"). kUsage if it is not exported or has another type.
  template <class Signature>
  Result<TypedFunc<Signature>> get_typed_func(std::string_view name) const {
    ERMINE_ASSIGN(Func func, require_func(name));
    return func.typed<Signature>();
  }
  // In the module's order.
  std::vector<std::pair<std::string_view, Extern>> exports() const;
  bool operator==(const Instance& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Instance(runtime::Store* store, runtime::Instance* impl) : store_(store), impl_(impl) {}
  runtime::Instance* impl() const { return impl_; }

 private:
  Result<Func> require_func(std::string_view name) const;
  runtime::Store* store_;
  runtime::Instance* impl_;
};

}  // namespace ermine
