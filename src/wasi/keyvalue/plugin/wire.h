// What a program and the worker of its stores send each other over a socket: frames, each a length and as many bytes. A
// request is an operation, the store's number and the arguments; an answer is a result, or an error. Both sides check
// what they receive: the worker may be a process, and so not trust the program's.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wasi/keyvalue/plugin/common.h"

namespace ermine::wasi::keyvalue {

enum class Operation : uint8_t {
  kGet,
  kSet,
  kRemove,
  kExists,
  kList,
  kIncrement,
  kReadVersion,
  kSwap,
  kGetMany,
  kSetMany,
  kRemoveMany
};

// A batch with the lengths of its parts fits.
inline constexpr uint32_t kMostFrame = 3 * KeyValueGrants::kMaxBatchBytes;

class WireWriter {
 public:
  // With room for the length.
  WireWriter() : bytes_(4, '\0') {}
  void put(const char*) = delete;  // it would be a bool
  void put(uint8_t v) { bytes_ += static_cast<char>(v); }
  void put(bool v) { put(static_cast<uint8_t>(v)); }
  void put(uint32_t v) { raw(&v, sizeof v); }
  void put(int64_t v) { raw(&v, sizeof v); }
  void put(std::string_view v) {
    put(static_cast<uint32_t>(v.size()));
    bytes_ += v;
  }
  void put(const std::string& v) { put(std::string_view(v)); }
  void put(const Bytes& v) { put(view_of(v)); }
  void put(const KeyValueStore::Keys& v) { put(v.keys), put(v.cursor); }
  void put(const KeyValueStore::Versioned& v) { put(v.value), put(v.version); }
  void put(const KeyValueStore::Pair& v) { put(v.first), put(v.second); }
  template <class T>
  void put(const std::optional<T>& v) {
    put(v.has_value());
    if (v) put(*v);
  }
  template <class T>
  void put(std::span<const T> v) {
    put(static_cast<uint32_t>(v.size()));
    for (const T& e : v) put(e);
  }
  template <class T>
  void put(const std::vector<T>& v) {
    put(std::span<const T>(v));
  }
  // The frame; empty: it would be too large.
  std::string frame() && {
    const size_t size = bytes_.size() - 4;
    if (size > kMostFrame) return {};
    const auto length = static_cast<uint32_t>(size);
    std::memcpy(bytes_.data(), &length, sizeof length);
    return std::move(bytes_);
  }

 private:
  void raw(const void* from, size_t size) { bytes_.append(static_cast<const char*>(from), size); }
  std::string bytes_;
};

// Each function returns whether there was such a value.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : left_(bytes) {}
  bool get(uint8_t& v) { return raw(&v, sizeof v); }
  bool get(bool& v) {
    uint8_t bits = 0;
    return get(bits) && bits <= 1 && (v = bits != 0, true);
  }
  bool get(uint32_t& v) { return raw(&v, sizeof v); }
  bool get(int64_t& v) { return raw(&v, sizeof v); }
  bool get(std::string_view& v) {
    uint32_t size = 0;
    if (!get(size) || size > left_.size()) return false;
    v = left_.substr(0, size);
    left_.remove_prefix(size);
    return true;
  }
  bool get(std::string& v) {
    std::string_view view;
    return get(view) && (v = view, true);
  }
  bool get(Bytes& v) {
    std::string_view view;
    return get(view) && (v = bytes_of(view), true);
  }
  bool get(KeyValueStore::Keys& v) { return get(v.keys) && get(v.cursor); }
  bool get(KeyValueStore::Versioned& v) { return get(v.value) && get(v.version); }
  bool get(KeyValueStore::Pair& v) { return get(v.first) && get(v.second); }
  template <class T>
  bool get(std::optional<T>& v) {
    bool there = false;
    if (!get(there)) return false;
    if (!there) return v.reset(), true;
    return get(v.emplace());
  }
  template <class T>
  bool get(std::vector<T>& v) {
    uint32_t count = 0;
    // Each takes a byte at least.
    if (!get(count) || count > left_.size()) return false;
    for (uint32_t i = 0; i < count; ++i)
      if (!get(v.emplace_back())) return false;
    return true;
  }
  bool done() const { return left_.empty(); }

 private:
  bool raw(void* to, size_t size) {
    if (left_.size() < size) return false;
    std::memcpy(to, left_.data(), size);
    left_.remove_prefix(size);
    return true;
  }
  std::string_view left_;
};

}  // namespace ermine::wasi::keyvalue
