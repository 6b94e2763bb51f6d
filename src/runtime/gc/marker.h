// Marker: the tracing half of a collection. Marks the given objects and everything reachable from them, with a stack of
// its own, so that lists of any length use no native stack; large arrays are traced in chunks.
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

  // `stack_entries`: size of the marking stack. When it is full, objects are marked but not traced; retrace() finds
  // them.
  bool open(uint8_t* base, uint64_t stack_entries) {
    base_ = base;
    return stack_.open(stack_entries);
  }
  // Whether marked objects get kOldBit.
  void set_generational(bool on) { old_bit_ = on ? wasm::kOldBit : 0; }

  void ref(Ref r) override {
    if (is_object(r)) mark(r);
  }
  void mark(Ref r) {
    if (tables_.mark(r) && !stack_.push(r)) [[unlikely]]
      overflowed_ = true;
  }
  // Follows the references of an object that is already marked.
  void trace_fields(Ref object);
  // As for a newly found object; for objects reported by take_overflow().
  void retrace(Ref object) { trace(object); }
  // Follows those in the elements [from, to) of an array of references.
  void trace_elements(Ref array, uint32_t from, uint32_t to);
  // Until all marked objects are traced, except those reported by take_overflow().
  void drain();
  // Whether objects were marked but could not be stored for tracing; the call clears it.
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
  std::vector<Chunk> chunks_;  // one for each unfinished large array: few
  uint32_t old_bit_ = 0;
  bool overflowed_ = false;
};

}  // namespace ermine::runtime::gc
