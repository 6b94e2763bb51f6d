#include "runtime/gc/marker.h"

#include <cstring>

#include "runtime/gc/object.h"
#include "runtime/table.h"

namespace ermine::runtime::gc {

using wasm::Shape;

namespace {
// Elements of an array that are traced at a time.
constexpr uint32_t kChunk = 2048;
// Objects that are being prefetched between being popped and being read.
constexpr unsigned kPrefetched = 8;
}  // namespace

void Marker::mark_lines(Ref object, uint64_t bytes) {
  // Larger ones have pages of their own.
  if (bytes > kMaxBlockObject) return;
  uint8_t* line = tables_.lines_of(object);
  const uint8_t* last = tables_.lines_of(static_cast<uint32_t>(object + bytes - 1));
  for (; line <= last; ++line) *line = kLineLive;
}

void Marker::trace(Ref object) {
  const uint64_t header = load_header(base_, object);
  mark_lines(object, wasm::object_bytes(header));
  if (old_bit_) store_header(base_, object, header | old_bit_);
  trace_fields(object);
}

void Marker::trace_fields(Ref object) {
  const uint64_t header = load_header(base_, object);
  switch (wasm::header_shape(header)) {
    case Shape::kStruct: {
      const uint8_t* fields = base_ + object + wasm::kObjectHeaderSize;
      for (uint32_t map = wasm::header_high(header) >> 8; map != 0; map &= map - 1) {
        Ref r;
        std::memcpy(&r, fields + 4 * static_cast<unsigned>(std::countr_zero(map)), sizeof r);
        ref(r);
      }
      break;
    }
    case Shape::kArrayRef: {
      const uint32_t length = wasm::header_high(header);
      if (length > kChunk) chunks_.push_back({object, 0});
      else trace_elements(object, 0, length);
      break;
    }
    case Shape::kLargeStruct: trace_large_struct(object, wasm::header_type(header)); break;
    case Shape::kExn: trace_exception(object); break;
    default: break;
  }
}

void Marker::trace_elements(Ref array, uint32_t from, uint32_t to) {
  const uint8_t* elements = base_ + array + wasm::kObjectHeaderSize;
  for (uint32_t i = from; i < to; ++i) {
    Ref r;
    std::memcpy(&r, elements + uint64_t{i} * sizeof r, sizeof r);
    ref(r);
  }
}

void Marker::trace_large_struct(Ref object, wasm::TypeId type) {
  const wasm::TypeDef& def = registry_.get(type);
  for (size_t i = 0; i < def.fields.size(); ++i) {
    if (storage_of(def.fields[i].storage, registry_) != Storage::kRef) continue;
    Ref r;
    std::memcpy(&r, base_ + object + def.field_offsets[i], sizeof r);
    ref(r);
  }
}

void Marker::trace_exception(Ref object) {
  const uint8_t* slot = exception_payload(base_, object);
  for (wasm::ValType type : exception_tag(base_, object)->def->func.params) {
    if (storage_of(type, registry_) == Storage::kRef) {
      Ref r;
      std::memcpy(&r, slot, sizeof r);
      ref(r);
    }
    slot += 8 * type.slots();
  }
}

void Marker::drain() {
  Ref waiting[kPrefetched] = {};
  unsigned next = 0, count = 0;
  for (;;) {
    // Reading an object immediately after finding it would wait for memory each time.
    while (!stack_.empty()) {
      const Ref popped = stack_.pop();
      __builtin_prefetch(base_ + popped);
      const Ref ready = std::exchange(waiting[next], popped);
      next = (next + 1) % kPrefetched;
      if (ready != kNull) trace(ready);
      else ++count;
    }
    if (count != 0) {
      for (unsigned i = 0; i < kPrefetched; ++i) {
        const Ref ready = std::exchange(waiting[(next + i) % kPrefetched], kNull);
        if (ready != kNull) trace(ready);
      }
      next = count = 0;
      continue;
    }
    if (chunks_.empty()) return;
    const Chunk chunk = chunks_.back();
    const uint32_t length = wasm::header_high(load_header(base_, chunk.array));
    const uint32_t end = length - chunk.next > kChunk ? chunk.next + kChunk : length;
    if (end == length) chunks_.pop_back();
    else chunks_.back().next = end;
    trace_elements(chunk.array, chunk.next, end);
  }
}

}  // namespace ermine::runtime::gc
