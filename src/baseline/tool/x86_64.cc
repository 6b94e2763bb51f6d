// Holes in x86-64 object files. A relocation refers to a field of whole bytes, and the difference between the two
// functions of a marker pair is one as well.
#include <optional>

#include "baseline/machine_x86_64.h"
#include "baseline/tool/object.h"

namespace ermine::baseline {

namespace {

using machine_x86_64::kMarked;

bool is_number(HoleKind kind) {
  switch (kind) {
    case HoleKind::kSlotA:
    case HoleKind::kSlotB:
    case HoleKind::kSlotC:
    case HoleKind::kSlotD:
    case HoleKind::kOffset:
    case HoleKind::kCount:
    case HoleKind::kPc: return true;
    default: return false;
  }
}

bool read_relocation(const Elf64_Rela& r, const uint8_t*, Hole& hole, int64_t& datum) {
  const auto type = ELF64_R_TYPE(r.r_info);
  const bool relative = type == R_X86_64_PC32 || type == R_X86_64_PLT32;
  if (!relative && type != R_X86_64_32 && type != R_X86_64_32S && type != R_X86_64_64) return false;
  if (relative == is_number(hole.kind)) return false;
  hole.patch_change = type == R_X86_64_64 ? 8 : 4;
  hole.addend = static_cast<int32_t>(r.r_addend + (relative ? 4 : 0));  // from the end of the field
  datum = r.r_addend + 4;
  return true;
}

// The value of a marker at a position.
std::optional<std::pair<unsigned, Change>> recognise(const uint8_t* a, const uint8_t* b, size_t room, Marker marker) {
  auto matches = [&](unsigned width, auto value_of) {
    if (width > room) return false;
    auto field = [width](const uint8_t* p) {
      uint32_t v = 0;
      std::memcpy(&v, p, width);
      return v;
    };
    uint32_t mask = width == 4 ? ~0u : (1u << (8 * width)) - 1;
    return field(a) == (value_of(0) & mask) && field(b) == (value_of(1) & mask);
  };
  if (marker == Marker::kShift32 || marker == Marker::kShift64) {
    unsigned bits = marker == Marker::kShift32 ? 32 : 64;
    if (matches(1, [](int i) { return kMarked.shift[i]; })) return {{1, Change::kNone}};
    if (matches(1, [bits](int i) { return bits - kMarked.shift[i]; }))
      return {{1, bits == 32 ? Change::kFrom32 : Change::kFrom64}};
    return {};
  }
  auto value = [marker](int i) {
    if (marker == Marker::kImm32) return kMarked.value32[i];
    return marker == Marker::kNeg || marker == Marker::kNeg32 ? 0u - kMarked.value[i] : kMarked.value[i];
  };
  for (unsigned width : {4u, 2u, 1u}) {
    if (matches(width, value)) return {{width, Change::kNone}};
    if (width != 4) continue;
    if (matches(4, [&](int i) { return 0u - value(i); })) return {{4, Change::kNegated}};
    if (matches(4, [&](int i) { return value(i) - 1; })) return {{4, Change::kMinusOne}};
    if (matches(4, [&](int i) { return value(i) + 1; })) return {{4, Change::kPlusOne}};
  }
  return {};
}

bool compare_pair(Body& body, const Body& other, Marker marker) {
  if (!same_holes(body, other)) return false;
  bool found = false;
  for (size_t at = 0; at < body.code.size();) {
    if (body.code[at] == other.code[at]) {
      ++at;
      continue;
    }
    auto what = recognise(&body.code[at], &other.code[at], body.code.size() - at, marker);
    if (!what) return false;
    body.holes.push_back({static_cast<uint16_t>(at), HoleKind::kImm,
                          static_cast<uint8_t>(what->first | static_cast<unsigned>(what->second) << 4), 0});
    at += what->first;
    found = true;
  }
  sort_holes(body);
  return found;
}

// Removes the tail call at the end, because the next stencil follows. "jcc next; jmp taken" becomes "jncc taken".
void shorten(Body& body) {
  auto& code = body.code;
  auto ends_in_jump = [&](HoleKind kind) {
    return code.size() >= 5 && code[code.size() - 5] == 0xe9 && !body.holes.empty() && body.holes.back().kind == kind &&
           body.holes.back().at == code.size() - 4;
  };
  if (ends_in_jump(HoleKind::kTaken) && body.holes.size() >= 2) {
    size_t jump = code.size() - 5;
    Hole& before = body.holes[body.holes.size() - 2];
    bool conditional = before.kind == HoleKind::kNext && before.at + 4u == jump && before.at >= 2 &&
                       code[before.at - 2] == 0x0f && (code[before.at - 1] & 0xf0) == 0x80;
    // No other instruction may jump to the removed jump. (Bytes that only look like such a jump do little harm.)
    for (size_t i = 0; conditional && i + 2 <= jump; ++i) {
      bool is_short = (code[i] & 0xf0) == 0x70 || code[i] == 0xeb;
      if (is_short && i + 2 + static_cast<size_t>(static_cast<int8_t>(code[i + 1])) == jump) conditional = false;
    }
    if (conditional) {
      code[before.at - 1] ^= 1;
      before.kind = HoleKind::kTaken;
      body.holes.pop_back();
      code.resize(jump);
    }
  } else if (ends_in_jump(HoleKind::kNext)) {
    body.holes.pop_back();
    code.resize(code.size() - 5);
  }
}

}  // namespace

const Target kX86_64 = {EM_X86_64,
                        kMarked,
                        read_relocation,
                        compare_pair,
                        shorten,
                        machine_x86_64::kPinRegisters,
                        machine_x86_64::kAccRegister,
                        machine_x86_64::mark_bits,
                        machine_x86_64::put_constant,
                        [](uint8_t* at, unsigned patch, int64_t d) { machine_x86_64::put_distance(at, patch, d); }};

}  // namespace ermine::baseline
