// The constants and result patterns of scripts. See script.h.
#include <fmt/format.h>

#include <cstring>

#include "base/fixed_text.h"
#include "text/number.h"
#include "text/wast/component_values.h"
#include "text/wast/script.h"

namespace ermine::text {

namespace {
constexpr unsigned kMaxEitherNesting = 8;

struct ReferencePattern {
  base::FixedText<10> word;
  ScriptValueKind kind;
};
constexpr ReferencePattern kReferencePatterns[] = {
    {"ref.func", ScriptValueKind::kRefFunc},     {"ref.any", ScriptValueKind::kRefAny},
    {"ref.eq", ScriptValueKind::kRefEq},         {"ref.i31", ScriptValueKind::kRefI31},
    {"ref.struct", ScriptValueKind::kRefStruct}, {"ref.array", ScriptValueKind::kRefArray},
    {"ref.exn", ScriptValueKind::kRefExn},
};
}  // namespace

bool ScriptReader::float_lane(unsigned bits, bool pattern, uint64_t& out, NanPattern& nan) {
  nan = NanPattern::kNone;
  if (pattern && tok_.kind == TokenKind::kKeyword && tok_.text == "nan:canonical") nan = NanPattern::kCanonical;
  if (pattern && tok_.kind == TokenKind::kKeyword && tok_.text == "nan:arithmetic") nan = NanPattern::kArithmetic;
  if (nan == NanPattern::kNone) {
    NumberStatus status = NumberStatus::kMalformed;
    if (tok_.kind == TokenKind::kNumber || tok_.kind == TokenKind::kKeyword) {
      if (bits == 32) {
        uint32_t narrow = 0;
        status = parse_f32(tok_.text, narrow);
        out = narrow;
      } else {
        status = parse_f64(tok_.text, out);
      }
    }
    if (status != NumberStatus::kOk) return fail(fmt::format("expected an f{} constant", bits));
  } else {
    out = 0;
  }
  advance();
  return true;
}

bool ScriptReader::number(ScriptValue& out, bool pattern) {
  switch (out.kind) {
    case ScriptValueKind::kF32: return float_lane(32, pattern, out.bits, out.nan);
    case ScriptValueKind::kF64: return float_lane(64, pattern, out.bits, out.nan);
    default: break;
  }
  unsigned bits = out.kind == ScriptValueKind::kI32 ? 32 : 64;
  if (tok_.kind != TokenKind::kNumber || parse_integer(tok_.text, bits, out.bits) != NumberStatus::kOk)
    return fail(fmt::format("expected an i{} constant", bits));
  advance();
  return true;
}

namespace {

struct Shape {
  std::string_view name;
  uint8_t lanes;
  bool is_float;
};
constexpr Shape kShapes[] = {{"i8x16", 16, false}, {"i16x8", 8, false}, {"i32x4", 4, false},
                             {"i64x2", 2, false},  {"f32x4", 4, true},  {"f64x2", 2, true}};

// Null for any other name.
const Shape* find_shape(std::string_view name) {
  for (const Shape& shape : kShapes)
    if (shape.name == name) return &shape;
  return nullptr;
}

}  // namespace

bool ScriptReader::vector(ScriptValue& out, bool pattern) {
  const Shape* shape = tok_.kind == TokenKind::kKeyword ? find_shape(tok_.text) : nullptr;
  if (shape == nullptr) return fail("expected the shape of the vector");
  out.shape = shape->name;
  const unsigned lanes = shape->lanes, lane_bytes = 16 / lanes;
  const bool is_float = shape->is_float;
  advance();
  for (unsigned i = 0; i < lanes; ++i) {
    uint64_t bits = 0;
    if (is_float) {
      if (!float_lane(lane_bytes * 8, pattern, bits, out.lane_nans[i])) return false;
      if (out.lane_nans[i] != NanPattern::kNone) out.lane_bytes = static_cast<uint8_t>(lane_bytes);
    } else {
      if (tok_.kind != TokenKind::kNumber || parse_integer(tok_.text, lane_bytes * 8, bits) != NumberStatus::kOk)
        return fail(fmt::format("expected an i{} constant", lane_bytes * 8));
      advance();
    }
    std::memcpy(out.bytes.data() + i * lane_bytes, &bits, lane_bytes);
  }
  return true;
}

bool ScriptReader::value(ScriptValue& out, bool pattern, unsigned depth) {
  if (tok_.kind != TokenKind::kOpen) return fail("expected a constant");
  std::string_view word = tok_.text;
  auto constant = [&](ScriptValueKind kind) {
    out.kind = kind;
    advance();
    return (kind == ScriptValueKind::kV128 ? vector(out, pattern) : number(out, pattern)) && close();
  };
  if (word == "i32.const") return constant(ScriptValueKind::kI32);
  if (word == "i64.const") return constant(ScriptValueKind::kI64);
  if (word == "f32.const") return constant(ScriptValueKind::kF32);
  if (word == "f64.const") return constant(ScriptValueKind::kF64);
  if (word == "v128.const") return constant(ScriptValueKind::kV128);
  if (word == "ref.null") {
    out.kind = ScriptValueKind::kRefNull;
    advance();
    if (tok_.kind == TokenKind::kKeyword) {
      out.heap = tok_.text;
      advance();
    } else if (!optional_id(out.heap) && !pattern) {
      return fail("expected a heap type");
    }
    return close();
  }
  if (word == "ref.extern" || word == "ref.host") {
    out.kind = word == "ref.extern" ? ScriptValueKind::kRefExtern : ScriptValueKind::kRefHost;
    advance();
    out.has_number = tok_.kind == TokenKind::kNumber;
    if (out.has_number) {
      if (parse_unsigned(tok_.text, 64, out.bits) != NumberStatus::kOk) return fail("expected a number");
      advance();
    } else if (!pattern) {
      return fail("expected a number");
    }
    return close();
  }
  if (const size_t dot = word.find('.'); dot != word.npos && !word.starts_with("ref."))
    return component_value(out, word, pattern, depth) && close();
  if (!pattern) return fail("expected a constant");
  if (word == "either") {
    if (depth >= kMaxEitherNesting) return fail("(either ...) is nested too deeply");
    out.kind = ScriptValueKind::kEither;
    advance();
    while (tok_.kind == TokenKind::kOpen)
      if (!value(out.parts.emplace_back(), pattern, depth + 1)) return false;
    return close();
  }
  for (const ReferencePattern& reference : kReferencePatterns) {
    if (reference.word != word) continue;
    out.kind = reference.kind;
    advance();
    // Scripts of other engines have a number here. It has no meaning: any function matches.
    if (out.kind == ScriptValueKind::kRefFunc && tok_.kind == TokenKind::kNumber) advance();
    return close();
  }
  return fail("expected a constant or a pattern");
}

namespace {

std::string float_text(unsigned width, uint64_t bits, NanPattern nan) {
  if (nan == NanPattern::kCanonical) return "nan:canonical";
  if (nan == NanPattern::kArithmetic) return "nan:arithmetic";
  std::string out;
  if (width == 32) print_f32(out, static_cast<uint32_t>(bits));
  else print_f64(out, bits);
  return out;
}

// The patterns are those of float lanes, from the first on.
std::string lanes_text(std::span<const uint8_t, 16> bytes, std::string_view shape, std::span<const NanPattern> nans) {
  const Shape& s = *find_shape(shape);
  const unsigned size = 16 / s.lanes;
  std::string out = fmt::format("v128:{}(", shape);
  for (unsigned i = 0; i < s.lanes; ++i) {
    uint64_t lane = 0;
    std::memcpy(&lane, bytes.data() + i * size, size);
    if (i > 0) out += ' ';
    const int64_t integer = static_cast<int64_t>(lane << (64 - size * 8)) >> (64 - size * 8);
    out += s.is_float ? float_text(size * 8, lane, i < nans.size() ? nans[i] : NanPattern::kNone)
                      : std::to_string(integer);
  }
  return out + ")";
}

}  // namespace

std::string vector_text(std::span<const uint8_t, 16> bytes, std::string_view shape) {
  return lanes_text(bytes, shape, {});
}

std::string ScriptValue::to_string() const {
  switch (kind) {
    case ScriptValueKind::kI32: return fmt::format("i32:{}", static_cast<int32_t>(bits));
    case ScriptValueKind::kI64: return fmt::format("i64:{}", static_cast<int64_t>(bits));
    case ScriptValueKind::kF32: return "f32:" + float_text(32, bits, nan);
    case ScriptValueKind::kF64: return "f64:" + float_text(64, bits, nan);
    case ScriptValueKind::kV128: return lanes_text(bytes, shape, lane_nans);
    case ScriptValueKind::kRefNull: return heap.empty() ? "ref.null" : "ref.null " + heap;
    case ScriptValueKind::kRefExtern: return has_number ? fmt::format("ref.extern {}", bits) : "ref.extern";
    case ScriptValueKind::kRefHost: return has_number ? fmt::format("ref.host {}", bits) : "ref.host";
    case ScriptValueKind::kEither: {
      std::string out;
      for (const ScriptValue& choice : parts) out += (out.empty() ? "" : " or ") + choice.to_string();
      return out;
    }
    default:
      if (is_component_value(kind)) return component_text(*this);
      for (const ReferencePattern& reference : kReferencePatterns)
        if (reference.kind == kind) return std::string(reference.word.view());
      return "?";
  }
}

}  // namespace ermine::text
