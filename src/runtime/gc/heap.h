// Heap: a store's collected heap.
//
// A mark-region collector after Immix: objects of up to 8 KiB are allocated one after the other in free lines (128
// bytes) of blocks (32 KiB); larger ones have pages of their own. Objects never move, because native frames and value
// stacks are searched for words that may be references. Marking is generational with sticky marks: a minor collection
// keeps the objects that survived an earlier one and traces only those allocated since, from the roots and from old
// objects that were stored into (see barrier()); a full one traces everything.
//
// A heap costs nothing until it is first used. Its references lie below max_bytes (at most 4 GiB), which is the limit
// on its size. Allocation fails, with kNull, when a full collection leaves no free space, or repeatedly almost none;
// nothing else fails, and nothing aborts. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/gc/marker.h"
#include "runtime/gc/object.h"
#include "runtime/gc/offset_stack.h"
#include "runtime/gc/ref.h"
#include "runtime/gc/roots.h"
#include "runtime/gc/side_tables.h"
#include "runtime/gc/space.h"

namespace ermine::runtime::gc {

struct HeapOptions {
  uint64_t max_bytes = uint64_t{1} << 30;
  bool generational = true;
  // Collects at every allocation, minor and full alternately: for tests.
  bool stress = false;
  // Entries of the marking stack; 0: the default. For tests of its overflow.
  uint64_t mark_stack = 0;
};

struct HeapStats {
  uint64_t minor = 0, full = 0;              // collections
  uint64_t pause_ns = 0, max_pause_ns = 0;   // total and longest
  uint64_t allocated_bytes = 0;              // since the start
  uint64_t live_bytes = 0;                   // after the last collection, whole lines
};

// Called with `env` when the object is found dead, or the heap is destroyed. Must not use the heap.
using Finalizer = void (*)(void* env);

class Heap {
 public:
  // `view` is the heap's state for running code; it, `registry` and `roots` outlive the heap.
  Heap(View& view, const wasm::TypeRegistry& registry, RootSource& roots, const HeapOptions& options);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  // --- Allocation. kNull: no free space (TrapCode::kGcHeapExhausted). May collect: references that are not in a root,
  // and pointers into the heap, are then invalid. All memory is zero except for the header.
  // Precondition: bytes == object_bytes(header).
  Ref allocate(uint64_t header, uint64_t bytes) {
    Ref at;
    if (bytes > kMaxBlockObject || !allocate_in_block(view_, header, bytes, &at)) [[unlikely]]
      return allocate_slow(header, bytes);
    return at;
  }
  Ref allocate_slow(uint64_t header, uint64_t bytes, bool zeroed = true);
  Ref new_struct(const wasm::TypeDef& type) { return allocate(type.object_header, type.size); }
  // Precondition: bytes of such an array <= max_object_bytes().
  Ref new_array(const wasm::TypeDef& type, uint32_t length) {
    const uint64_t header = type.object_header | uint64_t{length} << 32;
    return allocate(header, wasm::array_bytes(wasm::header_shape(header), length));
  }
  // A large object in steps, because zeroing gigabytes takes long and other code may run in between. At first it is an
  // object of `bytes` without references whose memory is not initialised; zero() is called for all of it, in ranges
  // that begin and end at pages (the last one at the object's end); then finish() makes it the final object. Until then
  // a root keeps it like any other object, but nothing may access it.
  // Precondition: bytes > kMaxBlockObject, and they are the size of such an object.
  Ref begin_large(uint64_t bytes) {
    return allocate_slow(wasm::make_object_header(wasm::kNoType, wasm::Shape::kArray1,
                                                  static_cast<uint32_t>(bytes - wasm::kObjectHeaderSize)),
                         bytes, false);
  }
  void zero(Ref object, uint64_t from, uint64_t bytes);
  void finish_large(Ref object, uint64_t header) {
    store_header(view_.base, object, header | (load_header(view_.base, object) & wasm::kOldBit));
  }
  // A host value. `finalizer` may be null; it is called immediately if there is no free space.
  Ref new_extern(uint64_t payload, Finalizer finalizer = nullptr, void* env = nullptr);
  // The payload must be filled in before the next allocation.
  Ref new_exception(const Tag* tag);
  // An array that no heap of this size could hold even when empty fails with kAllocationTooLarge.
  uint64_t max_object_bytes() const { return options_.max_bytes; }

  // --- Access
  uint8_t* at(Ref object) const { return view_.base + object; }
  const wasm::TypeRegistry& registry() const { return registry_; }
  // Must be called when references were stored into [field, field + bytes) of an object that may be old.
  void barrier(Ref object, const uint8_t* field, uint64_t bytes) {
    uint32_t low;
    std::memcpy(&low, view_.base + object, sizeof low);
    if (low & wasm::kOldBit) [[unlikely]]
      remember(object, field, bytes);
  }
  void store_ref(Ref object, uint8_t* field, Ref value) {
    std::memcpy(field, &value, sizeof value);
    barrier(object, field, sizeof value);
  }

  // --- Collection
  void collect(bool full);
  HeapStats stats() const {
    HeapStats stats = stats_;
    stats.allocated_bytes += young_bytes_ - (hole_limit_ - view_.cursor) - (overflow_.limit - overflow_.cursor);
    return stats;
  }
  uint64_t used_bytes() const { return space_.used_bytes(); }

  // A reference that C++ code holds while it allocates. Destroyed in reverse order of construction.
  class Local {
   public:
    Local(Heap& heap, Ref ref) : heap_(heap), outer_(heap.locals_), ref_(ref) { heap.locals_ = this; }
    ~Local() { heap_.locals_ = outer_; }
    Local(const Local&) = delete;
    Local& operator=(const Local&) = delete;
    Ref get() const { return ref_; }
    void set(Ref ref) { ref_ = ref; }

   private:
    friend class Heap;
    Heap& heap_;
    Local* outer_;
    Ref ref_;
  };

 private:
  struct Hole {
    uint32_t cursor = 0, limit = 0;
  };
  struct Block {
    uint16_t free_lines;
    bool fresh;  // allocated into since the last collection
  };
  struct Finalizable {
    Ref object;
    Finalizer finalizer;
    void* env;
  };

  bool open();
  // Allocation, in heap_allocate.cc.
  Ref try_allocate(uint64_t bytes, bool zeroed);
  Ref try_allocate_large(uint64_t bytes, bool zeroed);
  bool next_hole(uint32_t min_lines);
  bool scan_block(uint32_t min_lines);
  void take_hole(Hole& hole, uint32_t begin, uint32_t end);
  uint32_t new_block();
  bool new_overflow_hole(uint64_t bytes);
  void set_hole(Hole hole);
  Hole current_hole() const { return {view_.cursor, hole_limit_}; }
  void retire(Hole& hole);
  void touch(uint32_t block);
  // Collection, in heap_collect.cc.
  void remember(Ref object, const uint8_t* field, uint64_t bytes);
  void find_ambiguous(AmbiguousRoots& roots, bool full);
  bool judge_ambiguous(Ref word, bool interior, bool full);
  void find_in_hole(uint32_t hole, const std::vector<Ref>& words, size_t& next, bool interior);
  Ref find_interior(uint32_t word);
  void prepare_full();
  void prepare_minor();
  void trace_remembered();
  void trace_dirty_cards(Ref array);
  void recover_from_overflow();
  void sweep_blocks(bool full);
  void sweep_large();
  std::vector<Finalizable> take_dead();
  bool wants_full() const;
  void set_budgets(bool full, uint64_t live_before);

  View& view_;
  const wasm::TypeRegistry& registry_;
  RootSource& roots_;
  HeapOptions options_;
  HeapStats stats_;

  Space space_;
  SideTables tables_;
  Marker marker_;
  uint32_t hole_limit_ = 0;  // of the current hole; view_.limit except under stress
  Hole overflow_;  // for objects that did not fit the current hole but are larger than a line
  struct OverflowSearch {
    size_t block = 0;  // index in blocks_
    uint32_t line = 0;
  };
  OverflowSearch overflow_search_[7];  // by log2 of the number of lines, since the last collection
  uint32_t scan_at_ = 0;  // next line to search in the block being filled; 0: none
  std::vector<uint32_t> blocks_;  // in use, by offset
  // Blocks with fewer free lines are used last: filling many small holes is slow and scatters related objects.
  static constexpr uint32_t kRecyclableLines = 16;
  std::vector<uint32_t> recyclable_;  // of these, with free lines and not used since the last collection
  std::vector<uint32_t> fresh_;
  std::vector<Block> block_info_;
  std::vector<Ref> large_;
  std::vector<Finalizable> finalizable_;
  std::vector<Ref> found_;  // ambiguous roots that are objects, during a collection
  OffsetStack log_;  // old objects stored into, their kOldBit cleared
  std::vector<Ref> large_log_;  // old large arrays with dirty cards
  bool log_full_ = false;  // the next collection must be a full one
  uint64_t young_bytes_ = 0;  // allocated since the last collection
  uint64_t young_budget_ = 0;  // collect when they exceed it
  uint64_t full_trigger_ = 0;  // live bytes that trigger a full collection
  bool mostly_survive_ = false;  // whether the new objects did so at the last minor collection
  unsigned futile_ = 0;  // full collections in a row that freed almost nothing
  Local* locals_ = nullptr;
  uint64_t stress_count_ = 0;
};

}  // namespace ermine::runtime::gc
