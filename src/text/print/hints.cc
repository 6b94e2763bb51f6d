// Branch hints: a section of code metadata, printed as annotations of the instructions that it is about. See
// module_printer.h.
#include <algorithm>

#include "binary/encoder.h"
#include "text/print/module_printer.h"

namespace ermine::text {

using binary::Instr;
using binary::InstrReader;
using binary::Op;
using binary::Reader;

namespace {

// The hints of the section; nothing if the parser would not write it in this form: functions and offsets must ascend.
std::vector<BranchHint> read_hints(const RawModule& raw, const RawSection& s) {
  std::vector<BranchHint> hints;
  binary::ByteBuffer again;
  Reader in = raw.reader(s);
  uint32_t functions = in.length();
  again.leb(functions);
  uint32_t last_function = 0;
  for (uint32_t f = 0; f < functions && in.ok(); ++f) {
    uint32_t function = in.u32(), count = in.length();
    if (count == 0 || (f > 0 && function <= last_function)) return {};
    last_function = function;
    again.leb(function);
    again.leb(count);
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
      uint32_t offset = in.u32(), size = in.u32(), at = in.offset();
      if (!in.bytes(size)) return {};
      if (i > 0 && offset <= hints.back().offset) return {};
      hints.push_back({function, offset, at, size});
      again.leb(offset);
      again.leb(size);
      again.bytes(raw.module.bytes.subspan(at, size));
    }
  }
  if (!in.ok() || !in.at_end() || !std::ranges::equal(again.view(), raw.module.bytes.subspan(s.begin, s.end - s.begin)))
    return {};
  return hints;
}

// Converts a function's hints from offsets in its body to offsets in the module. False if one is not at a branch.
bool find_branches(const RawModule& raw, std::span<BranchHint> hints, uint32_t begin, uint32_t end) {
  Reader in = raw.reader(begin, end);
  for (uint32_t runs = in.length(); runs > 0 && in.ok(); --runs) {
    in.u32();
    skip_value_type(in);
  }
  if (!in.ok()) return false;
  InstrReader reader(raw.module, in.offset(), end - in.offset());
  Instr instr;
  for (BranchHint& hint : hints) {
    hint.offset += begin;
    do {
      if (!reader.next(instr)) return false;
    } while (instr.offset < hint.offset);
    if (instr.offset != hint.offset || (instr.op != Op::if_ && instr.op != Op::br_if)) return false;
  }
  return true;
}

}  // namespace

bool ModulePrinter::take_hints(const RawSection& s) {
  auto next = &s + 1;
  // The parser writes it immediately before the code.
  if (s.name != "metadata.code.branch_hint" || next == raw_.sections.data() + raw_.sections.size() || next->id != 10)
    return false;
  std::vector<BranchHint> hints = read_hints(raw_, s);
  size_t at = 0;
  Reader code = raw_.reader(*next);
  for (uint32_t n = code.length(), function = raw_.imported_functions; n > 0 && at < hints.size(); --n, ++function) {
    uint32_t size = code.u32(), begin = code.offset();
    if (!code.bytes(size)) break;
    size_t first = at;
    while (at < hints.size() && hints[at].function == function) ++at;
    if (!find_branches(raw_, std::span(hints).subspan(first, at - first), begin, begin + size)) return false;
  }
  if (hints.empty() || at != hints.size()) return false;
  hints_ = std::move(hints);
  return true;
}

void ModulePrinter::hint(uint32_t offset) {
  auto found = std::lower_bound(hints_.begin(), hints_.end(), offset,
                                [](const BranchHint& h, uint32_t o) { return h.offset < o; });
  if (found == hints_.end() || found->offset != offset) return;
  out_ << "(@metadata.code.branch_hint ";
  terms_.string({reinterpret_cast<const char*>(raw_.module.bytes.data()) + found->at, found->size});
  out_ << ") ";
}

}  // namespace ermine::text
