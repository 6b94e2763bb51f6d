// Table: a table of references. A handle, valid while its store lives; used on the store's thread.
#pragma once

#include <cstdint>

#include "ermine/value.h"

namespace ermine {

namespace runtime {
class Table;
}

class Table {
 public:
  // All elements are initialised to `init`, whose type must fit. kLimit beyond the store's limits.
  static Result<Table> create(StoreRef store, const TableType& type, const Val& init);

  TableType type() const;
  uint64_t size() const;  // elements
  // kTrap (kTableOutOfBounds) beyond the size.
  Result<Val> get(uint64_t index) const;
  // Also kUsage if the value's type does not fit, or it belongs to another store.
  Result<void> set(uint64_t index, const Val& value) const;
  // Returns the size before. kLimit beyond the maximum or the store's limits.
  Result<uint64_t> grow(uint64_t delta, const Val& init) const;
  bool operator==(const Table& o) const { return impl_ == o.impl_; }

  // For the library's own code.
  Table(runtime::Store* store, runtime::Table* impl) : store_(store), impl_(impl) {}
  runtime::Table* impl() const { return impl_; }
  runtime::Store* store_impl() const { return store_; }

 private:
  runtime::Store* store_;
  runtime::Table* impl_;
};

}  // namespace ermine
