// Tag: the kind of an exception. A handle, valid while its store lives.
#pragma once

#include "ermine/store.h"
#include "ermine/types.h"

namespace ermine {

namespace runtime {
struct Tag;
}

class Tag {
 public:
  // Each call makes a new identity. kUsage if the type has results.
  static Result<Tag> create(StoreRef store, const TagType& type);

  TagType type() const;
  bool operator==(const Tag& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Tag(runtime::Store* store, runtime::Tag* impl) : store_(store), impl_(impl) {}
  runtime::Tag* impl() const { return impl_; }
  runtime::Store* store_impl() const { return store_; }

 private:
  runtime::Store* store_;
  runtime::Tag* impl_;
};

}  // namespace ermine
