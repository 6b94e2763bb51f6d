// Reader: reads the elements of the binary format from the bytes of a module: integers, names, types. It never reads
// past its end. Errors are sticky: the first one is kept; afterwards the reader is at its end and returns zeros, so
// that loops with ok() stop.
//
// Its end is usually the end of a function body or of the module. An integer that is cut off by the end but
// is already too long or too large by the bytes that follow is reported as such, as the reference
// interpreter does.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/leb128.h"
#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::binary {

class Reader {
 public:
  // Reads module.bytes from `from` up to `to`; resolves types by module.types.
  Reader(const wasm::Module& module, uint64_t from, uint64_t to)
      : p_(module.bytes.data() + from),
        end_(module.bytes.data() + to),
        begin_(module.bytes.data()),
        hard_end_(module.bytes.data() + module.bytes.size()),
        types_(module.types.data()),
        type_count_(static_cast<uint32_t>(module.types.size())),
        features_(module.features) {}
  // Reads `bytes` from `from` up to `to`, with types that are not resolved: a type index stands for itself where
  // otherwise the canonical id is. For bytes whose type index space is not that of a module.
  Reader(std::span<const uint8_t> bytes, uint64_t from, uint64_t to, wasm::FeatureSet features)
      : p_(bytes.data() + from),
        end_(bytes.data() + to),
        begin_(bytes.data()),
        hard_end_(bytes.data() + bytes.size()),
        types_(nullptr),
        type_count_(kMaxRawType),
        features_(features) {}
  static constexpr uint32_t kMaxRawType = 0x0300'0000;

  bool ok() const { return !failed_; }
  bool at_end() const { return p_ >= end_; }
  uint32_t offset() const { return static_cast<uint32_t>(p_ - begin_); }
  size_t left() const { return static_cast<size_t>(end_ - p_); }
  const uint8_t* position() const { return p_; }
  // The next byte without taking it; zero at the end.
  uint8_t peek() const { return p_ < end_ ? *p_ : uint8_t{0}; }
  void seek(uint64_t offset) { p_ = begin_ + offset; }  // precondition: within the reader's bytes
  wasm::FeatureSet features() const { return features_; }
  Error take_error();

  uint8_t byte() {
    if (p_ < end_) [[likely]]
      return *p_++;
    fail(base::ReadStatus::kUnexpectedEnd, p_);
    return 0;
  }
  uint32_t u32() {
    if (p_ < end_ && *p_ < 0x80) [[likely]]
      return *p_++;
    return u32_long();
  }
  int32_t s32() {
    if (p_ < end_ && *p_ < 0x80) [[likely]]
      return static_cast<int32_t>(static_cast<uint32_t>(*p_++) << 25) >> 25;
    return s32_long();
  }
  int64_t s33() { return static_cast<int64_t>(leb(33, true)); }
  uint64_t u64() {
    if (p_ < end_ && *p_ < 0x80) [[likely]]
      return *p_++;
    return u64_long();
  }
  int64_t s64() {
    if (p_ < end_ && *p_ < 0x80) [[likely]]
      return static_cast<int64_t>(static_cast<uint64_t>(*p_++) << 57) >> 57;
    return s64_long();
  }
  // `size` raw bytes, or null.
  const uint8_t* bytes(size_t size) {
    if (left() < size) [[unlikely]] {
      fail(base::ReadStatus::kUnexpectedEnd, end_);
      return nullptr;
    }
    const uint8_t* at = p_;
    p_ += size;
    return at;
  }

  // The length of a vector: bounded by the remaining bytes, so that no count can demand much memory.
  uint32_t length();
  std::string_view name();

  // Specification 3.0, section 5.3. Type indices are resolved to canonical ids; an unknown index is an error.
  wasm::ValType val_type();
  wasm::ValType ref_type();
  wasm::ValType storage_type();
  wasm::HeapType heap_type();
  // A type index that must exist. Within a recursion group, see set_group().
  uint32_t type_index();
  // From now on, type indices that follow the existing types, `size` of them, are references into the group being read.
  void set_group(uint32_t size) { group_size_ = size; }
  void set_types(const wasm::Module& module) {
    types_ = module.types.data();
    type_count_ = static_cast<uint32_t>(module.types.size());
    group_size_ = 0;
  }
  wasm::TypeId resolve(uint32_t type_index, uint32_t at);

  // The features that types and encodings need. False, and failed, if `feature` is off; `what` names the construct.
  bool require(wasm::Feature feature, std::string_view what, uint32_t at);

  void fail(Error error);
  void fail(ErrorKind kind, uint64_t at, std::string message) { fail(Error(kind, std::move(message), at)); }
  void malformed(uint64_t at, std::string message) { fail(ErrorKind::kMalformed, at, std::move(message)); }
  void fail(base::ReadStatus status, const uint8_t* at);

 private:
  // Integers of more than one byte.
  uint32_t u32_long();
  int32_t s32_long();
  uint64_t u64_long();
  int64_t s64_long();
  uint64_t leb(unsigned bits, bool is_signed);
  wasm::ValType abstract_ref(uint8_t code, uint32_t at);

  const uint8_t* p_;
  const uint8_t* end_;
  const uint8_t* begin_;
  const uint8_t* hard_end_;
  const wasm::TypeId* types_;
  uint32_t type_count_;
  uint32_t group_size_ = 0;
  wasm::FeatureSet features_;
  bool failed_ = false;
  Error error_;
};

}  // namespace ermine::binary
