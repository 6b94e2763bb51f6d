// Constants of a generated module, and the instructions that make numbers. See plan.h.
#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "generator/plan.h"

namespace ermine::fuzz {

namespace {

// 0, 1 and 2, and the limits of representations and immediates: powers of two, their neighbours, and the negations of
// all these.
// 2^5 and 2^6 are shift counts, 2^7, 2^15 and 2^31 end x86's immediates, 2^12, 2^16 and 2^24 those of AArch64.
constexpr unsigned kEdgeBits[] = {5, 6, 7, 8, 12, 14, 15, 16, 24, 30, 31, 32, 33, 47, 62, 63};
constexpr auto kIntegers = [] {
  std::array<uint64_t, 3 + 6 * std::size(kEdgeBits)> all{0, 1, ~uint64_t{0}};
  size_t n = 3;
  for (unsigned bit : kEdgeBits)
    for (uint64_t v : {(uint64_t{1} << bit) - 1, uint64_t{1} << bit, (uint64_t{1} << bit) + 1}) {
      all[n++] = v;
      all[n++] = ~v + 1;
    }
  return all;
}();
constexpr uint32_t kFloats32[] = {0,          0x80000000, 0x3F800000, 0xBF800000, 0x3F000000, 0x7F800000,
                                  0xFF800000, 0x7FC00000, 0x00000001, 0x807FFFFF, 0x7F7FFFFF, 0x4F000000,
                                  0xCF000000, 0x4F800000, 0x5F000000, 0x5F800000, 0x40490FDB, 0x4B000001};
constexpr uint64_t kFloats64[] = {0,
                                  uint64_t{1} << 63,
                                  0x3FF0000000000000,
                                  0xBFF0000000000000,
                                  0x3FE0000000000000,
                                  0x7FF0000000000000,
                                  0xFFF0000000000000,
                                  0x7FF8000000000000,
                                  1,
                                  0x7FEFFFFFFFFFFFFF,
                                  0x41E0000000000000,
                                  0xC1E0000000200000,
                                  0x41F0000000000000,
                                  0x43E0000000000000,
                                  0x43F0000000000000,
                                  0x36A0000000000000,
                                  0x400921FB54442D18,
                                  0x4330000000000001};

uint64_t integer(Choices& in) {
  switch (in.below(4)) {
    case 0: return in.below(16);
    case 1: return in.u64();
    default: return edge_integer(in);
  }
}
uint64_t float_bits(Choices& in, bool is64) {
  if (in.below(4) == 3) return in.u64();
  return is64 ? in.of(kFloats64) : in.of(kFloats32);
}

}  // namespace

uint64_t edge_integer(Choices& in) { return in.of(kIntegers); }

void number_constant(Plan& plan, Type type, ByteBuffer& out) {
  Choices& in = plan.in;
  switch (type.code) {
    case Type::kI32:
      out.opcode(Op::i32_const);
      out.sleb(static_cast<int32_t>(integer(in)));
      return;
    case Type::kI64:
      out.opcode(Op::i64_const);
      out.sleb(static_cast<int64_t>(integer(in)));
      return;
    case Type::kF32:
      out.opcode(Op::f32_const);
      out.fixed(static_cast<uint32_t>(float_bits(in, false)));
      return;
    case Type::kF64:
      out.opcode(Op::f64_const);
      out.fixed(float_bits(in, true));
      return;
    default:
      out.opcode(Op::v128_const);
      switch (in.below(4)) {
        case 0:
          for (unsigned i = 0; i < 2; ++i) out.fixed(integer(in));
          return;
        case 1:
          for (unsigned i = 0; i < 4; ++i) out.fixed(static_cast<uint32_t>(float_bits(in, false)));
          return;
        case 2:
          for (unsigned i = 0; i < 2; ++i) out.fixed(float_bits(in, true));
          return;
        default:
          for (unsigned i = 0; i < 16; ++i) out.u8(in.byte());
      }
  }
}

uint32_t function_of_type(Plan& plan, int heap) {
  const auto count = static_cast<uint32_t>(plan.callees.size()), begin = plan.in.below(count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto [type, func] = plan.callees[(begin + i) % count];
    if (func && (heap == kFunc || type == static_cast<uint32_t>(heap))) return *func;
  }
  return 0;
}

bool has_constant(const Plan& plan, Type type) {
  if (type.heap == kExn) return false;
  if (type.heap < 0 || plan.types[static_cast<size_t>(type.heap)].kind != TypeInfo::kFunc) return true;
  return std::ranges::any_of(plan.callees,
                             [type](const Callee& c) { return c.func && c.type == static_cast<uint32_t>(type.heap); });
}

void constant_expression(Plan& plan, Type type, ByteBuffer& out, uint32_t globals_before) {
  Choices& in = plan.in;
  if (plan.has(Feature::Gc) && in.below(4) == 3)
    for (uint32_t i = 0; i < globals_before; ++i)
      if (!plan.globals[i].is_mutable && is_subtype(plan.types, plan.globals[i].type, type)) {
        out.opcode(Op::global_get);
        return out.leb(i);
      }
  if (!type.is_ref()) {
    bool is32 = type == kI32;
    number_constant(plan, type, out);
    if (!(is32 || type == kI64) || !plan.has(Feature::ExtendedConst) || in.below(3) != 1) return;
    number_constant(plan, type, out);
    constexpr Op kOps[2][3] = {{Op::i64_add, Op::i64_sub, Op::i64_mul}, {Op::i32_add, Op::i32_sub, Op::i32_mul}};
    return out.opcode(kOps[is32][in.below(3)]);
  }
  if (type.nullable && (in.below(3) == 0 || !has_constant(plan, type))) {
    out.opcode(Op::ref_null);
    return out.sleb(type.heap);
  }
  int heap = type.heap;
  if (heap == kExtern) {
    if (!plan.has(Feature::Gc)) {
      out.opcode(Op::ref_null);
      return out.sleb(kExtern);
    }
    constant_expression(plan, ref_to(kAny, type.nullable), out, 0);
    return out.opcode(Op::extern_convert_any);
  }
  if (heap == kAny || heap == kEq || heap == kI31) {
    number_constant(plan, kI32, out);
    return out.opcode(Op::ref_i31);
  }
  if (heap == kStruct) heap = 2;
  if (heap == kArray) heap = 3;
  if (heap == kFunc || plan.types[static_cast<size_t>(heap)].kind == TypeInfo::kFunc) {
    out.opcode(Op::ref_func);
    return out.leb(function_of_type(plan, heap));
  }
  const TypeInfo& info = plan.types[static_cast<size_t>(heap)];
  if (info.kind == TypeInfo::kStruct) {
    bool by_fields = in.below(2) == 1 && globals_before != 0;
    if (by_fields)
      for (const Field& f : info.fields) constant_expression(plan, f.type.unpacked(), out, 0);
    out.opcode(by_fields ? Op::struct_new : Op::struct_new_default);
    return out.leb(static_cast<uint32_t>(heap));
  }
  Type element = info.fields[0].type.unpacked();
  uint32_t length = in.below(8);
  if (in.below(2) == 1 && globals_before != 0) {
    for (uint32_t i = 0; i < length; ++i) constant_expression(plan, element, out, 0);
    out.opcode(Op::array_new_fixed);
    out.leb(static_cast<uint32_t>(heap));
    return out.leb(length);
  }
  out.opcode(Op::i32_const);
  out.sleb(static_cast<int32_t>(length));
  out.opcode(Op::array_new_default);
  out.leb(static_cast<uint32_t>(heap));
}

Type type_of_letter(char letter) {
  switch (letter) {
    case 'i': return kI32;
    case 'l': return kI64;
    case 'f': return kF32;
    case 'd': return kF64;
    default: return kV128;
  }
}

const std::vector<Op>& producers(char result, wasm::FeatureSet features) {
  static std::mutex mutex;
  static std::map<std::pair<uint64_t, char>, std::vector<Op>> known;
  std::lock_guard lock(mutex);
  auto [found, is_new] = known.try_emplace({features.bits(), result});
  if (!is_new) return found->second;
  for (unsigned i = 0; i < wasm::kOpCount; ++i) {
    const wasm::OpInfo& info = wasm::kOpInfos[i];
    size_t colon = info.sig().find(':');
    if (colon == std::string_view::npos || !features.has(info.feature)) continue;
    std::string_view results = info.sig().substr(colon + 1);
    bool constant = info.imm >= wasm::Imm::I32 && info.imm <= wasm::Imm::V128;
    // Of two results the second is dropped or stored.
    if (constant || (result == 0 ? !results.empty() : results.empty() || results[0] != result)) continue;
    found->second.push_back(static_cast<Op>(i));
  }
  return found->second;
}

}  // namespace ermine::fuzz
