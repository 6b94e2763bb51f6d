// The immediates of plain instructions, by their kind in the instruction table (wasm::Imm). See parser.h.

#include <bit>

#include "base/format.h"
#include "text/number.h"
#include "text/parser.h"
#include "wasm/immediates.h"

namespace ermine::text {

using wasm::Imm;

uint32_t Parser::label() {
  if (tok_.kind == TokenKind::kNumber) return static_cast<uint32_t>(unsigned_number(32));
  if (tok_.kind != TokenKind::kId) {
    unexpected("a label");
    return 0;
  }
  std::string_view name = identifier(tok_);
  uint32_t* depth = label_names_.find(name);
  if (!depth || *depth == 0) {
    fail(tok_, base::format("unknown label ${}", name));
    return 0;
  }
  auto relative = static_cast<uint32_t>(labels_.size()) - *depth;
  advance();
  return relative;
}

uint32_t Parser::local() {
  if (tok_.kind == TokenKind::kNumber) return static_cast<uint32_t>(unsigned_number(32));
  if (tok_.kind != TokenKind::kId) {
    unexpected("a local index or identifier");
    return 0;
  }
  std::string_view name = identifier(tok_);
  uint32_t* found = in_function_ ? locals_.find(name) : nullptr;
  if (!found) {
    fail(tok_, base::format("unknown local ${}", name));
    return 0;
  }
  uint32_t value = *found;
  advance();
  return value;
}

uint32_t Parser::field_index(uint32_t type) {
  if (tok_.kind == TokenKind::kNumber) return static_cast<uint32_t>(unsigned_number(32));
  if (tok_.kind != TokenKind::kId) {
    unexpected("a field index or identifier");
    return 0;
  }
  std::string_view name = identifier(tok_);
  uint32_t* found = fields_.find(name, type);
  if (!found) {
    fail(tok_, base::format("unknown field ${}", name));
    return 0;
  }
  uint32_t value = *found;
  advance();
  return value;
}

// Reports the status of a number parser as an error. True if there was none; then moves to the next token.
bool Parser::number_done(NumberStatus status, std::string_view what) {
  switch (status) {
    case NumberStatus::kOk: advance(); return true;
    case NumberStatus::kOutOfRange: fail(tok_, base::format("{} constant out of range", what)); return false;
    case NumberStatus::kMalformed:
      if (tok_.kind == TokenKind::kNumber || tok_.kind == TokenKind::kReserved ||
          tok_.text.find_first_of(":=") != tok_.text.npos)
        fail(tok_, base::format("unknown operator {}: not an {} constant", excerpt(tok_.text), what));
      else unexpected(base::format("an {} constant", what));
      return false;
  }
  return false;
}

uint64_t Parser::integer(unsigned bits) {
  uint64_t value = 0;
  number_done(tok_.kind == TokenKind::kNumber ? parse_integer(tok_.text, bits, value) : NumberStatus::kMalformed,
              bits == 8    ? "i8"
              : bits == 16 ? "i16"
              : bits == 32 ? "i32"
                           : "i64");
  return value;
}

uint32_t Parser::f32() {
  uint32_t value = 0;
  bool candidate = tok_.kind == TokenKind::kNumber || tok_.kind == TokenKind::kKeyword;
  number_done(candidate ? parse_f32(tok_.text, value) : NumberStatus::kMalformed, "f32");
  return value;
}

uint64_t Parser::f64() {
  uint64_t value = 0;
  bool candidate = tok_.kind == TokenKind::kNumber || tok_.kind == TokenKind::kKeyword;
  number_done(candidate ? parse_f64(tok_.text, value) : NumberStatus::kMalformed, "f64");
  return value;
}

void Parser::lane(ByteBuffer& out) { out.u8(static_cast<uint8_t>(unsigned_number(8))); }

void Parser::v128(ByteBuffer& out) {
  struct Shape {
    std::string_view word;
    unsigned lanes;
    bool is_float;
  };
  static constexpr Shape kShapes[] = {{"i8x16", 16, false}, {"i16x8", 8, false}, {"i32x4", 4, false},
                                      {"i64x2", 2, false},  {"f32x4", 4, true},  {"f64x2", 2, true}};
  const Shape* shape = nullptr;
  if (tok_.kind == TokenKind::kKeyword)
    for (const Shape& s : kShapes)
      if (s.word == tok_.text) shape = &s;
  if (!shape) return unexpected("the shape of the constant: i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2");
  advance();
  for (unsigned i = 0; i < shape->lanes; ++i) {
    if (tok_.kind == TokenKind::kClose || tok_.kind == TokenKind::kOpen)
      return fail(tok_, base::format("wrong number of lane literals: {} of {}", i, shape->lanes));
    if (shape->is_float && shape->lanes == 4) out.fixed(f32());
    else if (shape->is_float) out.fixed(f64());
    else if (shape->lanes == 16) out.fixed(static_cast<uint8_t>(integer(8)));
    else if (shape->lanes == 8) out.fixed(static_cast<uint16_t>(integer(16)));
    else if (shape->lanes == 4) out.fixed(static_cast<uint32_t>(integer(32)));
    else out.fixed(integer(64));
    if (failed()) return;
  }
  if (tok_.kind == TokenKind::kNumber)
    fail(tok_, base::format("wrong number of lane literals: more than {}", shape->lanes));
}

void Parser::mem_arg(Op op, ByteBuffer& out, bool with_lane) {
  uint32_t memory = 0;
  // Before a lane index a single number is that lane, not a memory.
  bool has_memory = at_index();
  if (has_memory && with_lane && tok_.kind == TokenKind::kNumber) {
    Lexer ahead = lexer_;
    Token next = ahead.next();
    has_memory =
        next.kind == TokenKind::kNumber ||
        (next.kind == TokenKind::kKeyword && (next.text.starts_with("offset=") || next.text.starts_with("align=")));
  }
  if (has_memory) memory = index(Space::kMemory);
  auto argument = [&](std::string_view prefix, uint64_t otherwise) {
    if (tok_.kind != TokenKind::kKeyword || !tok_.text.starts_with(prefix)) return otherwise;
    uint64_t value = 0;
    number_done(parse_unsigned(tok_.text.substr(prefix.size()), 64, value), "i64");
    return value;
  };
  uint64_t offset = argument("offset=", 0);
  Token at = tok_;
  uint64_t align = argument("align=", uint64_t{1} << wasm::op_info(op).width);
  if (failed()) return;
  if (!std::has_single_bit(align)) return fail(at, "alignment must be a power of two");
  auto align_log2 = static_cast<uint32_t>(std::countr_zero(align));
  if (align_log2 >= 0x40) return fail(at, "alignment must not be larger than natural", {}, ErrorKind::kInvalid);
  out.leb(align_log2 | (memory != 0 ? 0x40 : 0));
  if (memory != 0) out.leb(memory);
  out.leb(offset);
}

// "x y": both in `first` and `second`, or, where one may be left out, neither or one.
void Parser::two_indices(Space first, Space second, bool first_optional, uint32_t& a, uint32_t& b) {
  a = b = 0;
  if (first_optional) {
    Lexer ahead = lexer_;
    Token next = at_index() ? ahead.next() : Token{};
    if (next.kind == TokenKind::kNumber || next.kind == TokenKind::kId) a = index(first);
    b = index(second);
  } else if (at_index()) {
    a = index(first);
    b = index(second);
  }
}

void Parser::plain(Op op, ByteBuffer& out) {
  // Two encodings of one name: the operands decide.
  if (op == Op::select && at_open("result")) op = Op::select_t;
  Imm imm = wasm::op_info(op).imm;
  if (imm != Imm::HeapType) out.opcode(op);
  needs_data_count_ |= wasm::names_data_segment(imm);
  uint32_t a, b;
  switch (imm) {
    case Imm::None: return;
    case Imm::Label: return out.leb(label());
    case Imm::LabelTable: {
      ByteBuffer labels;
      uint32_t count = 0;
      do {
        labels.leb(label());
        ++count;
      } while (at_index());
      out.leb(count - 1);
      return out.bytes(labels.view());
    }
    case Imm::Func: return out.leb(index(Space::kFunc));
    case Imm::TypeTable: {
      uint32_t table = optional_index(Space::kTable, 0);
      out.leb(type_use(ParamNames::kRefuse).index);
      return out.leb(table);
    }
    case Imm::Type: return out.leb(index(Space::kType));
    case Imm::Tag: return out.leb(index(Space::kTag));
    case Imm::SelectTypes: {
      ByteBuffer types;
      uint32_t count = 0;
      while (accept_open("result")) {
        for (; auto type = try_value_type(); ++count) write_type(types, *type);
        expect_close();
      }
      out.leb(count);
      return out.bytes(types.view());
    }
    case Imm::Local: return out.leb(local());
    case Imm::Global: return out.leb(index(Space::kGlobal));
    case Imm::Table: return out.leb(optional_index(Space::kTable, 0));
    case Imm::Memory: return out.leb(optional_index(Space::kMemory, 0));
    case Imm::MemArg: return mem_arg(op, out, false);
    case Imm::MemArgLane: mem_arg(op, out, true); return lane(out);
    case Imm::I32: return out.sleb(static_cast<int32_t>(integer(32)));
    case Imm::I64: return out.sleb(static_cast<int64_t>(integer(64)));
    case Imm::F32: return out.fixed(f32());
    case Imm::F64: return out.fixed(f64());
    case Imm::V128: return v128(out);
    case Imm::Shuffle:
      for (int i = 0; i < 16; ++i) {
        if (tok_.kind != TokenKind::kNumber)
          return fail(tok_, base::format("invalid lane length: {} of 16 lane indices", i));
        lane(out);
      }
      if (tok_.kind == TokenKind::kNumber) fail(tok_, "invalid lane length: more than 16 lane indices");
      return;
    case Imm::Lane: return lane(out);
    case Imm::HeapType: {
      if (op == Op::ref_null) {
        out.opcode(op);
        return out.sleb(heap_type());
      }
      ValTypeCode type = reference_type();
      if (type.code != 0x64) op = op == Op::ref_test ? Op::ref_test_null : Op::ref_cast_null;
      out.opcode(op);
      return out.sleb(heap_of(type));
    }
    case Imm::TypeField: {
      uint32_t type = index(Space::kType);
      out.leb(type);
      return out.leb(field_index(type));
    }
    case Imm::TypeCount: out.leb(index(Space::kType)); return out.leb(unsigned_number(32));
    case Imm::TypeData: out.leb(index(Space::kType)); return out.leb(index(Space::kData));
    case Imm::TypeElem: out.leb(index(Space::kType)); return out.leb(index(Space::kElem));
    case Imm::TypeType: out.leb(index(Space::kType)); return out.leb(index(Space::kType));
    case Imm::BrOnCast: {
      uint32_t target = label();
      ValTypeCode from = reference_type(), to = reference_type();
      out.u8((from.code != 0x64 ? 1 : 0) | (to.code != 0x64 ? 2 : 0));
      out.leb(target);
      out.sleb(heap_of(from));
      return out.sleb(heap_of(to));
    }
    case Imm::DataMemory:
      two_indices(Space::kMemory, Space::kData, true, a, b);
      out.leb(b);
      return out.leb(a);
    case Imm::Data: return out.leb(index(Space::kData));
    case Imm::MemoryMemory:
      two_indices(Space::kMemory, Space::kMemory, false, a, b);
      out.leb(a);
      return out.leb(b);
    case Imm::ElemTable:
      two_indices(Space::kTable, Space::kElem, true, a, b);
      out.leb(b);
      return out.leb(a);
    case Imm::Elem: return out.leb(index(Space::kElem));
    case Imm::TableTable:
      two_indices(Space::kTable, Space::kTable, false, a, b);
      out.leb(a);
      return out.leb(b);
    case Imm::Fence: return out.u8(0);
    case Imm::BlockType:
    case Imm::TryTable: return;  // blocks are not plain
  }
}

}  // namespace ermine::text
