#include "verify/optimized/value.h"

#include <algorithm>

namespace ermine::verify::optimized {

namespace {

// Offsets from a base are only followed this far.
constexpr uint64_t kMostSpan = uint64_t{1} << 36;
constexpr int64_t kMostOffset = int64_t{1} << 36;

int64_t wrapped_sum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// base + number: a range of addresses.
Value spread(const Value& base, const Value& n) {
  if (n.hi > kMostSpan || base.hi + (n.hi - n.lo) > kMostSpan) return {};
  Value v = base;
  v.add += static_cast<int64_t>(n.lo);
  v.hi += n.hi - n.lo;
  return v;
}

// Bounds that are moved, if they do not wrap.
bool move_bounds(Value& v, int64_t by) {
  int64_t least, most;
  if (__builtin_add_overflow(v.least(), by, &least) || __builtin_add_overflow(v.most(), by, &most)) return false;
  const Value moved = signed_number(least, most);
  v.kind = moved.kind, v.lo = moved.lo, v.hi = moved.hi;
  return true;
}

// base + a number of either sign.
Value spread_signed(const Value& base, const Value& n) {
  if (n.least() < -kMostOffset || n.most() > kMostOffset) return {};
  Value v = base;
  v.add += n.least();
  v.hi += static_cast<uint64_t>(n.most() - n.least());
  return v.hi > kMostSpan ? Value() : v;
}

Value sum_with_number(const Value& a, const Value& n) {
  switch (a.kind) {
    case Kind::kMemory:
    case Kind::kHeap: return spread(a, n);
    case Kind::kTypes: return a;
    case Kind::kCode: {
      Value v = spread(a, n);
      v.flag = a.hi == 0 && n.flag != 0 && n.flag != kTruth && n.table == 0 ? n.flag : 1;
      return v.is(Kind::kCode) ? v : Value();
    }
    case Kind::kOpen: {
      if (a.id != 0 || n.id == 0) return {};
      Value v = a;
      v.flag = n.is_constant();
      v.lo = v.flag != 0 ? n.lo + static_cast<uint64_t>(v.add) : 0;
      v.id = n.id;
      v.add = wrapped_sum(v.add, n.add);
      return v;
    }
    default: return {};
  }
}

}  // namespace

Value plus_constant(const Value& v, int64_t by) {
  if (by == 0) return v;
  Value r = v;
  switch (v.kind) {
    case Kind::kNumber: {
      r.table = 0, r.flag = 0, r.of = 0;
      if (v.is_constant()) return constant(v.lo + static_cast<uint64_t>(by));
      if (r.id != 0) r.add = wrapped_sum(r.add, by);
      const auto u = static_cast<uint64_t>(by);
      const bool fits = by > 0 ? v.hi + u >= v.hi : v.lo >= uint64_t{0} - u;
      if (fits) r.lo += u, r.hi += u;
      else if (v.hi > INT64_MAX || !move_bounds(r, by)) r.lo = 0, r.hi = ~uint64_t{0};
      return r;
    }
    case Kind::kSigned:
      r.of = 0;
      if (r.id != 0) r.add = wrapped_sum(r.add, by);
      if (!move_bounds(r, by)) r.kind = Kind::kNumber, r.lo = 0, r.hi = ~uint64_t{0};
      return r;
    case Kind::kOpen:
      r.add = wrapped_sum(r.add, by);
      if (r.flag != 0) r.lo += static_cast<uint64_t>(by);
      return r;
    case Kind::kRef: r.add = wrapped_sum(r.add, by); return r;
    case Kind::kStack:
    case Kind::kFrame:
    case Kind::kContext:
    case Kind::kExec:
    case Kind::kCode:
    case Kind::kMemory:
    case Kind::kMemories:
    case Kind::kMemoryObject:
    case Kind::kMemorySize:
    case Kind::kTables:
    case Kind::kTable:
    case Kind::kElements:
    case Kind::kGlobals:
    case Kind::kGlobal:
    case Kind::kImports:
    case Kind::kImport:
    case Kind::kImportContext:
    case Kind::kImportCode:
    case Kind::kHeap:
    case Kind::kTypes:
    case Kind::kStackSum:
      r.add = wrapped_sum(r.add, by);
      if (r.add > kMostOffset || r.add < -kMostOffset) return {};
      return r;
    default: return {};
  }
}

Value sum(const Value& a, const Value& b) {
  // A constant that was found by comparing has a name, too.
  if (a.is(Kind::kOpen) && a.id == 0 && b.id != 0) return sum_with_number(a, as_number(b));
  if (b.is(Kind::kOpen) && b.id == 0 && a.id != 0) return sum_with_number(b, as_number(a));
  if (b.is_constant()) return plus_constant(a, static_cast<int64_t>(b.lo));
  if (a.is_constant()) return plus_constant(b, static_cast<int64_t>(a.lo));
  if (a.is(Kind::kSigned) || b.is(Kind::kSigned)) {
    const Value &n = a.is(Kind::kSigned) ? a : b, &p = a.is(Kind::kSigned) ? b : a;
    int64_t least, most;
    if (p.is(Kind::kMemory)) return spread_signed(p, n);
    if (!p.is(Kind::kSigned) && !(p.is_number() && p.hi <= kMostSpan)) return {};
    if (__builtin_add_overflow(n.least(), p.least(), &least) || __builtin_add_overflow(n.most(), p.most(), &most))
      return {};
    return signed_number(least, most);
  }
  const Value &p = a.is_number() ? b : a, &n = a.is_number() ? a : b;
  if (p.is_number()) {
    Value v;
    if (a.hi + b.hi >= a.hi) v.lo = a.lo + b.lo, v.hi = a.hi + b.hi;
    return v;
  }
  if (n.is_number()) {
    if (p.kind == Kind::kElements && n.table == p.of + 1 && n.id != 0) return {};  // not scaled
    return sum_with_number(p, n);
  }
  const auto both = [&](Kind x, Kind y) { return (a.is(x) && b.is(y)) || (a.is(y) && b.is(x)); };
  const auto the = [&](Kind k) -> const Value& { return a.is(k) ? a : b; };
  if (both(Kind::kHalfFrame, Kind::kStack)) return pointer(Kind::kStackSum, the(Kind::kStack).add);
  if (both(Kind::kDistance, Kind::kCode) && the(Kind::kCode).hi == 0 && the(Kind::kCode).add >= 0) {
    Value v = the(Kind::kDistance);
    v.kind = Kind::kTarget;
    v.of = static_cast<uint32_t>(the(Kind::kCode).add);
    return v;
  }
  return {};
}

Value as_number(const Value& v) {
  if (v.is_number()) return v;
  if (!v.is(Kind::kRef) && !v.is(Kind::kSigned)) return {};
  return {.id = v.id, .add = v.add};
}

Value sign_extended(const Value& v, unsigned bytes, unsigned to) {
  const uint64_t sign = uint64_t{1} << (8 * bytes - 1);
  if (v.is_number() && v.hi < sign) return v;
  Value r = to < 8 ? number_of_bytes(to) : signed_number(-static_cast<int64_t>(sign), static_cast<int64_t>(sign) - 1);
  if (v.is_number() && v.lo >= sign && v.hi < 2 * sign && to == 8) r = number(v.lo - 2 * sign, v.hi - 2 * sign);
  if (!v.is_number() || v.add != 0) return r;
  if (r.is(Kind::kSigned) && v.hi < 2 * sign) r.of = v.id, r.flag = static_cast<uint8_t>(bytes);
  else if ((v.id & kParts) == part_bits(bytes)) r.of = v.id;
  return r;
}

Value times(const Value& v, unsigned factor) {
  if (factor == 1) return v;
  if (v.is(Kind::kSigned)) {
    const int64_t most = INT64_MAX / factor;
    if (v.least() < -most || v.most() > most) return {};
    return signed_number(v.least() * factor, v.most() * factor);
  }
  if (!v.is_number() || v.hi > ~uint64_t{0} / factor) return {};
  Value r = number(v.lo * factor, v.hi * factor);
  r.flag = static_cast<uint8_t>(factor);
  return r;
}

Value low_part(const Value& v, unsigned bytes) {
  const Value any = number_of_bytes(bytes);
  if (bytes == 4 && (v.is(Kind::kRefType) || v.is(Kind::kRefIndex))) return v;
  if (v.is_number() && v.hi <= any.hi) return v;
  if (v.is_constant()) return constant(v.lo & any.hi);
  Value r = any;
  if (v.is_number() && v.table == 0 && v.flag == kTruth) {
    if (bytes == 1) r.hi = 1;
    else r.flag = kTruth;
  }
  if (v.is_number() || v.is(Kind::kSigned)) {
    r.of = v.of;
    const bool is_it = v.is(Kind::kSigned) ? v.flag == bytes : (v.of & kParts) == part_bits(bytes);
    if (v.of != 0 && is_it) return r.id = v.of, r.of = 0, r;
    if (v.is(Kind::kSigned) && (v.of & kParts) == 0) r.of = 0;
  }
  if ((v.is_number() || v.is(Kind::kRef) || v.is(Kind::kSigned)) && v.add == 0 && v.id != 0) {
    const uint32_t had = v.id & kParts;
    if (had == 0 || had == part_bits(4) || (had == part_bits(2) && bytes == 1))
      r.id = (v.id & ~kParts) | part_bits(bytes);
  }
  return r;
}

Value join(const Value& a, const Value& b, bool widen) {
  if (a == b) return a;
  // Null is a reference, too.
  if (a.is(Kind::kRef) && (b.is_constant(0) || b.is(Kind::kRef))) return {.kind = Kind::kRef};
  if (b.is(Kind::kRef) && a.is_constant(0)) return {.kind = Kind::kRef};
  const auto is_refined = [](const Value& x, const Value& y) {
    Value z = x;
    z.flag = y.flag;
    return z == y;
  };
  if (a.is(Kind::kPlaces) && b.is_constant(0)) return a;
  if (b.is(Kind::kPlaces) && a.is_constant(0)) return b;
  const auto is_negative = [](const Value& x) { return x.is_number() && x.least() < 0 && x.most() < 0; };
  const auto is_any = [&](const Value& x) {
    return x.is(Kind::kSigned) || (x.is_number() && x.hi <= kMostSpan) || (is_negative(x) && x.least() >= -kMostOffset);
  };
  const bool has_sign = a.is(Kind::kSigned) || b.is(Kind::kSigned) || is_negative(a) != is_negative(b);
  if (has_sign && is_any(a) && is_any(b)) {
    int64_t least = std::min(a.least(), b.least()), most = std::max(a.most(), b.most());
    const auto power = [](int64_t n) { return n <= INT64_C(0x7fffffff) ? INT64_C(0x7fffffff) : INT64_MAX; };
    if (widen && least < a.least()) least = least >= INT32_MIN ? INT32_MIN : INT64_MIN;
    if (widen && most > a.most()) most = power(most);
    Value v = signed_number(least, most);
    if (a.id == b.id && a.add == b.add) v.id = a.id, v.add = a.add;
    return v;
  }
  if (a.kind != b.kind) return {};
  switch (a.kind) {
    case Kind::kNumber: {
      Value v;
      const auto bits = [](uint64_t n) {
        for (const uint64_t most : {uint64_t{0xff}, uint64_t{0xffff}, kMost32, kMost32 << 3})
          if (n <= most) return most;
        return ~uint64_t{0};
      };
      v.lo = std::min(a.lo, b.lo), v.hi = std::max(a.hi, b.hi);
      if (widen && v.lo != a.lo) v.lo = 0;
      if (widen && v.hi != a.hi) v.hi = bits(v.hi);
      if (a.id == b.id && a.add == b.add) v.id = a.id, v.add = a.add;
      const auto is_truth = [](const Value& x) { return x.hi <= 1 || (x.table == 0 && x.flag == kTruth); };
      if (v.hi > 1 && is_truth(a) && is_truth(b)) v.flag = kTruth;
      if (a.table == b.table && a.table != 0) v.table = a.table, v.flag = a.flag | b.flag;
      return v;
    }
    case Kind::kMemory:
    case Kind::kHeap:
    case Kind::kStack:
    case Kind::kCode:
    case Kind::kFrame: {
      const int64_t end = std::max(a.add + static_cast<int64_t>(a.hi), b.add + static_cast<int64_t>(b.hi));
      Value v = a;
      if (a.is(Kind::kCode)) v.flag = 1;
      else v.of = a.of | b.of;
      v.add = std::min(a.add, b.add);
      v.hi = static_cast<uint64_t>(end - v.add);
      if (widen && v != a) {
        // An index and the largest offset of an instruction: another one can be added.
        constexpr int64_t kMost = INT64_C(0x17ffffffe);
        if (!a.is(Kind::kMemory) || v.add < INT32_MIN || end > kMost) return {};
        v.add = v.add < a.add ? (v.add < 0 ? INT32_MIN : 0) : a.add;
        v.hi = static_cast<uint64_t>((end > a.add + static_cast<int64_t>(a.hi) ? kMost : end) - v.add);
      }
      return v;
    }
    case Kind::kEntry:
    case Kind::kEntryByRegisters:
    case Kind::kImportByRegisters:
    case Kind::kElement:
    case Kind::kOpenChecked: {
      if (!is_refined(a, b)) return {};
      Value v = a;
      v.flag = a.flag & b.flag;
      return v;
    }
    default: return {};
  }
}

}  // namespace ermine::verify::optimized
