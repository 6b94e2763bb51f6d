#include "runtime/table.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/format.h"
#include "wasm/limits.h"

namespace ermine::runtime {

uint64_t Table::max_elements() const {
  return std::min<uint64_t>(wasm::kMaxTableElems, type_.limits.max.value_or(~uint64_t{0}));
}

Result<std::unique_ptr<Table>> Table::create(const wasm::TableType& type, Slot init) {
  const uint64_t size = type.limits.min;
  if (size > wasm::kMaxTableElems) {
    return Error(ErrorKind::kLimit, base::format("a table of {} elements is larger than the {} that are supported",
                                                 size, wasm::kMaxTableElems));
  }
  std::unique_ptr<Table> table(new Table(type));
  // Large zeroed blocks come from the system untouched.
  table->view_.elements = static_cast<Slot*>(std::calloc(size + 1, sizeof(Slot)));
  if (!table->view_.elements)
    return Error(ErrorKind::kLimit, base::format("no memory for a table of {} elements", size));
  if (init != 0) std::fill_n(table->view_.elements, size, init);
  table->view_.size = table->capacity_ = size;
  return table;
}

Table::~Table() { std::free(view_.elements); }

std::optional<uint64_t> Table::grow(uint64_t delta, Slot init) {
  const uint64_t old_size = view_.size;
  const uint64_t most = max_elements();
  if (delta > most || old_size > most - delta) return std::nullopt;
  const uint64_t new_size = old_size + delta;
  if (new_size > capacity_) {
    const uint64_t capacity = std::min(most, std::max(new_size, capacity_ * 2));
    auto* elements = static_cast<Slot*>(std::realloc(view_.elements, (capacity + 1) * sizeof(Slot)));
    if (!elements) return std::nullopt;
    view_.elements = elements;
    capacity_ = capacity;
  }
  std::fill(view_.elements + old_size, view_.elements + new_size, init);
  view_.elements[new_size] = 0;
  view_.size = new_size;
  return old_size;
}

}  // namespace ermine::runtime
