// Tells the collector about references outside the heap.
//
// Precise roots are known to be references. Ambiguous ones are words that may or may not be references: the collector
// keeps the object that they would refer to, and need not know which it is, because it does not move objects.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/gc/ref.h"

namespace ermine::runtime::gc {

// Collects ambiguous words from a RootSource.
class AmbiguousRoots {
 public:
  explicit AmbiguousRoots(const View& view, uint64_t size)
      : base_(reinterpret_cast<uintptr_t>(view.base)), size_(size) {}

  // Slots of frames: a word is a reference if it equals one, zero-extended.
  void slots(const uint64_t* from, const uint64_t* to) {
    for (; from < to; ++from) slot(*from);
  }
  void slot(uint64_t word) {
    if (word < size_ && word != 0 && word % 8 == 0) exact_.push_back(static_cast<Ref>(word));
  }
  // Native stack: a word may hold a Ref in either half, or an address anywhere in an object.
  void native_words(const uintptr_t* from, const uintptr_t* to);
  // All of the calling thread's stack from here up to `high`, and its registers.
  void native_stack(uintptr_t high);

  std::vector<Ref>& exact() { return exact_; }
  std::vector<Ref>& interior() { return interior_; }

 private:
  uintptr_t base_;
  uint64_t size_;
  std::vector<Ref> exact_;     // starts of objects, or not references
  std::vector<Ref> interior_;  // somewhere in an object, or not references
};

// Collects references from a RootSource. Anything that is not an object is ignored.
class PreciseRoots {
 public:
  virtual void ref(Ref r) = 0;
  void slot(uint64_t slot) { ref(static_cast<Ref>(slot)); }

 protected:
  ~PreciseRoots() = default;
};

// Describes a finished collection.
struct Collection {
  bool full;
  uint64_t pause_ns;
  uint64_t live_bytes;
};

// Called by a heap at each collection.
class RootSource {
 public:
  virtual void ambiguous_roots(AmbiguousRoots& roots) = 0;
  virtual void precise_roots(PreciseRoots& roots) = 0;
  // Must not use the heap.
  virtual void collected(const Collection&) {}

 protected:
  ~RootSource() = default;
};

}  // namespace ermine::runtime::gc
