#include "baseline/item.h"

#include <algorithm>
#include <array>

#include "baseline/stencil_ids.h"
#include "ir/object_ops.h"

namespace ermine::baseline {

namespace {

constexpr bool does_leave_registers(const Shape& s) {
  switch (s.kind) {
    case CodeInfo::kChecked: return true;
    case CodeInfo::kFormed:
      if (s.family == Family::kVector) return vector_shape(s.op()) == VectorShape::kNone;
      return s.family == Family::kAtomic || s.family == Family::kWide;
    case CodeInfo::kBranch:
    case CodeInfo::kPair: return false;
    case CodeInfo::kIr: break;
  }
  if (ir::object_op(s.ir()).kind != ir::ObjectOp::kNone || is_call(s.ir()) || is_return_call(s.ir())) return true;
  switch (s.ir()) {
    case IrOp::enter_sp:
    case IrOp::copy_n:
    case IrOp::memory_size:
    case IrOp::trap:
    case IrOp::ret_copy_n:
    case IrOp::builtin: return true;
    default: return false;
  }
}

constexpr bool does_branch(const Shape& s) {
  if (s.kind == CodeInfo::kBranch) return true;
  if (s.kind != CodeInfo::kIr) return false;
  if (ir::object_op(s.ir()).kind == ir::ObjectOp::kBranch) return true;
  switch (s.ir()) {
    case IrOp::br:
    case IrOp::br_back:
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: return true;
    default: return false;
  }
}

constexpr bool does_end_block(const Shape& s) {
  if (s.kind != CodeInfo::kIr) return false;
  switch (s.ir()) {
    case IrOp::br:
    case IrOp::br_back:
    case IrOp::br_table_s:
    case IrOp::br_table_r:
    case IrOp::ret:
    case IrOp::ret_copy:
    case IrOp::ret_r:
    case IrOp::ret_s:
    case IrOp::ret_d:
    case IrOp::ret_const:
    case IrOp::ret_copy_n:
    case IrOp::return_call:
    case IrOp::return_call_import:
    case IrOp::return_call_indirect:
    case IrOp::return_call_ref:
    case IrOp::trap: return true;
    default: return false;
  }
}

// What slots an operation may take from or leave in a register: in which fields they are named.
struct Role {
  uint8_t byte;     // of the field
  uint8_t plus;     // added to the slot it names: the second half of a vector
  uint8_t classes;  // class_bit
  uint8_t flags;    // Access's
  constexpr bool operator==(const Role&) const = default;
};
constexpr unsigned kMostRoles = 8;
struct Roles {
  std::array<Role, kMostRoles> list{};
  uint8_t count = 0;
  bool has_vectors = false;
  constexpr bool operator==(const Roles&) const = default;
};

constexpr Roles roles_of(const Shape& s) {
  Roles roles;
  auto add = [&roles](unsigned byte, Class c, bool written, unsigned plus, bool wide) {
    const unsigned flags = (written ? Access::kWritten : 0) | (wide ? Access::kWide : 0);
    roles.list[roles.count++] = {static_cast<uint8_t>(byte), static_cast<uint8_t>(plus), class_bit(c),
                                 static_cast<uint8_t>(flags)};
  };
  auto f = [&add](unsigned byte, Class c, bool written, unsigned plus = 0) { add(byte, c, written, plus, true); };
  // Of a type that is known: its letter.
  auto typed = [&add](unsigned byte, char letter, bool written) {
    add(byte, class_of(letter), written, 0, letter != 'i');
  };
  auto vector = [&](unsigned byte, bool written) {
    f(byte, Class::kV128, written);
    f(byte, Class::kHalf, written, 1);
    roles.has_vectors = true;
  };
  if (s.kind == CodeInfo::kFormed) {
    unsigned form = s.form / 2;
    bool to_slot = s.form & 1;
    switch (s.family) {
      case Family::kBinary:
        if (form == ir::kSS || form == ir::kSR || form == ir::kSI) typed(2, param_letter(s.op(), 0), false);
        if (form == ir::kSS || form == ir::kRS) typed(4, param_letter(s.op(), 1), false);
        if (to_slot) typed(0, result_letter(s.op()), true);
        return roles;
      case Family::kUnary:
      case Family::kLoad:
        if (form == ir::kS) typed(2, param_letter(s.op(), 0), false);
        if (to_slot) typed(0, result_letter(s.op()), true);
        return roles;
      case Family::kStore: {
        unsigned store = s.form;
        if (store == ir::kStoreSS || store == ir::kStoreSR || store == ir::kStoreSI)
          typed(2, param_letter(s.op(), 0), false);
        if (store == ir::kStoreSS || store == ir::kStoreRS) typed(0, param_letter(s.op(), 1), false);
        return roles;
      }
      case Family::kVector: {
        std::string_view sig = wasm::op_info(s.op()).sig();
        auto colon = sig.find(':');
        for (unsigned i = 0; i < colon; ++i) {
          if (sig[i] == 'v') vector(2 + 2 * i, false);
          else typed(2 + 2 * i, sig[i], false);
        }
        if (colon + 1 < sig.size()) {
          if (sig[colon + 1] == 'v') vector(0, true);
          else typed(0, sig[colon + 1], true);
        }
        return roles;
      }
      default: return roles;
    }
  }
  if (s.kind == CodeInfo::kBranch) {
    unsigned form = s.form / 4;
    if (form == ir::kSS || form == ir::kSR || form == ir::kSI) typed(0, param_letter(s.op(), 0), false);
    if (form == ir::kSS || form == ir::kRS) typed(2, param_letter(s.op(), 1), false);
    return roles;
  }
  if (s.kind != CodeInfo::kIr) return roles;
  auto select = [&](IrOp base, Class c) {
    unsigned form = static_cast<unsigned>(s.ir()) - static_cast<unsigned>(base);
    f(2, c, false);
    f(4, c, false);
    if (form < 2) typed(6, 'i', false);
    if (form & 1) f(0, c, true);
  };
  switch (s.ir()) {
    case IrOp::copy:
      f(2, Class::kAny, false);
      f(0, Class::kAny, true);
      return roles;
    case IrOp::copy2:
      f(2, Class::kAny, false);
      f(0, Class::kAny, true);
      f(6, Class::kAny, false);
      f(4, Class::kAny, true);
      return roles;
    case IrOp::const32: add(0, Class::kAny, true, 0, false); return roles;
    case IrOp::const64: f(0, Class::kAny, true); return roles;
    case IrOp::copy_v128:
      vector(2, false);
      vector(0, true);
      return roles;
    case IrOp::const_v128:
    case IrOp::global_get_v128: vector(0, true); return roles;
    case IrOp::global_set_v128: vector(0, false); return roles;
    case IrOp::select_v128:
      vector(2, false);
      vector(4, false);
      typed(6, 'i', false);
      vector(0, true);
      return roles;
    case IrOp::set_r: f(0, Class::kInt, true); return roles;
    case IrOp::set_s: f(0, Class::kF32, true); return roles;
    case IrOp::set_d: f(0, Class::kF64, true); return roles;
    case IrOp::select_r:
    case IrOp::select_r_1:
    case IrOp::select_r_2:
    case IrOp::select_r_3: select(IrOp::select_r, Class::kInt); return roles;
    case IrOp::select_s:
    case IrOp::select_s_1:
    case IrOp::select_s_2:
    case IrOp::select_s_3: select(IrOp::select_s, Class::kF32); return roles;
    case IrOp::select_d:
    case IrOp::select_d_1:
    case IrOp::select_d_2:
    case IrOp::select_d_3: select(IrOp::select_d, Class::kF64); return roles;
    case IrOp::global_get_r_1: f(0, Class::kInt, true); return roles;
    case IrOp::global_get_s_1: f(0, Class::kF32, true); return roles;
    case IrOp::global_get_d_1: f(0, Class::kF64, true); return roles;
    case IrOp::global_set_s: f(0, Class::kAny, false); return roles;
    case IrOp::br_table_s: typed(0, 'i', false); return roles;
    case IrOp::br_null:
    case IrOp::br_null_back:
    case IrOp::br_non_null:
    case IrOp::br_non_null_back: f(0, Class::kInt, false); return roles;
    case IrOp::ret_copy: f(2, Class::kAny, false); return roles;
    case IrOp::call_indirect_s: f(12, Class::kInt, false); return roles;
    default: return roles;  // by its handler, or nothing of the kind
  }
}

struct Tables {
  std::array<Shape, ir::kCodeCount> shapes{};
  std::array<Roles, 128> roles{};  // the different ones; the first is empty
  unsigned roles_count = 1;
};
constexpr Tables make_tables() {
  Tables t;
  for (unsigned i = 0; i < ir::kCodeCount; ++i) {
    const auto code = static_cast<OpCode>(i);
    const CodeInfo info = ir::code_info(code);
    const bool has_op =
        info.kind == CodeInfo::kFormed || info.kind == CodeInfo::kBranch || info.kind == CodeInfo::kChecked;
    Shape& s = t.shapes[i];
    s.kind = info.kind;
    s.form = static_cast<uint8_t>(info.form);
    s.number = info.kind == CodeInfo::kIr ? static_cast<uint16_t>(info.ir) : static_cast<uint16_t>(info.op);
    s.family = has_op ? ir::family_of(info.op) : Family::kNone;
    s.leaves_registers = does_leave_registers(s);
    s.is_branch = does_branch(s);
    const bool is_table = s.kind == CodeInfo::kIr && (s.ir() == IrOp::br_table_s || s.ir() == IrOp::br_table_r);
    s.is_control = s.is_branch || is_table || (s.kind == CodeInfo::kIr && s.ir() == IrOp::loop);
    s.ends_block = does_end_block(s);
    s.units = is_table ? uint8_t{0} : static_cast<uint8_t>(ir::unit_count(code));
    const Roles roles = roles_of(s);
    unsigned n = 0;
    while (n < t.roles_count && !(t.roles[n] == roles)) ++n;
    if (n == t.roles_count) t.roles[t.roles_count++] = roles;
    s.roles = static_cast<uint8_t>(n);
  }
  return t;
}
constexpr Tables kTables = make_tables();

}  // namespace

constexpr std::array<Shape, ir::kCodeCount> kShapes = kTables.shapes;

void read_items(const std::vector<Code>& code, const HandlerIndex& codes, Listing& out) {
  static constexpr auto kRoles = [] {
    std::array<Roles, kTables.roles_count> roles{};
    for (unsigned i = 0; i < kTables.roles_count; ++i) roles[i] = kTables.roles[i];
    return roles;
  }();
  out.items.clear();
  out.controls.clear();
  bool vectors = false;
  uint32_t accesses = 0;
  auto add = [&](uint32_t at, OpCode op, const Shape& s, const Code* pc) {
    if (s.is_control) out.controls.push_back(static_cast<uint32_t>(out.items.size()));
    if (accesses + kMostRoles > out.accesses.size()) out.accesses.resize(2 * out.accesses.size() + 64);
    const Roles& roles = kRoles[s.roles];
    out.items.push_back({at, accesses, op, roles.count, s.leaves_registers && !s.ends_block, pc});
    Access* list = out.accesses.data() + accesses;
    for (unsigned i = 0; i < roles.count; ++i) {
      const Role& r = roles.list[i];
      list[i] = {static_cast<uint16_t>(field<uint16_t>(pc, r.byte) + r.plus), r.classes, r.flags};
    }
    vectors |= roles.has_vectors;
    accesses += roles.count;
  };
  for (uint32_t at = 0; at < code.size();) {
    const Code* pc = &code[at];
    const OpCode op = codes.code(*pc);
    const Shape& s = kShapes[op];
    if (s.kind == CodeInfo::kPair) {
      const unsigned form = (op - ir::kPairBase) % 4, pair = (op - ir::kPairBase) / 4;
      const OpCode first = ir::kPairs[pair].first, second = ir::pair_second(pair, form);
      add(at, first, kShapes[first], pc);
      add(at, second, kShapes[second], pc + kShapes[first].units - 1);
    } else {
      add(at, op, s, pc);
    }
    at += s.units != 0 ? s.units : ir::table_units(field<uint32_t>(pc, 4));
  }
  out.has_vectors = vectors;
}

HandlerIndex::HandlerIndex(const ir::HandlerTable& handlers) {
  uintptr_t low = ~uintptr_t{0}, high = 0;
  for (unsigned i = 0; i < ir::kCodeCount; ++i) {
    if (!handlers.has(i)) continue;
    const auto h = reinterpret_cast<uintptr_t>(handlers[i]);
    low = std::min(low, h);
    high = std::max(high, h);
  }
  base_ = low;
  codes_.resize((high - low) / 16 + 1);
  for (unsigned i = ir::kCodeCount; i-- > 0;) {
    if (!handlers.has(i)) continue;
    codes_[(reinterpret_cast<uintptr_t>(handlers[i]) - base_) / 16] = static_cast<uint16_t>(i);
  }
}

OpCode HandlerIndex::code(Code handler) const { return codes_[(handler - base_) / 16]; }

}  // namespace ermine::baseline
