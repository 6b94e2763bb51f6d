// Prints expressions and function bodies, flat. See module_printer.h; folded.cc has the folded form.
#include <fmt/format.h>

#include "text/print/module_printer.h"

namespace ermine::text {

using binary::Instr;
using binary::InstrReader;
using binary::Op;
using binary::Reader;

// -- Constant expressions ------------------------------------------------------------------------------

// All instructions of a constant expression, on one line. Blocks are not valid there but well formed.
void ModulePrinter::bare_expression(Reader& in) { expression(in, ""); }

void ModulePrinter::expression(Reader& in, std::string_view word) {
  if (!in.ok()) return;
  uint32_t begin = in.offset();
  auto size = static_cast<uint32_t>(in.left());
  // The number of instructions: a single one needs no word around it.
  unsigned count = 0, depth = 0;
  uint32_t end = begin;
  Instr instr;
  {
    InstrReader counter(raw_.module, begin, size);
    blocks_.clear();
    while (counter.next(instr)) {
      end = counter.offset();
      if (instr.op == Op::end && depth-- == 0) break;
      ++count;
      if (wasm::opens_block(instr.op)) {
        ++depth;
        blocks_.push_back(instr.op);
        continue;
      }
      switch (instr.op) {
        case Op::else_:
        case Op::catch_:
        case Op::catch_all:
        case Op::delegate:
          if (Result<void> fits = nest(instr); !fits) return in.fail(std::move(fits).error());
          if (instr.op != Op::delegate) break;
          --depth;
          [[fallthrough]];
        case Op::end: blocks_.pop_back(); break;
        default: break;
      }
    }
    if (counter.failed()) return in.fail(counter.take_error());
    if (depth != ~0u) return in.malformed(end, "unexpected end: END opcode expected");
  }
  InstrReader reader(raw_.module, begin, end - begin);
  bool single = count == 1;
  bool parenthesis = single || !word.empty();
  if (parenthesis) out_ << '(';
  if (!single) out_ << word;
  bool space = !single && !word.empty();
  for (unsigned i = 0; i < count && reader.next(instr); ++i) {
    if (space) out_ << ' ';
    if (options_.offsets) offset_comment(instr.offset);
    terms_.open_labels.clear();
    terms_.instruction(instr, reader.offset());
    space = true;
  }
  if (parenthesis) out_ << ')';
  in.seek(end);
}

// -- Functions -----------------------------------------------------------------------------------------

Result<void> ModulePrinter::code(Reader in) {
  uint32_t at = in.offset();
  uint32_t count = in.length();
  if (in.ok() && count != raw_.functions.size() - raw_.imported_functions)
    in.malformed(at, "function and code section have inconsistent lengths");
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    uint32_t size = in.u32();
    uint32_t begin = in.offset();
    if (!in.bytes(size)) break;
    ERMINE_TRY(function(raw_.imported_functions + i, begin, begin + size));
    if (!out_.maybe_flush()) return {};
  }
  return finish(in);
}

Result<void> ModulePrinter::function(uint32_t index, uint32_t begin, uint32_t end) {
  // Only dump() reaches this with functions that have no type.
  uint32_t type_index = index < raw_.functions.size() ? raw_.functions[index] : ~0u;
  const RawType* type = raw_.func_type(type_index);
  uint32_t params = type ? type->params : 0;
  Reader in = raw_.reader(begin, end);
  // Count the locals before printing anything that contains their names.
  uint64_t local_count = params;
  uint32_t runs = in.length();
  for (uint32_t i = 0; i < runs && in.ok(); ++i) {
    local_count += in.u32();
    skip_value_type(in);
  }
  if (!in.ok()) return in.take_error();
  if (local_count > uint64_t{params} + wasm::kMaxLocals)
    return Error(ErrorKind::kUnsupported,
                 fmt::format("too many locals: {}, supported are {}", local_count, wasm::kMaxLocals), begin);
  uint32_t first_instruction = in.offset();
  terms_.locals.clear();
  terms_.labels.clear();
  terms_.open_labels.clear();
  terms_.label_number = 0;
  blocks_.clear();
  if (options_.names) {
    // Without a known type, names of parameters cannot be assigned.
    std::vector<NameEntry> names = entries_of(raw_.names.locals, index, local_cursor_);
    names_carried_ += terms_.locals.assign(names, static_cast<uint32_t>(local_count));
    terms_.labels.assign(entries_of(raw_.names.labels, index, label_cursor_), end - begin);
  }

  new_line(2, begin, begin);
  out_ << "(func";
  define(NameSpace::kFunc, index);
  terms_.type_use(type_index, true, &terms_.locals);
  in.seek(begin);
  in.u32();
  uint32_t local = params;
  bool open = false;
  for (uint32_t i = 0; i < runs; ++i) {
    uint32_t run_at = in.offset();
    uint32_t length = in.u32();
    uint32_t type_at = in.offset();
    skip_value_type(in);
    for (; length > 0; --length, ++local) {
      bool named = terms_.locals.has_definition(local);
      if (open && named) {
        out_ << ')';
        open = false;
      }
      if (!open) {
        if (named || listing_ || local == params) new_line(4, run_at, in.offset());
        else out_ << ' ';
        out_ << "(local";
        if (named) terms_.locals.define(out_, local);
        open = true;
      }
      out_ << ' ';
      Reader type_reader = raw_.reader(type_at, end);
      terms_.value_type(type_reader);
      if (!type_reader.ok()) return type_reader.take_error();
      if (named) {
        out_ << ')';
        open = false;
      }
    }
    if (open && listing_) {
      out_ << ')';
      open = false;
    }
  }
  if (open) out_ << ')';
  ERMINE_TRY(options_.folded ? folded_body(first_instruction, end, type ? type->results : 0)
                             : flat_body(first_instruction, end));
  function_end(end - 1, end);
  return {};
}

void ModulePrinter::function_end(uint32_t, uint32_t) {
  new_line(2);
  out_ << ')';
}

void ModulePrinter::offset_comment(uint32_t offset) { (out_ << "(;@").hex(offset) << ";) "; }

// Opens a label for a block. False if the instruction is not a block.
bool ModulePrinter::enter(const Instr& instr) {
  if (!wasm::opens_block(instr.op)) return false;
  if (terms_.labels.has_definition(terms_.label_number)) ++names_carried_;
  terms_.open_labels.push_back(terms_.label_number++);
  return true;
}

void ModulePrinter::leave() { terms_.open_labels.pop_back(); }

// (Specification 3.0, section 5.4.1: else belongs to an if and comes once; the catches of a try, catch_all last.)
Result<void> ModulePrinter::nest(const Instr& instr) {
  Op block = blocks_.empty() ? Op::nop : blocks_.back();
  bool fits = instr.op == Op::else_      ? block == Op::if_
              : instr.op == Op::delegate ? block == Op::try_
                                         : block == Op::try_ || block == Op::catch_;
  if (!fits)
    return Error(ErrorKind::kMalformed, fmt::format("misplaced {}", wasm::op_info(instr.op).text()), instr.offset);
  blocks_.back() = instr.op;
  return {};
}

Result<void> ModulePrinter::flat_body(uint32_t begin, uint32_t end) {
  constexpr size_t kMaxIndent = 80;
  InstrReader reader(raw_.module, begin, end - begin);
  Instr instr;
  auto line = [&](size_t depth) {
    new_line(static_cast<unsigned>(std::min(4 + 2 * depth, kMaxIndent)), instr.offset, reader.offset());
    if (options_.offsets) offset_comment(instr.offset);
    if (!hints_.empty()) hint(instr.offset);
  };
  std::vector<uint32_t>& open = terms_.open_labels;
  while (reader.next(instr)) {
    switch (instr.op) {
      case Op::end:
        if (open.empty()) {
          if (!reader.at_end()) return Error(ErrorKind::kMalformed, "junk after the function's end", reader.offset());
          return {};
        }
        blocks_.pop_back();
        leave();
        line(open.size());
        out_ << "end";
        break;
      case Op::else_:
      case Op::catch_:
      case Op::catch_all:
        ERMINE_TRY(nest(instr));
        line(open.size() - 1);
        terms_.instruction(instr, reader.offset());
        break;
      case Op::delegate:
        ERMINE_TRY(nest(instr));
        blocks_.pop_back();
        leave();
        line(open.size());
        terms_.instruction(instr, reader.offset());
        break;
      default:
        line(open.size());
        terms_.instruction(instr, reader.offset());
        if (enter(instr)) blocks_.push_back(instr.op);
    }
    if (!out_.maybe_flush()) return {};
  }
  if (reader.failed()) return reader.take_error();
  return binary::missing_end(raw_.module, end);
}

Result<void> print(std::span<const uint8_t> bytes, const PrintOptions& options, const TextSink& sink) {
  ERMINE_ASSIGN(std::unique_ptr<RawModule> raw, RawModule::read(bytes));
  Out out(sink);
  auto result = ModulePrinter(*raw, options, out).print();
  out.flush();
  return result;
}

Result<std::string> print(std::span<const uint8_t> bytes, const PrintOptions& options) {
  std::string text;
  ERMINE_TRY(print(bytes, options, [&](std::string_view piece) {
    text += piece;
    return true;
  }));
  return text;
}

}  // namespace ermine::text
