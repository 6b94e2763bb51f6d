// MemoryImage: the effect of a module's data segments on its memories, made once and then mapped copy-on-write into
// each new instance, so that a new instance of a module with megabytes of data costs only the pages that it touches.
// Immutable; thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "platform/mapping.h"
#include "runtime/instance.h"

namespace ermine::engine {

class MemoryImage {
 public:
  // Makes an image if it has the same effect as the segments: all active segments must be in memories that the module
  // defines, at constant offsets inside their minimum size. Null if that is not the case, if the data is too small, or
  // if the system has no memory for it.
  static std::unique_ptr<const MemoryImage> create(const wasm::Module& module);

  // Maps the data into a new instance's memories. False if the system refuses: then apply the segments.
  bool map_image(runtime::Instance& instance) const;

 private:
  struct Part {
    uint32_t memory;
    uint64_t offset, size;  // of the mapped range
    platform::Image image;
  };
  std::vector<Part> parts_;
};

}  // namespace ermine::engine
