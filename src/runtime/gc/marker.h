// Marker: the tracing half of a collection. Marks what it is given and everything reachable from it, with a
// stack of its own, so that lists of any length cost no native stack; large arrays are traced in chunks.
#pragma once

#include <vector>

#include "runtime/gc/offset_stack.h"
#include "runtime/gc/roots.h"
#include "runtime/gc/side_tables.h"
#include "wasm/object_header.h"
#include "wasm/type_registry.h"

namespace ermine::runtime::gc {

class Marker final : public PreciseRoots {
 public:
  Marker(SideTables& tables, const wasm::TypeRegistry& registry) : tables_(tables), registry_(registry) {}

  // `stack_entries`: of the marking stack. When it is full objects are left marked but not traced, to be
  // found by retrace().
  bool open(uint8_t* base, uint64_t stack_entries) {
    base_ = base;
    return stack_.open(stack_entries);
  }
  // Whether what is marked gets kOldBit.
  void set_generational(bool on) { old_bit_ = on ? wasm::kOldBit : 0; }

  void ref(Ref r) override {
    if (is_object(r)) mark(r);
  }
  void mark(Ref r) {
    if (tables_.mark(r) && !stack_.push(r)) [[unlikely]]
      overflowed_ = true;
  }
  // Follows the references of an object already marked.
  void trace_fields(Ref object);
  // As if it had just been found; for objects that take_overflow() tells of.
  void retrace(Ref object) { trace(object); }
  // Those in the elements [from, to) of an array of references.
  void trace_elements(Ref array, uint32_t from, uint32_t to);
  // Until nothing marked is untraced, save what take_overflow() tells.
  void drain();
  // Whether objects were marked but could not be kept for tracing; asking clears it.
  bool take_overflow() { return std::exchange(overflowed_, false); }
  void finish() { stack_.shrink(); }

 private:
  struct Chunk {
    Ref array;
    uint32_t next;
  };

  void trace(Ref object);
  void mark_lines(Ref object, uint64_t bytes);
  void trace_large_struct(Ref object, wasm::TypeId type);
  void trace_exception(Ref object);

  SideTables& tables_;
  const wasm::TypeRegistry& registry_;
  uint8_t* base_ = nullptr;
  OffsetStack stack_;
  std::vector<Chunk> chunks_;  // one for each large array begun: few
  uint32_t old_bit_ = 0;
  bool overflowed_ = false;
};

}  // namespace ermine::runtime::gc
