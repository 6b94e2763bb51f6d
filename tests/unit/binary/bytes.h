// Bytes of test modules, written by hand: one section at a time, with sizes filled in.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace ermine::binary {

using Bytes = std::vector<uint8_t>;

inline void append_u32(Bytes& out, uint32_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<uint8_t>(value));
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline Bytes header() { return {0x00, 'a', 's', 'm', 1, 0, 0, 0}; }

inline Bytes section(uint8_t id, const Bytes& content) {
  Bytes out{id};
  append_u32(out, static_cast<uint32_t>(content.size()));
  return out + content;
}

inline Bytes text(std::string_view s) {
  Bytes out;
  append_u32(out, static_cast<uint32_t>(s.size()));
  out.insert(out.end(), s.begin(), s.end());
  return out;
}

// A function body: local declarations and instructions, preceded by its size.
inline Bytes body(const Bytes& content) {
  Bytes out;
  append_u32(out, static_cast<uint32_t>(content.size()));
  return out + content;
}

// A module of one function of type `type` (the bytes after 0x60) with this body (locals and instructions).
inline Bytes one_function(const Bytes& type, const Bytes& content) {
  return header() + section(1, Bytes{1, 0x60} + type) + section(3, {1, 0}) + section(10, Bytes{1} + body(content));
}

}  // namespace ermine::binary
