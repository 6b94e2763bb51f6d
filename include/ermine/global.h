// Global: a global variable. A handle, valid while its store lives; used on the store's thread.
#pragma once

#include "ermine/value.h"

namespace ermine {

namespace runtime {
struct Global;
}

class Global {
 public:
  // kUsage if the value's type does not fit.
  static Result<Global> create(StoreRef store, const GlobalType& type, const Val& init);

  GlobalType type() const;
  Val get() const;
  // kUsage if the global is immutable or the value's type does not fit.
  Result<void> set(const Val& value) const;
  bool operator==(const Global& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Global(runtime::Store* store, runtime::Global* impl) : store_(store), impl_(impl) {}
  runtime::Global* impl() const { return impl_; }
  runtime::Store* store_impl() const { return store_; }

 private:
  runtime::Store* store_;
  runtime::Global* impl_;
};

}  // namespace ermine
