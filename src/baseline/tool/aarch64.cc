// Holes in AArch64 object files. A hole is a bit field of an instruction, identified by relocations; the functions of a
// marker pair differ in one of the fields for immediates. Conditional branches lead to branches to the next stencil or
// the target, because no relocation fits them; here they are changed to go there directly.
#include <optional>

#include "baseline/machine_aarch64.h"
#include "baseline/tool/object.h"

namespace ermine::baseline {

namespace {

using namespace machine_aarch64;

bool read_relocation(const Elf64_Rela& r, const uint8_t* at, Hole& hole, int64_t& datum) {
  unsigned patch = kAccessLow;
  switch (ELF64_R_TYPE(r.r_info)) {
    case R_AARCH64_ADR_PREL_PG_HI21: patch = kPage; break;
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC: patch = kAddLow; break;
    case R_AARCH64_LDST16_ABS_LO12_NC:
    case R_AARCH64_LDST32_ABS_LO12_NC:
    case R_AARCH64_LDST64_ABS_LO12_NC:
    case R_AARCH64_LDST128_ABS_LO12_NC: break;
    case R_AARCH64_MOVW_UABS_G0_NC: patch = kMove0; break;
    case R_AARCH64_MOVW_UABS_G1:
    case R_AARCH64_MOVW_UABS_G1_NC: patch = kMove1; break;
    case R_AARCH64_MOVW_UABS_G2: patch = kMove2; break;
    case R_AARCH64_JUMP26: patch = kBranch26; break;
    default: return false;
  }
  const unsigned base = word(at) >> 5 & 31;
  const bool is_move = patch == kMove0 || patch == kMove1 || patch == kMove2;
  const bool is_data = patch == kPage || is_low(patch);
  bool fits = false;
  switch (hole.kind) {
    case HoleKind::kSlotA:
    case HoleKind::kSlotB:
    case HoleKind::kSlotC:
    case HoleKind::kSlotD: fits = is_low(patch) && base == 21; break;  // the frame
    case HoleKind::kOffset:  // from a pinned register: it can be replaced by another base
      fits = (is_low(patch) && base >= 21 && base <= 23) || patch == kMove0 || patch == kMove1;
      break;
    case HoleKind::kCount:
    case HoleKind::kPc: fits = is_move; break;
    case HoleKind::kPool:
    case HoleKind::kData:
    case HoleKind::kRecord:
    case HoleKind::kCallTable: fits = is_data; break;
    case HoleKind::kNext:
    case HoleKind::kTaken:
    case HoleKind::kTrap: fits = patch == kBranch26; break;
    case HoleKind::kImm: break;
  }
  hole.patch_change = static_cast<uint8_t>(patch);
  hole.addend = static_cast<int32_t>(r.r_addend);
  datum = r.r_addend;
  return fits;
}

// --- Variants

struct Field {
  unsigned patch, low, bits;
  uint32_t of(uint32_t w) const { return w >> low & ((1u << bits) - 1); }
  uint32_t mask() const { return ((1u << bits) - 1) << low; }
};
constexpr Field kFieldImm12{kImm12, 10, 12}, kFieldImm16{kImm16, 5, 16}, kFieldRotation{kRotation, 16, 6},
    kFieldTop{kTop, 10, 6};

// The value that the marker has become in a field.
std::optional<Change> recognise(const Field& field, uint32_t a, uint32_t b, Marker marker) {
  const bool shift = marker == Marker::kShift32 || marker == Marker::kShift64;
  auto value = [&](int i) -> int64_t {
    if (shift) return kMarked.shift[i];
    return marker == Marker::kNeg || marker == Marker::kNeg32 ? -int64_t{kMarked.value[i]} : int64_t{kMarked.value[i]};
  };
  constexpr Change kNumbers[] = {Change::kNone, Change::kNegated, Change::kMinusOne, Change::kPlusOne,
                                 Change::kInverted};
  constexpr Change kShifts32[] = {Change::kNone, Change::kFrom32, Change::kFrom31};
  constexpr Change kShifts64[] = {Change::kNone, Change::kFrom64, Change::kFrom63};
  auto search = [&](auto& changes) -> std::optional<Change> {
    for (Change c : changes)
      if (changed(c, value(0)) == field.of(a) && changed(c, value(1)) == field.of(b)) return c;
    return {};
  };
  if (!shift) {
    if (auto change = search(kNumbers)) return change;
    // Stores of 8 and 16 bits.
    for (int64_t mask : {0xffff, 0xff})
      if (field.patch == kImm16 && (value(0) & mask) == field.of(a) && (value(1) & mask) == field.of(b))
        return Change::kLow16;
    return {};
  }
  return marker == Marker::kShift32 ? search(kShifts32) : search(kShifts64);
}

bool compare_pair(Body& body, const Body& other, Marker marker) {
  if (!same_holes(body, other)) return false;
  const bool shift = marker == Marker::kShift32 || marker == Marker::kShift64;
  bool found = false;
  for (size_t at = 0; at < body.code.size(); at += 4) {
    const uint32_t a = word(&body.code[at]), b = word(&other.code[at]);
    uint32_t left = a ^ b;
    if (left == 0) continue;
    std::vector<Field> fields;
    if ((a & 0x1f800000) == 0x11000000) fields = {kFieldImm12};  // add, sub
    else if ((a & 0x1fe00000) == 0x12800000) fields = {kFieldImm16};  // movz, movn
    else if ((a & 0x1f800000) == 0x13000000 && shift) fields = {kFieldRotation, kFieldTop};  // shifts
    else if ((a & 0x1f800000) == 0x13800000 && shift) fields = {kFieldTop};  // rotations
    for (const Field& f : fields) {
      if ((left & f.mask()) == 0) continue;
      auto change = recognise(f, a, b, marker);
      if (!change) return false;
      body.holes.push_back({static_cast<uint16_t>(at), HoleKind::kImm,
                            static_cast<uint8_t>(f.patch | static_cast<unsigned>(*change) << 4), 0});
      left &= ~f.mask();
      found = true;
    }
    if (left != 0) return false;
  }
  sort_holes(body);
  return found;
}

// --- Branches

struct Instruction {
  uint32_t word;
  std::vector<Hole> holes;
  int target = -1;  // of a branch inside the stencil
};

struct Branch {
  unsigned patch, low, bits;
};
std::optional<Branch> branch(uint32_t w) {
  if ((w & 0xfc000000) == 0x14000000) return Branch{kBranch26, 0, 26};
  if ((w & 0xff000010) == 0x54000000) return Branch{kBranch19, 5, 19};
  if ((w & 0x7e000000) == 0x34000000) return Branch{kBranch19, 5, 19};
  if ((w & 0x7e000000) == 0x36000000) return Branch{kBranch14, 5, 14};
  return {};
}
bool is_jump(const Instruction& i) { return (i.word & 0xfc000000) == 0x14000000; }
bool is_conditional(const Instruction& i) { return branch(i.word) && !is_jump(i); }
bool leaves(const Instruction& i) {  // b, br, ret
  return is_jump(i) || (i.word & 0xfffffc1f) == 0xd61f0000 || (i.word & 0xfffffc1f) == 0xd65f0000;
}
void invert(Instruction& i) { i.word ^= (i.word & 0xff000010) == 0x54000000 ? 1u : 1u << 24; }
// Changes a branch to the target of the jump that it leads to.
void follow(Instruction& i, const Instruction& jump) {
  i.target = jump.target;
  i.holes = jump.holes;
  for (Hole& h : i.holes) h.patch_change = static_cast<uint8_t>(branch(i.word)->patch);
}

void erase(std::vector<Instruction>& list, size_t at) {
  list.erase(list.begin() + static_cast<ptrdiff_t>(at));
  for (Instruction& i : list)
    if (i.target > static_cast<int>(at)) --i.target;
}

bool is_target(const std::vector<Instruction>& list, size_t at) {
  return std::any_of(list.begin(), list.end(), [at](const Instruction& i) { return i.target == static_cast<int>(at); });
}

// Makes one improvement; false if there is none left.
bool improve(std::vector<Instruction>& list) {
  for (size_t i = 0; i < list.size(); ++i) {
    Instruction& in = list[i];
    if (in.target >= 0) {
      const Instruction& there = list[static_cast<size_t>(in.target)];
      if (is_jump(there) && &there != &in && (!there.holes.empty() || there.target != in.target)) {
        follow(in, there);
        return true;
      }
    }
    // A branch around a jump.
    if (is_conditional(in) && i + 1 < list.size() && is_jump(list[i + 1]) && !is_target(list, i + 1) &&
        (in.target == static_cast<int>(i + 2) ||
         (i + 2 == list.size() && !in.holes.empty() && in.holes[0].kind == HoleKind::kNext))) {
      invert(in);
      follow(in, list[i + 1]);
      erase(list, i + 1);
      return true;
    }
    if (i > 0 && leaves(list[i - 1]) && !is_target(list, i)) {
      erase(list, i);
      return true;
    }
  }
  if (!list.empty() && is_jump(list.back()) && !list.back().holes.empty() &&
      list.back().holes[0].kind == HoleKind::kNext && !is_target(list, list.size() - 1)) {
    list.pop_back();
    return true;
  }
  return false;
}

void shorten(Body& body) {
  std::vector<Instruction> list;
  for (size_t at = 0; at + 4 <= body.code.size(); at += 4) list.push_back({word(&body.code[at]), {}, -1});
  for (const Hole& h : body.holes) list[h.at / 4].holes.push_back(h);
  for (size_t i = 0; i < list.size(); ++i) {
    auto b = branch(list[i].word);
    if (!b || !list[i].holes.empty()) continue;
    const auto shifted = static_cast<int32_t>(list[i].word << (32 - b->low - b->bits));
    list[i].target = static_cast<int>(i) + (shifted >> (32 - b->bits));
  }
  while (improve(list)) {}
  body.holes.clear();
  body.code.assign(list.size() * 4, 0);
  for (size_t i = 0; i < list.size(); ++i) {
    uint8_t* at = &body.code[i * 4];
    set_word(at, list[i].word);
    if (auto b = branch(list[i].word))
      put_distance(at, b->patch, (list[i].target >= 0 ? list[i].target - static_cast<int>(i) : 0) * 4);
    for (Hole h : list[i].holes) {
      h.at = static_cast<uint16_t>(i * 4);
      body.holes.push_back(h);
    }
  }
}

}  // namespace

const Target kAArch64 = {EM_AARCH64,      kMarked,
                         read_relocation, compare_pair,
                         shorten,         kPinRegisters,
                         kAccRegister,    mark_bits,
                         put_constant,    [](uint8_t* at, unsigned patch, int64_t d) { put_distance(at, patch, d); }};

}  // namespace ermine::baseline
