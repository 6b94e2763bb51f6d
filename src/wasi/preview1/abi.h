// The ABI of preview 1: the layout of parameters and results in a guest's registers and memory.
//
// Every parameter type has `Cores` (the WebAssembly values that pass it) and `load`, which checks it against the
// guest's memory before the function runs. If a pointer does not lie completely inside, the result is Errno::kFault and
// the function is not called, so nothing has happened. Misaligned pointers are allowed: all access is by memcpy. A
// result is written by Out<T>::set, which a function calls only on success. The GuestMemory must outlive the
// parameters: results are written through it, because the memory may move.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "wasi/preview1/errno.h"
#include "wasi/preview1/types.h"

namespace ermine::wasi::preview1 {

struct GuestMemory {
  uint8_t* base = nullptr;
  uint64_t size = 0;
  bool contains(uint64_t at, uint64_t bytes) const { return at <= size && bytes <= size - at; }
  uint8_t* at(uint32_t offset) const { return base + offset; }
};

// In traces a parameter is described by its value alone, because "name=value" would be noise.
void describe_number(std::string& to, uint64_t value);
void describe_signed(std::string& to, int64_t value);
void describe_text(std::string& to, std::string_view text);

// Descriptor number.
struct Fd {
  using Cores = std::tuple<uint32_t>;
  uint32_t number = 0;
  Errno load(const GuestMemory&, uint32_t raw) { return number = raw, Errno::kSuccess; }
  void describe(std::string& to) const { describe_signed(to, static_cast<int32_t>(number)); }
};

struct U32 {
  using Cores = std::tuple<uint32_t>;
  uint32_t value = 0;
  Errno load(const GuestMemory&, uint32_t raw) { return value = raw, Errno::kSuccess; }
  void describe(std::string& to) const { describe_number(to, value); }
  operator uint32_t() const { return value; }
};

struct U64 {
  using Cores = std::tuple<uint64_t>;
  uint64_t value = 0;
  Errno load(const GuestMemory&, uint64_t raw) { return value = raw, Errno::kSuccess; }
  void describe(std::string& to) const { describe_number(to, value); }
  operator uint64_t() const { return value; }
};

struct S64 {
  using Cores = std::tuple<uint64_t>;
  int64_t value = 0;
  Errno load(const GuestMemory&, uint64_t raw) { return value = static_cast<int64_t>(raw), Errno::kSuccess; }
  void describe(std::string& to) const { describe_signed(to, value); }
  operator int64_t() const { return value; }
};

// Flags or an enumeration with values up to kMax (for flags: bits in kMax).
template <class T, T kMax, bool kFlags>
struct Limited {
  using Cores = std::tuple<uint32_t>;
  T value = 0;
  Errno load(const GuestMemory&, uint32_t raw) {
    if (kFlags ? (raw & ~uint32_t{kMax}) != 0 : raw > kMax) return Errno::kInval;
    value = static_cast<T>(raw);
    return Errno::kSuccess;
  }
  void describe(std::string& to) const { describe_number(to, value); }
  operator T() const { return value; }
};
using FdflagsArg = Limited<uint16_t, fdflags::kAll, true>;
using OflagsArg = Limited<uint16_t, oflags::kAll, true>;
using FstflagsArg = Limited<uint16_t, fstflags::kAll, true>;
using LookupflagsArg = Limited<uint32_t, lookupflags::kAll, true>;
using RiflagsArg = Limited<uint16_t, riflags::kAll, true>;
using SiflagsArg = Limited<uint16_t, 0, true>;
using SdflagsArg = Limited<uint8_t, sdflags::kAll, true>;
using AdviceArg = Limited<uint8_t, 5, false>;
using WhenceArg = Limited<uint8_t, 2, false>;
using SignalArg = Limited<uint8_t, 30, false>;

// Bytes of the guest that are read: a path or text. Valid during the call; the guest's other threads may change them in
// the meantime, so they are copied before any decision depends on them.
struct Text {
  using Cores = std::tuple<uint32_t, uint32_t>;
  std::string_view bytes;
  Errno load(const GuestMemory& m, uint32_t at, uint32_t size) {
    if (!m.contains(at, size)) return Errno::kFault;
    bytes = {reinterpret_cast<const char*>(m.at(at)), size};
    return Errno::kSuccess;
  }
  void describe(std::string& to) const { describe_text(to, bytes); }
};

// A buffer of the guest that is filled.
struct Buffer {
  using Cores = std::tuple<uint32_t, uint32_t>;
  const GuestMemory* memory = nullptr;
  uint32_t at = 0, size = 0;
  std::span<uint8_t> bytes() const { return {memory->at(at), size}; }
  Errno load(const GuestMemory& m, uint32_t from, uint32_t bytes) {
    if (!m.contains(from, bytes)) return Errno::kFault;
    memory = &m;
    at = from;
    size = bytes;
    return Errno::kSuccess;
  }
  void describe(std::string& to) const {
    to += '[';
    describe_number(to, size);
    to += ']';
  }
};

// A pointer to memory whose size the function itself knows (argv and its strings).
struct Pointer {
  using Cores = std::tuple<uint32_t>;
  uint32_t at = 0;
  Errno load(const GuestMemory&, uint32_t raw) { return at = raw, Errno::kSuccess; }
  void describe(std::string& to) const { describe_number(to, at); }
};

// The place of one result.
template <class T>
struct Out {
  static_assert(std::is_trivially_copyable_v<T>);
  using Cores = std::tuple<uint32_t>;
  const GuestMemory* memory = nullptr;
  uint32_t at = 0;
  Errno load(const GuestMemory& m, uint32_t raw) {
    if (!m.contains(raw, sizeof(T))) return Errno::kFault;
    memory = &m;
    at = raw;
    return Errno::kSuccess;
  }
  void set(const T& value) const { std::memcpy(memory->at(at), &value, sizeof(T)); }
  void describe(std::string&) const {}
  void describe_result(std::string& to) const {
    if constexpr (std::is_integral_v<T>) {
      T value;
      std::memcpy(&value, memory->at(at), sizeof(T));
      describe_number(to, value);
    }
  }
};

// Scatter/gather buffers, each checked. If there are more than the kernel takes at once, the rest is left out: the
// transfer is then shorter, which readers and writers must expect anyway.
class IoBuffers {
 public:
  IoBuffers() {}  // NOLINT: does not initialise the array, which `= default` would zero in a tuple
  using Cores = std::tuple<uint32_t, uint32_t>;
  Errno load(const GuestMemory& m, uint32_t at, uint32_t count) {
    if (!m.contains(at, uint64_t{count} * 8)) [[unlikely]]
      return Errno::kFault;
    if (count > kInline) [[unlikely]] {
      if (count > kMost) count = kMost;
      large_.reset(new iovec[count]);
    }
    count_ = static_cast<int>(count);
    iovec* to = data();
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t one[2];
      std::memcpy(one, m.at(at + i * 8), 8);
      if (one[1] == 0) one[0] = 0;
      if (!m.contains(one[0], one[1])) [[unlikely]]
        return Errno::kFault;
      to[i] = {m.at(one[0]), one[1]};
    }
    return Errno::kSuccess;
  }
  iovec* data() { return large_ ? large_.get() : small_; }
  int count() const { return count_; }
  size_t total() {
    size_t sum = 0;
    for (int i = 0; i < count_; ++i) sum += data()[i].iov_len;
    return sum;
  }
  // The part of the list after `from` bytes, of at most `most` bytes, if the memory has moved by `shift` bytes.
  std::vector<iovec> part(size_t from, size_t most, ptrdiff_t shift) {
    std::vector<iovec> out;
    for (int i = 0; i < count_ && most > 0; ++i) {
      const iovec& v = data()[i];
      const size_t skipped = std::min(from, v.iov_len), size = std::min(most, v.iov_len - skipped);
      if (size != 0) out.push_back({static_cast<char*>(v.iov_base) + shift + skipped, size});
      from -= skipped;
      most -= size;
    }
    return out;
  }
  void describe(std::string& to) const {
    to += "iovs[";
    describe_number(to, static_cast<uint64_t>(count_));
    to += ']';
  }

 private:
  static constexpr uint32_t kInline = 16;
  static constexpr uint32_t kMost = 1024;  // IOV_MAX
  int count_ = 0;
  std::unique_ptr<iovec[]> large_;
  iovec small_[kInline];
};

// Structures in guest memory.
struct FdstatLayout {
  uint8_t filetype;
  uint8_t pad_;
  uint16_t flags;
  uint32_t pad2_;
  uint64_t rights_base;
  uint64_t rights_inheriting;
};
static_assert(sizeof(FdstatLayout) == 24);

struct PrestatLayout {
  uint8_t tag;  // 0: directory
  uint8_t pad_[3];
  uint32_t name_length;
};
static_assert(sizeof(PrestatLayout) == 8);

struct DirentLayout {
  uint64_t next;
  uint64_t ino;
  uint32_t name_length;
  uint8_t type;
  uint8_t pad_[3];
};
static_assert(sizeof(DirentLayout) == 24);

struct EventLayout {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint8_t pad_[5];
  uint64_t bytes;
  uint16_t flags;
  uint8_t pad2_[6];
};
static_assert(sizeof(EventLayout) == 32);

// The differences between the two versions.
struct Preview1 {
  static constexpr const char* kModule = "wasi_snapshot_preview1";
  struct Filestat {
    uint64_t dev, ino;
    uint8_t type;
    uint8_t pad_[7];
    uint64_t nlink, size, atim, mtim, ctim;
  };
  static_assert(sizeof(Filestat) == 64);
  using Nlink = uint64_t;
  static constexpr host::Whence kWhence[3] = {host::Whence::kBegin, host::Whence::kCurrent, host::Whence::kEnd};
  static constexpr uint32_t kSubscriptionSize = 48;
  // Offsets in a subscription; descriptor numbers are at the position of the clock's id.
  static constexpr uint32_t kFdAt = 16, kClockAt = 16, kTimeoutAt = 24, kFlagsAt = 40;
};

struct Unstable {
  static constexpr const char* kModule = "wasi_unstable";
  struct Filestat {
    uint64_t dev, ino;
    uint8_t type;
    uint8_t pad_[3];
    uint32_t nlink;
    uint64_t size, atim, mtim, ctim;
  };
  static_assert(sizeof(Filestat) == 56);
  using Nlink = uint32_t;
  static constexpr host::Whence kWhence[3] = {host::Whence::kCurrent, host::Whence::kEnd, host::Whence::kBegin};
  // Its clocks have an unused identifier in front.
  static constexpr uint32_t kSubscriptionSize = 56;
  static constexpr uint32_t kFdAt = 16, kClockAt = 24, kTimeoutAt = 32, kFlagsAt = 48;
};

}  // namespace ermine::wasi::preview1
