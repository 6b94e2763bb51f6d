#include "binary/reader.h"

#include <bit>
#include <cstring>

#include "base/fixed_text.h"
#include "base/format.h"
#include "base/utf8.h"
#include "wasm/type_registry.h"

namespace ermine::binary {

using base::ReadStatus;
using wasm::Feature;
using wasm::HeapType;
using wasm::ValType;

Error Reader::take_error() { return std::move(error_); }

void Reader::fail(Error error) {
  if (!failed_) error_ = std::move(error);
  failed_ = true;
  p_ = end_;
}

void Reader::fail(ReadStatus status, const uint8_t* at) {
  if (failed_) return;
  fail(
      Error(ErrorKind::kMalformed, std::string(base::read_status_message(status)), static_cast<uint64_t>(at - begin_)));
}

namespace {

// The bytes of an integer at `p`, at least 8 of which are readable, without branches on its length: their number (0 if
// more than 8), and the 7 bits of each combined.
struct Word {
  unsigned size;
  uint64_t value;
};
inline Word read_word(const uint8_t* p) {
  uint64_t w;
  std::memcpy(&w, p, 8);
  const uint64_t stop = ~w & 0x8080'8080'8080'8080;
  if (stop == 0) return {0, 0};
  const unsigned last_bit = static_cast<unsigned>(std::countr_zero(stop));  // 8 * size - 1
  w &= (uint64_t{2} << last_bit) - 1;
  w = (w & 0x007F'007F'007F'007F) | (w & 0x7F00'7F00'7F00'7F00) >> 1;
  w = (w & 0x0000'3FFF'0000'3FFF) | (w & 0x3FFF'0000'3FFF'0000) >> 2;
  w = (w & 0x0000'0000'0FFF'FFFF) | (w & 0x0FFF'FFFF'0000'0000) >> 4;
  return {last_bit / 8 + 1, w};
}
static_assert(std::endian::native == std::endian::little);

}  // namespace

// Linkers pad integers to five bytes, so these are not rare; longer ones are an error, and so are unused bits in the
// fifth.
uint32_t Reader::u32_long() {
  if (left() >= 8) [[likely]] {
    const Word word = read_word(p_);
    if (word.size - 1 < 5 && word.value <= UINT32_MAX) [[likely]] {
      p_ += word.size;
      return static_cast<uint32_t>(word.value);
    }
  }
  return static_cast<uint32_t>(leb(32, false));
}

int32_t Reader::s32_long() {
  if (left() >= 8) [[likely]] {
    const Word word = read_word(p_);
    const unsigned unused = 64 - 7 * word.size;
    const int64_t value = static_cast<int64_t>(word.value << (unused & 63)) >> (unused & 63);
    if (word.size - 1 < 5 && value == static_cast<int32_t>(value)) [[likely]] {
      p_ += word.size;
      return static_cast<int32_t>(value);
    }
  }
  return static_cast<int32_t>(leb(32, true));
}

uint64_t Reader::u64_long() {
  if (left() >= 8) [[likely]] {
    const Word word = read_word(p_);
    if (word.size != 0) [[likely]] {
      p_ += word.size;
      return word.value;
    }
  }
  return leb(64, false);
}

int64_t Reader::s64_long() {
  if (left() >= 8) [[likely]] {
    const Word word = read_word(p_);
    if (word.size != 0) [[likely]] {
      p_ += word.size;
      const unsigned unused = 64 - 7 * word.size;
      return static_cast<int64_t>(word.value << unused) >> unused;
    }
  }
  return static_cast<int64_t>(leb(64, true));
}

[[gnu::noinline]] uint64_t Reader::leb(unsigned bits, bool is_signed) {
  uint64_t value = 0;
  ReadStatus status = ReadStatus::kOk;
  if (const uint8_t* next = base::read_leb(p_, end_, bits, is_signed, value, status)) [[likely]] {
    p_ = next;
    return value;
  }
  if (status == ReadStatus::kUnexpectedEnd && end_ < hard_end_) {
    ReadStatus further = ReadStatus::kOk;
    if (!base::read_leb(p_, hard_end_, bits, is_signed, value, further)) status = further;
  }
  fail(status, p_);
  return 0;
}

uint32_t Reader::length() {
  const uint8_t* at = p_;
  const uint32_t n = u32();
  // The reference interpreter counts the bytes of the length itself as well; the other checks find any missing bytes.
  if (n > static_cast<size_t>(end_ - at)) {
    if (ok())
      malformed(static_cast<uint64_t>(at - begin_),
                base::format("length out of bounds: {} with {} bytes left", n, left()));
    return 0;
  }
  return n;
}

std::string_view Reader::name() {
  const uint8_t* at = p_;
  const uint32_t size = length();
  const uint8_t* text = bytes(size);
  if (!ok()) return {};
  std::string_view name(reinterpret_cast<const char*>(text), size);
  if (!base::is_utf8(name)) {
    fail(ReadStatus::kBadUtf8, at);
    return {};
  }
  return name;
}

bool Reader::require(Feature feature, std::string_view what, uint32_t at) {
  if (features_.has(feature)) [[likely]]
    return true;
  fail(ErrorKind::kInvalid, at,
       base::format("{} requires the {} feature{}", what, wasm::feature_name(feature),
                    wasm::FeatureSet::all().has(feature) ? "" : ", which this build of Ermine does not have"));
  return false;
}

wasm::TypeId Reader::resolve(uint32_t index, uint32_t at) {
  if (index < type_count_) [[likely]]
    return types_ ? types_[index] : index;
  if (index - type_count_ < group_size_) return wasm::TypeRegistry::kRecBase + (index - type_count_);
  fail(ErrorKind::kInvalid, at,
       base::format("unknown type {}: {} types are defined here", index, type_count_ + group_size_));
  return wasm::kNoType;
}

uint32_t Reader::type_index() {
  const uint32_t at = offset();
  const uint32_t index = u32();
  resolve(index, at);
  return index;
}

static_assert(Reader::kMaxRawType <= wasm::TypeRegistry::kRecBase && Reader::kMaxRawType < wasm::kNoType);

namespace {
// Abstract heap types by their code, 0x69 to 0x74 (specification 3.0, section 5.3.3).
struct AbstractHeap {
  HeapType::Abstract type;
  Feature feature;
  base::FixedText<8> name;
};
constexpr AbstractHeap kAbstractHeaps[] = {
    {HeapType::kExn, Feature::Exceptions, "exn"},
    {HeapType::kArray, Feature::Gc, "array"},
    {HeapType::kStruct, Feature::Gc, "struct"},
    {HeapType::kI31, Feature::Gc, "i31"},
    {HeapType::kEq, Feature::Gc, "eq"},
    {HeapType::kAny, Feature::Gc, "any"},
    {HeapType::kExtern, Feature::ReferenceTypes, "extern"},
    {HeapType::kFunc, Feature::Mvp, "func"},
    {HeapType::kNone, Feature::Gc, "none"},
    {HeapType::kNoExtern, Feature::Gc, "noextern"},
    {HeapType::kNoFunc, Feature::Gc, "nofunc"},
    {HeapType::kNoExn, Feature::Exceptions, "noexn"},
};
const AbstractHeap* abstract_heap(uint8_t code) {
  return code >= 0x69 && code <= 0x74 ? &kAbstractHeaps[code - 0x69] : nullptr;
}
}  // namespace

HeapType Reader::heap_type() {
  const uint32_t at = offset();
  if (at_end()) {
    fail(ReadStatus::kUnexpectedEnd, p_);
    return HeapType::kBot;
  }
  const uint8_t code = *p_;
  if (code >= 0x40 && code < 0x80) {
    ++p_;
    const AbstractHeap* heap = abstract_heap(code);
    if (!heap) {
      malformed(at, base::format("malformed heap type 0x{:02x}", code));
      return HeapType::kBot;
    }
    if (!features_.has(heap->feature) && !require(heap->feature, base::format("heap type {}", heap->name.view()), at))
      return HeapType::kBot;
    return heap->type;
  }
  const int64_t index = s33();
  if (!ok()) return HeapType::kBot;
  if (index < 0) {
    fail(ReadStatus::kTooLong, begin_ + at);
    return HeapType::kBot;
  }
  if (!require(Feature::FunctionReferences, "a heap type that is a type index", at)) return HeapType::kBot;
  wasm::TypeId id = resolve(static_cast<uint32_t>(index), at);
  return ok() ? HeapType::concrete(id) : HeapType::kBot;
}

ValType Reader::ref_type() {
  const uint32_t at = offset();
  const uint8_t code = byte();
  if (code == 0x63 || code == 0x64) {
    if (!require(Feature::FunctionReferences, "a typed reference", at)) return {};
    HeapType heap = heap_type();
    return ok() ? ValType::ref(heap, code == 0x63) : ValType();
  }
  const AbstractHeap* heap = abstract_heap(code);
  if (!heap) {
    if (code >= 0x80) fail(ReadStatus::kTooLong, begin_ + at);
    else malformed(at, base::format("malformed reference type 0x{:02x}", code));
    return {};
  }
  if (!features_.has(heap->feature) &&
      !require(heap->feature, base::format("reference type {}ref", heap->name.view()), at))
    return {};
  return ValType::ref(heap->type, true);
}

ValType Reader::val_type() {
  const uint32_t at = offset();
  if (at_end()) {
    fail(ReadStatus::kUnexpectedEnd, p_);
    return {};
  }
  switch (*p_) {
    case 0x7F: ++p_; return wasm::kI32;
    case 0x7E: ++p_; return wasm::kI64;
    case 0x7D: ++p_; return wasm::kF32;
    case 0x7C: ++p_; return wasm::kF64;
    case 0x7B:
      ++p_;
      if (!require(Feature::Simd, "v128", at)) return {};
      return wasm::kV128;
    case 0x70:
      ++p_;
      if (!require(Feature::ReferenceTypes, "funcref as a value type", at)) return {};
      return wasm::kFuncRef;
    default: return ref_type();
  }
}

ValType Reader::storage_type() {
  if (!at_end() && (*p_ == 0x78 || *p_ == 0x77)) return *p_++ == 0x78 ? wasm::ValKind::kI8 : wasm::ValKind::kI16;
  return val_type();
}

}  // namespace ermine::binary
