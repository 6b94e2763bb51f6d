// MemoryImage: what the data segments of a module write into its memories, made once and then shown to
// each new instance copy-on-write, so that a fresh instance of a module with megabytes of data costs only
// the pages that it touches. Immutable; thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "platform/mapping.h"
#include "runtime/instance.h"

namespace ermine::engine {

class MemoryImage {
 public:
  // Whether the module's data is such that an image is the same as applying the segments: all active
  // segments are in memories of the module's own, at constant places inside their minimum size. Null if
  // not, if it is too little to be worth it, or if the system gives no memory for it.
  static std::unique_ptr<const MemoryImage> create(const wasm::Module& module);

  // Shows the data in a fresh instance's memories. False if the system refuses: then apply the segments.
  bool map_image(runtime::Instance& instance) const;

 private:
  struct Part {
    uint32_t memory;
    uint64_t offset, size;  // of the range that is shown
    platform::Image image;
  };
  std::vector<Part> parts_;
};

}  // namespace ermine::engine
