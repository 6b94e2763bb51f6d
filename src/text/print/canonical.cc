// See canonical.h. Everything is copied element by element, with LEB128s in their shortest form and the few changes
// that the parser's choices make: short forms of segments, merged locals, no memory index 0.
#include "text/print/canonical.h"

#include <algorithm>

#include "wasm/immediates.h"

namespace ermine::text {

using binary::ByteBuffer;
using binary::Instr;
using binary::InstrReader;
using binary::Op;
using binary::Reader;
using wasm::Imm;

namespace {

uint32_t copy_u32(Reader& in, ByteBuffer& out) {
  uint32_t v = in.u32();
  out.leb(v);
  return v;
}

uint8_t copy_byte(Reader& in, ByteBuffer& out) {
  uint8_t v = in.byte();
  out.u8(v);
  return v;
}

void copy_bytes(Reader& in, ByteBuffer& out, size_t n) {
  if (const uint8_t* bytes = in.bytes(n)) out.bytes(std::span(bytes, n));
}

void copy_name(Reader& in, ByteBuffer& out) { copy_bytes(in, out, copy_u32(in, out)); }

// Returns the type's code.
uint8_t copy_type(Reader& in, ByteBuffer& out) {
  uint8_t code = copy_byte(in, out);
  if (code == 0x63 || code == 0x64) out.sleb(in.s33());
  return code;
}

void copy_field(Reader& in, ByteBuffer& out) {
  copy_type(in, out);
  copy_byte(in, out);
}

void copy_limits(Reader& in, ByteBuffer& out) {
  uint8_t flags = copy_byte(in, out);
  out.leb(in.u64());
  if (flags & 1) out.leb(in.u64());
  if (flags & 8) copy_u32(in, out);
}

void copy_block_type(Reader& in, ByteBuffer& out) {
  uint8_t code = in.at_end() ? 0 : *in.position();
  if (code >= 0x40 && code < 0x80) copy_type(in, out);
  else out.sleb(in.s33());
}

void copy_memory_argument(Reader& in, ByteBuffer& out) {
  uint32_t flags = in.u32();
  uint32_t memory = flags & 0x40 ? in.u32() : 0;
  out.leb((flags & 0x3F) | (memory != 0 ? 0x40 : 0));
  if (memory != 0) out.leb(memory);
  out.leb(in.u64());
}

// A part of a layout (immediates.def).
void copy_part(char part, Reader& in, ByteBuffer& out) {
  switch (part) {
    case 'u':
    case 'y':
    case 'd': copy_u32(in, out); return;
    case 's': out.sleb(in.s32()); return;
    case 'l': out.sleb(in.s64()); return;
    case 'h': out.sleb(in.s33()); return;
    case '1': copy_byte(in, out); return;
    case '4': return copy_bytes(in, out, 4);
    case '8': return copy_bytes(in, out, 8);
    case 'x': return copy_bytes(in, out, 16);
    case 'b': return copy_block_type(in, out);
    case 't': copy_type(in, out); return;
    case 'm': return copy_memory_argument(in, out);
    case 'c':
      if (copy_byte(in, out) < 2) copy_u32(in, out);
      copy_u32(in, out);
      return;
  }
}

// An instruction after its opcode. `in` is at the first immediate.
void copy_immediates(Imm imm, Reader& in, ByteBuffer& out) {
  const std::string_view layout = wasm::layout_of(imm);
  for (size_t i = 0; i < layout.size(); ++i) {
    uint32_t count = 1;
    if (layout[i] == '*') {
      count = copy_u32(in, out);
      ++i;
    }
    for (; count > 0 && in.ok(); --count) copy_part(layout[i], in, out);
  }
}

class Canonicalizer {
 public:
  explicit Canonicalizer(const RawModule& raw) : raw_(raw) {}

  Result<EncodingDelta> run() {
    EncodingDelta out;
    out.same(8);
    const RawSection* data_count = nullptr;
    for (const RawSection& s : raw_.sections)
      if (s.id == 12) data_count = &s;
    // Whether the parser writes a data count depends on the code, which follows it.
    EncodingDelta code;
    for (const RawSection& s : raw_.sections) {
      if (s.id != 10) continue;
      ERMINE_TRY(code_section_delta(s, code));
    }
    for (const RawSection& s : raw_.sections) {
      if (s.id == 10) {
        if (uses_data_ && !data_count) {
          // Not valid without one, but the parser writes it nevertheless.
          ByteBuffer count, section;
          count.leb(raw_.count(NameSpace::kData));
          section.u8(12);
          section.leb(count.size());
          section.bytes(count.view());
          out.add({}, section.view());
        }
        wrap(out, s, code, code_count_ == 0);
        continue;
      }
      EncodingDelta contents;
      bool absent = false;
      ERMINE_TRY(section(s, contents, absent));
      wrap(out, s, contents, absent);
    }
    return out;
  }

 private:
  // Where a piece of a section or body ends, in the original and the canonical form.
  struct Part {
    size_t original, canonical;
  };

  // The end of a section's size; for custom sections `begin` is after the name.
  uint32_t header_end(const RawSection& s) const {
    Reader in = raw_.reader(s.start + 1, s.end);
    in.u32();
    return in.offset();
  }

  // A section's header, then its contents. `absent`: the parser does not write such a section.
  void wrap(EncodingDelta& out, const RawSection& s, const EncodingDelta& contents, bool absent) {
    std::span<const uint8_t> all = raw_.module.bytes.subspan(s.start, s.end - s.start);
    if (absent) return out.add(all, {});
    ByteBuffer header;
    header.u8(s.id);
    header.leb(contents.canonical_size());
    out.add(all.first(header_end(s) - s.start), header.view());
    out.append(contents);
  }

  Result<void> section(const RawSection& s, EncodingDelta& delta, bool& absent) {
    uint32_t begin = s.id == 0 ? header_end(s) : s.begin;
    std::span<const uint8_t> original = raw_.module.bytes.subspan(begin, s.end - begin);
    Reader in = raw_.reader(begin, s.end);
    ByteBuffer out;
    std::vector<Part> parts;
    auto part = [&] { parts.push_back({in.offset() - begin, out.size()}); };
    if (s.id == 0) {
      copy_name(in, out);
      part();
      copy_bytes(in, out, in.left());
    } else if (s.id == 8) {
      copy_u32(in, out);
    } else if (s.id == 12) {
      in.u32();
      out.leb(raw_.count(NameSpace::kData));
      absent = !uses_data_;
    } else {
      uint32_t count = in.length(), written = 0;
      // Only import groups can be omitted, and few modules have an empty one.
      uint32_t empty = s.id == 2 ? raw_.empty_import_groups : 0;
      out.leb(count - empty);
      part();
      for (; count > 0 && in.ok(); --count) {
        size_t before = out.size();
        entry(s.id, in, out);
        written += out.size() != before;
        part();
      }
      absent = written == 0;
    }
    if (in.ok() && !in.at_end()) in.malformed(in.offset(), "section size mismatch");
    if (!in.ok()) return in.take_error();
    part();
    if (std::ranges::equal(original, out.view())) {
      delta.same(out.size());
      return {};
    }
    add_parts(delta, original, out.view(), parts);
    return {};
  }

  static void add_parts(EncodingDelta& delta, std::span<const uint8_t> original, std::span<const uint8_t> canonical,
                        std::span<const Part> parts) {
    delta.check(canonical);
    Part last{0, 0};
    for (const Part& p : parts) {
      delta.add(original.subspan(last.original, p.original - last.original),
                canonical.subspan(last.canonical, p.canonical - last.canonical));
      last = p;
    }
  }

  void entry(uint8_t section, Reader& in, ByteBuffer& out) {
    switch (section) {
      case 1: return type_group(in, out);
      case 2: return import(in, out);
      case 3: copy_u32(in, out); return;
      case 4: {
        bool has_init = !in.at_end() && *in.position() == 0x40;
        if (has_init) copy_bytes(in, out, 2);
        copy_type(in, out);
        copy_limits(in, out);
        if (has_init) expression(in, out);
        return;
      }
      case 5: return copy_limits(in, out);
      case 6: copy_field(in, out); return expression(in, out);
      case 7:
        copy_name(in, out);
        copy_byte(in, out);
        copy_u32(in, out);
        return;
      case 9: return element(in, out);
      case 11: return data(in, out);
      case 13:
        copy_byte(in, out);
        copy_u32(in, out);
        return;
      default: return;
    }
  }

  void type_group(Reader& in, ByteBuffer& out) {
    uint32_t members = 1;
    if (!in.at_end() && *in.position() == 0x4E) {
      copy_byte(in, out);
      members = copy_u32(in, out);
    }
    for (; members > 0 && in.ok(); --members) {
      uint8_t kind = copy_byte(in, out);
      if (kind == 0x50 || kind == 0x4F) {
        for (uint32_t n = copy_u32(in, out); n > 0 && in.ok(); --n) copy_u32(in, out);
        kind = copy_byte(in, out);
      }
      if (kind == 0x60) {
        for (int list = 0; list < 2; ++list)
          for (uint32_t n = copy_u32(in, out); n > 0 && in.ok(); --n) copy_type(in, out);
      } else {
        for (uint32_t n = kind == 0x5F ? copy_u32(in, out) : 1; n > 0 && in.ok(); --n) copy_field(in, out);
      }
    }
  }

  void descriptor(uint8_t kind, Reader& in, ByteBuffer& out) {
    if (kind == 1) copy_type(in, out);
    if (kind == 1 || kind == 2) copy_limits(in, out);
    if (kind == 3) copy_field(in, out);
    if (kind == 4) copy_byte(in, out);
    if (kind == 0 || kind == 4) copy_u32(in, out);
  }

  void import(Reader& in, ByteBuffer& out) {
    ByteBuffer head;
    copy_name(in, head);
    uint32_t size = copy_u32(in, head);
    copy_bytes(in, head, size);
    uint8_t kind = copy_byte(in, head);
    bool group = size == 0 && (kind == 0x7F || kind == 0x7E);
    if (!group) {
      out.bytes(head.view());
      return descriptor(kind, in, out);
    }
    if (kind == 0x7E) descriptor(copy_byte(in, head), in, head);
    uint32_t count = copy_u32(in, head);
    // The text format cannot express a group without items.
    if (count != 0) out.bytes(head.view());
    for (; count > 0 && in.ok(); --count) {
      copy_name(in, out);
      if (kind == 0x7F) descriptor(copy_byte(in, out), in, out);
    }
  }

  // Instructions up to the end that closes the expression or body. Records where they end if `parts` is
  // given; offsets count from `base`.
  void expression(Reader& in, ByteBuffer& out, std::vector<Part>* parts = nullptr, uint32_t base = 0) {
    auto to = static_cast<uint32_t>(in.offset() + in.left());
    InstrReader reader(raw_.module, in.offset(), to - in.offset());
    Instr instr;
    size_t depth = 0;
    while (reader.next(instr)) {
      const wasm::OpInfo& info = wasm::op_info(instr.op);
      uses_data_ |= wasm::names_data_segment(info.imm);
      out.opcode(info.code);
      if (info.imm != Imm::None) {
        in.seek(instr.offset + 1);
        if (info.code >= 0x100) in.u32();
        copy_immediates(info.imm, in, out);
      }
      if (parts) parts->push_back({reader.offset() - base, out.size()});
      if (wasm::opens_block(instr.op)) ++depth;
      if (instr.op == Op::delegate && depth > 0) --depth;
      if (instr.op == Op::end && depth-- == 0) break;
    }
    if (reader.failed()) return in.fail(reader.take_error());
    in.seek(reader.offset());
  }

  void element(Reader& in, ByteBuffer& out) {
    uint32_t flags = in.u32();
    bool active = !(flags & 1), exprs = flags & 4;
    uint32_t table = active && (flags & 2) ? in.u32() : 0;
    ByteBuffer offset, type;
    if (active) expression(in, offset);
    uint8_t code = 0x70;
    if (flags & 3) code = exprs ? copy_type(in, type) : copy_byte(in, type);
    if (active) {
      bool short_form = table == 0 && (!exprs || code == 0x70);
      out.u8((exprs ? 4 : 0) | (short_form ? 0 : 2));
      if (!short_form) out.leb(table);
      out.bytes(offset.view());
      if (!short_form) out.bytes(type.view());
    } else {
      out.leb(flags);
      out.bytes(type.view());
    }
    for (uint32_t n = copy_u32(in, out); n > 0 && in.ok(); --n) {
      if (exprs) expression(in, out);
      else copy_u32(in, out);
    }
  }

  void data(Reader& in, ByteBuffer& out) {
    uint32_t flags = in.u32();
    uint32_t memory = flags == 2 ? in.u32() : 0;
    out.leb(flags == 2 && memory == 0 ? 0 : flags);
    if (memory != 0) out.leb(memory);
    if (flags != 1) expression(in, out);
    copy_name(in, out);
  }

  Result<void> code_section_delta(const RawSection& s, EncodingDelta& out) {
    Reader in = raw_.reader(s);
    uint32_t at = in.offset();
    code_count_ = in.length();
    ByteBuffer canonical;
    canonical.leb(code_count_);
    out.add(raw_.module.bytes.subspan(at, in.offset() - at), canonical.view());
    ByteBuffer size_bytes;
    std::vector<Part> parts;
    for (uint32_t i = 0; i < code_count_ && in.ok(); ++i) {
      uint32_t size_at = in.offset();
      uint32_t size = in.u32();
      uint32_t begin = in.offset();
      if (!in.bytes(size)) break;
      std::span<const uint8_t> original = raw_.module.bytes.subspan(begin, size);
      canonical.clear();
      Reader body = raw_.reader(begin, begin + size);
      locals(body, canonical);
      expression(body, canonical);
      if (!body.ok()) return body.take_error();
      size_bytes.clear();
      size_bytes.leb(canonical.size());
      out.add(raw_.module.bytes.subspan(size_at, begin - size_at), size_bytes.view());
      if (std::ranges::equal(original, canonical.view())) {
        out.same(size);
        continue;
      }
      // Once more, with the ends of instructions, to keep the differences small.
      canonical.clear();
      parts.clear();
      body.seek(begin);
      locals(body, canonical);
      parts.push_back({body.offset() - begin, canonical.size()});
      expression(body, canonical, &parts, begin);
      parts.push_back({size, canonical.size()});
      add_parts(out, original, canonical.view(), parts);
    }
    if (!in.ok()) return in.take_error();
    return {};
  }

  // Adjacent runs of one type become one run; empty runs are dropped.
  void locals(Reader& in, ByteBuffer& out) {
    ByteBuffer runs, type, last;
    uint64_t count = 0;
    uint32_t run_count = 0;
    auto flush = [&] {
      if (count == 0) return;
      runs.leb(count);
      runs.bytes(last.view());
      ++run_count;
    };
    for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
      uint32_t length = in.u32();
      type.clear();
      copy_type(in, type);
      if (length == 0) continue;
      if (!std::ranges::equal(type.view(), last.view())) {
        flush();
        count = 0;
        std::swap(type, last);
      }
      count += length;
    }
    flush();
    out.leb(run_count);
    out.bytes(runs.view());
  }

  const RawModule& raw_;
  bool uses_data_ = false;
  uint32_t code_count_ = 0;
};

}  // namespace

Result<EncodingDelta> encoding_delta(const RawModule& raw) { return Canonicalizer(raw).run(); }

}  // namespace ermine::text
