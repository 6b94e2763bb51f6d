// FunctionCode: the result of translating one function. Immutable; owned by the module's code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "runtime/context.h"

namespace ermine::ir {

struct FunctionCode {
  static constexpr uint32_t kNone = ~uint32_t{0};

  // What a try block catches, in code [start, end). Of the regions around a position, the innermost is the one that was
  // closed first.
  struct Region {
    uint32_t start = 0, end = kNone;
    uint32_t first_catch = kNone;  // chain through Catch::next, in order
    uint32_t close_order = 0;
    uint32_t depth = 0;  // of the block; the function's is 0
    uint32_t delegate_depth = kNone;  // legacy delegate: continue at regions no deeper than this
  };
  struct Catch {
    static constexpr uint32_t kAnyTag = kNone;
    uint32_t tag = kAnyTag;  // module tag index
    uint32_t target = 0;  // code index where execution continues
    uint32_t next = kNone;
    uint16_t dst = 0;  // slot of the first payload value; not stored for kAnyTag
    uint16_t ref_slot = 0;  // slot of the exception reference
    bool push_ref = false;  // whether it is used
  };
  struct Offset {
    uint32_t code;  // index of an instruction
    uint32_t offset;  // of its origin, in the module
  };

  // The origin of the instruction at a code index; 0 if it is not recorded.
  uint32_t offset_of(uint32_t index) const {
    const auto it =
        std::upper_bound(offsets.begin(), offsets.end(), index, [](uint32_t i, const Offset& o) { return i < o.code; });
    return it == offsets.begin() ? 0 : std::prev(it)->offset;
  }

  std::vector<runtime::Code> code;
  std::vector<Region> regions;
  std::vector<Catch> catches;
  std::vector<Offset> offsets;  // only if recorded; ascending by code
  bool guarded = true;  // CodeOptions::guarded
  uint32_t frame_slots = 0;
  // A bit for each slot that may hold a reference, which is a pointer or a trusted offset; empty if there is none.
  std::vector<uint64_t> ref_slots;
  bool holds_refs(uint64_t slot) const {
    return slot / 64 < ref_slots.size() && (ref_slots[slot / 64] >> (slot % 64) & 1) != 0;
  }
  uint64_t i32_slots = 0;  // of the first 64, those of parameters and locals of type i32
  uint32_t param_slots = 0;  // the slot of the caller's pc, followed by its context
};

}  // namespace ermine::ir
