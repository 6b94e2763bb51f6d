// RootTable: references held by the host. Each entry is reference-counted, so that the embedder's handles can be
// copied; the collector treats every live entry as a root. Entries have stable addresses. The table lives until its
// store and all its entries are gone; used on the store's thread.
#pragma once

#include <cstdint>
#include <deque>

#include "runtime/context.h"

namespace ermine::runtime {

class RootTable;

struct Root {
  Slot value;          // a gc::Ref; 0 after the store is destroyed
  uint32_t count;      // 0: free
  RootTable* table;
  Root* next_free;
};

class RootTable {
 public:
  explicit RootTable(Store* store) : store_(store) {}

  Store* store() const { return store_; }  // null after it is destroyed
  // With a count of one. Precondition: value != 0.
  Root* add(Slot value);
  static void retain(Root* root) { ++root->count; }
  static void release(Root* root);
  // Called by the store when it is destroyed.
  void abandon();

  template <class F>
  void for_each(F&& visit) {
    for (Root& r : entries_)
      if (r.count != 0) visit(r.value);
  }

 private:
  ~RootTable() = default;
  Store* store_;
  std::deque<Root> entries_;
  Root* free_ = nullptr;
  uint64_t live_ = 0;
};

}  // namespace ermine::runtime
