// ComponentCaller: gives a host function that a component calls access to the store. Valid only during that call.
#pragma once

#include "ermine/store.h"

namespace ermine {

class ComponentCaller {
 public:
  StoreRef store() const { return StoreRef(store_); }
  // The store's user data; see StoreRef::data.
  void* data() const { return store().data(); }
  template <class T>
  T& data_as() const {
    return *static_cast<T*>(data());
  }
  // See StoreRef::consume_fuel and check_interrupt.
  Result<void> consume_fuel(uint64_t units) const { return store().consume_fuel(units); }
  Result<void> check_interrupt() const { return store().check_interrupt(); }

  // For the library's own code.
  explicit ComponentCaller(runtime::Store* store) : store_(store) {}

 private:
  runtime::Store* store_;
};

}  // namespace ermine
