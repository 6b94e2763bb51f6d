#include "runtime/root_table.h"

namespace ermine::runtime {

Root* RootTable::add(Slot value) {
  Root* root = free_;
  if (root) free_ = root->next_free;
  else root = &entries_.emplace_back();
  *root = Root{value, 1, this, nullptr};
  ++live_;
  return root;
}

void RootTable::release(Root* root) {
  if (--root->count != 0) return;
  RootTable* table = root->table;
  root->value = 0;
  root->next_free = table->free_;
  table->free_ = root;
  if (--table->live_ == 0 && !table->store_) delete table;
}

void RootTable::abandon() {
  store_ = nullptr;
  for (Root& r : entries_) r.value = 0;
  if (live_ == 0) delete this;
}

}  // namespace ermine::runtime
