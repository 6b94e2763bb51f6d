#include "values.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace ermine::fuzz {

namespace {

// The slot from the engine, all 64 bits.
uint64_t raw_bits(const Val& v) {
  uint64_t slots[2] = {};
  v.to_slots(slots);
  return slots[0];
}

bool is_32_bits(const Val& v) { return v.kind() == ValKind::kI32 || v.kind() == ValKind::kF32; }

}  // namespace

uint64_t edge_value(ValType type, uint64_t call, size_t position) {
  constexpr uint64_t kIntegers[] = {0, 1, 7, ~uint64_t{0}, 64, 0x80000000, 0x7FFFFFFFFFFFFFFF, 12};
  constexpr double kFloats[] = {0.0, 1.5, -3.25, 1e10, -0.0, 65536.0, 0.1, -1e30};
  size_t i = (call * 3 + position) % 8;
  switch (type.kind()) {
    case ValKind::kI32: return static_cast<uint32_t>(kIntegers[i]);
    case ValKind::kI64: return kIntegers[i];
    case ValKind::kF32: return std::bit_cast<uint32_t>(static_cast<float>(kFloats[i]));
    case ValKind::kF64: return std::bit_cast<uint64_t>(kFloats[i]);
    default: return 0;  // null
  }
}

Val value_of(ValType type, uint64_t bits) {
  switch (type.kind()) {
    case ValKind::kI32: return Val(static_cast<uint32_t>(bits));
    case ValKind::kI64: return Val(bits);
    case ValKind::kF32: return Val::from_f32_bits(static_cast<uint32_t>(bits));
    case ValKind::kF64: return Val::from_f64_bits(bits);
    default: return Val::default_of(type);
  }
}

bool is_number(ValType type) { return !type.is_ref() && type != ValType::v128(); }

bool can_take(ValType type) {
  if (!type.is_ref()) return is_number(type);
  return type.heap() != HeapKind::kExn && type.heap() != HeapKind::kNoExn;
}

bool can_pass(ValType type) { return can_take(type) && (is_number(type) || type.nullable()); }

bool can_cross(std::span<const ValType> to_module, std::span<const ValType> from_module) {
  return std::ranges::all_of(to_module, can_pass) && std::ranges::all_of(from_module, can_take);
}

std::string show(const Val& v) {
  const char* upper = is_32_bits(v) && raw_bits(v) >> 32 != 0 ? "(upper half not zero)" : "";
  switch (v.kind()) {
    case ValKind::kI32: return fmt::format("i32:{:x}{}", static_cast<uint32_t>(v.i32()), upper);
    case ValKind::kI64: return fmt::format("i64:{:x}", static_cast<uint64_t>(v.i64()));
    case ValKind::kF32: return fmt::format("f32:{}{:x}{}", std::isnan(v.f32()) ? "nan:" : "", v.f32_bits(), upper);
    case ValKind::kF64: return fmt::format("f64:{}{:x}", std::isnan(v.f64()) ? "nan:" : "", v.f64_bits());
    case ValKind::kV128: {
      std::string out = "v128:";
      for (uint8_t b : v.v128().bytes) out += fmt::format("{:02x}", b);
      return out;
    }
    default: return v.is_null() ? "null" : "ref";
  }
}

uint64_t logged_bits(const Val& v) {
  switch (v.kind()) {
    case ValKind::kF32: return std::isnan(v.f32()) ? 0x7FC00000 : v.f32_bits();
    case ValKind::kF64: return std::isnan(v.f64()) ? uint64_t{0x7FF8} << 48 : v.f64_bits();
    case ValKind::kRef: return v.is_null() ? 0 : 1;
    default: return raw_bits(v);  // an i32 with its upper half, so that a non-zero one is visible
  }
}

uint32_t hash(std::span<const uint8_t> bytes) {
  constexpr size_t kBlock = 256;
  static constexpr uint8_t kZeros[kBlock] = {};
  uint32_t h = 0x811C9DC5;
  for (size_t block = 0; block < bytes.size(); block += kBlock) {
    const auto part = bytes.subspan(block, std::min(kBlock, bytes.size() - block));
    if (std::memcmp(part.data(), kZeros, part.size()) == 0) continue;
    uint32_t words[kBlock / 4] = {};
    std::memcpy(words, part.data(), part.size());
    for (size_t i = 0; i < std::size(words); ++i) {
      if (words[i] == 0) continue;
      h = (std::rotl(h, 5) ^ words[i]) * 0x9E3779B1;
      h = (h ^ static_cast<uint32_t>(block + i * 4)) * 0x85EBCA6B;
    }
  }
  return h;
}

std::string rows(std::span<const uint8_t> bytes) {
  std::string out;
  for (size_t row = 0; row < bytes.size(); row += 16) {
    auto line = bytes.subspan(row, std::min<size_t>(16, bytes.size() - row));
    if (std::ranges::all_of(line, [](uint8_t b) { return b == 0; })) continue;
    out += fmt::format("  {:06x}:", row);
    for (uint8_t b : line) out += fmt::format(" {:02x}", b);
    out += '\n';
  }
  return out;
}

}  // namespace ermine::fuzz
