// HostObjects: what the host puts behind references: external values and exceptions. A reference is an even
// number (odd ones are i31), so that all references fit in 32 bits. Objects live as long as their store,
// and count against the limit of its heap.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "ermine/result.h"
#include "runtime/context.h"
#include "runtime/table.h"

namespace ermine::runtime {

struct HostObject {
  uint64_t payload = 0;           // external values
  std::shared_ptr<void> object;   // the same, where the host shares it
  const Tag* tag = nullptr;       // exceptions
  std::vector<Slot> values;       // their payload
};

class HostObjects {
 public:
  static constexpr bool is_i31(Slot ref) { return ref & 1; }

  // kLimit when `limit` bytes are used up.
  Result<Slot> add(HostObject object, uint64_t limit);
  // Precondition: `ref` came from add().
  const HostObject& get(Slot ref) const { return objects_[ref / 2 - 1]; }
  uint64_t bytes() const { return bytes_; }

 private:
  std::deque<HostObject> objects_;
  uint64_t bytes_ = 0;
};

}  // namespace ermine::runtime
