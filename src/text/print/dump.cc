// Listings of binary modules. See dump.h.
#include "text/print/dump.h"

#include <algorithm>

#include "base/format.h"
#include "text/print/module_printer.h"

namespace ermine::text {

using binary::Reader;

namespace {

constexpr uint32_t kRowBytes = 9;   // beside an instruction
constexpr uint32_t kHexBytes = 16;  // in a row that has bytes only

std::string_view subsection_word(uint8_t id) {
  constexpr std::string_view kWords[] = {"module", "func",   "local", "label", "type",  "table",
                                         "memory", "global", "elem",  "data",  "field", "tag"};
  return id < std::size(kWords) ? kWords[id] : "unknown";
}

bool has_count(uint8_t id) { return id != 0 && id != 8; }

// The printer, with an offset at the head of every line.
class Dumper final : public ModulePrinter {
 public:
  Dumper(const RawModule& raw, const PrintOptions& print, const DumpOptions& options, Out& out)
      : ModulePrinter(raw, print, out), dump_(options) {
    listing_ = true;
    out.cut_names();
  }
  void run(Result<void>& broken);
  bool wanted(const RawSection& s) const {
    return dump_.section.empty() || dump_.section == (s.id == 0 ? s.name : section_word(s.id));
  }

 private:
  void new_line(unsigned indent, uint32_t from, uint32_t to) override;
  void element_item(uint32_t at) override { new_line(6, at, at); }
  void data_contents(uint32_t at, uint32_t size) override;
  void function_end(uint32_t at, uint32_t end) override;

  void header(const RawSection& s);
  Result<void> details(const RawSection& s);
  Result<void> name_entries(Reader in);
  Result<void> bodies(const RawSection& s, Result<void>& broken);
  void title(std::string_view what, const RawSection& s);
  void row(uint32_t from, uint32_t to);
  void rows(uint32_t from, uint32_t to);
  void rest_of_bytes();

  uint64_t shown(uint32_t offset) const { return uint64_t{offset} + dump_.base_offset; }

  const DumpOptions& dump_;
  bool code_ = false;               // lines have a column of bytes
  uint32_t pending_ = 0, end_ = 0;  // bytes of the last line that did not fit on it
};

void Dumper::row(uint32_t from, uint32_t to) {
  (out_ << "\n ").hex(shown(from), 6) << ":";
  for (uint32_t i = 0; i < kRowBytes; ++i) {
    if (from + i < to) (out_ << ' ').hex(raw_.module.bytes[from + i], 2);
    else out_ << "   ";
  }
  out_ << " |";
}

void Dumper::rest_of_bytes() {
  for (; pending_ < end_; pending_ += kRowBytes) {
    row(pending_, end_);
    out_.maybe_flush();
  }
  pending_ = end_ = 0;
}

void Dumper::new_line(unsigned indent, uint32_t from, uint32_t to) {
  rest_of_bytes();
  if (code_ && from != to) {
    row(from, to);
    out_.spaces(indent - 3);
    pending_ = from + kRowBytes;
    end_ = to;
  } else {
    (out_ << (code_ ? "\n\n " : "\n ")).hex(shown(from), 6) << ": ";
    out_.spaces(indent - 2);
  }
}

void Dumper::rows(uint32_t from, uint32_t to) { dump_bytes(out_, raw_.module.bytes, from, to, dump_.base_offset); }

void Dumper::data_contents(uint32_t at, uint32_t size) {
  (out_ << "(; ").number(size) << " bytes ;)";
  rows(at, at + size);
  out_ << "\n        ";
}

void Dumper::function_end(uint32_t at, uint32_t end) {
  new_line(4, at, end);
  out_ << "end";
  rest_of_bytes();
}

void Dumper::title(std::string_view what, const RawSection& s) {
  out_ << '\n' << what << section_word(s.id);
  if (s.id == 0) {
    out_ << "custom ";
    terms_.name(s.name);
  }
}

void Dumper::header(const RawSection& s) {
  size_t from = out_.raw().size();
  title("  ", s);
  size_t width = out_.raw().size() - from;
  out_.spaces(width < 28 ? 28 - width : 1);
  (out_ << "0x").hex(shown(s.start), 8) << " - 0x";
  out_.hex(shown(s.end), 8);
  char size[24];
  auto end = std::to_chars(size, size + sizeof size, s.end - s.start).ptr;
  out_.spaces(static_cast<size_t>(std::max<ptrdiff_t>(12 - (end - size), 1)));
  out_ << std::string_view(size, end) << " bytes";
  Reader in = raw_.reader(s);
  if (has_count(s.id)) (out_ << "  count ").number(in.u32());
}

Result<void> Dumper::name_entries(Reader in) {
  while (in.ok() && !in.at_end()) {
    new_line(2, in.offset(), 0);
    uint8_t id = in.byte();
    uint32_t size = in.u32();
    uint32_t begin = in.offset();
    (out_ << subsection_word(id) << " names, ").number(size) << " bytes";
    if (!in.bytes(size)) break;
    Reader sub = raw_.reader(begin, begin + size);
    bool indirect = id == 2 || id == 3 || id == 10;
    if (id > 11) {
      rows(begin, begin + size);
    } else if (id == 0) {
      new_line(4, begin, 0);
      terms_.name(sub.name());
    } else {
      for (uint32_t n = sub.length(); n > 0 && sub.ok(); --n) {
        new_line(4, sub.offset(), 0);
        out_.number(sub.u32());
        for (uint32_t m = indirect ? sub.length() : 1; m > 0 && sub.ok(); --m) {
          if (indirect) {
            new_line(6, sub.offset(), 0);
            out_.number(sub.u32());
          }
          out_ << ' ';
          terms_.name(sub.name());
          out_.maybe_flush();
        }
      }
    }
    if (!sub.ok()) return sub.take_error();
  }
  return finish(in);
}

Result<void> Dumper::details(const RawSection& s) {
  title("", s);
  Reader in = raw_.reader(s);
  for (unsigned kind = 0; kind < 5; ++kind) next_index_[kind] = s.id == 2 ? 0 : raw_.imported[kind];
  switch (s.id) {
    case 0:
      if (s.name == "name") return name_entries(raw_.reader(s));
      rows(s.begin, s.end);
      return {};
    case 3:
      for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
        new_line(2, in.offset(), 0);
        import_item(in, 0, true);
        out_.maybe_flush();
      }
      return finish(in);
    case 10:
      for (uint32_t n = in.length(), index = raw_.imported_functions; n > 0 && in.ok(); --n) {
        uint32_t at = in.offset();
        uint32_t size = in.u32();
        if (!in.bytes(size)) break;
        new_line(2, at, 0);
        terms_.use(NameSpace::kFunc, index++);
        (out_ << ", ").number(size) << " bytes";
        out_.maybe_flush();
      }
      return finish(in);
    case 12:
      new_line(2, in.offset(), 0);
      out_.number(in.u32());
      return finish(in);
    default: return section(s);
  }
}

Result<void> Dumper::bodies(const RawSection& s, Result<void>& broken) {
  title("disassembly of ", s);
  Reader in = raw_.reader(s);
  code_ = true;
  uint32_t index = raw_.imported_functions;
  for (uint32_t n = in.length(); n > 0 && in.ok(); --n) {
    uint32_t size = in.u32();
    uint32_t begin = in.offset();
    uint32_t end = begin + std::min(size, static_cast<uint32_t>(in.left()));
    if (Result<void> done = function(index++, begin, end); !done) {
      rest_of_bytes();
      out_ << "\n  (this function cannot be read further)";
      if (broken) broken = std::move(done);
    }
    if (!in.bytes(size) || !out_.maybe_flush()) break;
  }
  code_ = false;
  return finish(in);
}

void Dumper::run(Result<void>& broken) {
  for (unsigned part = 0; part < 4; ++part) {
    const bool asked[] = {dump_.headers, dump_.details, dump_.disassembly, dump_.contents};
    if (!asked[part]) continue;
    if (part == 0) out_ << "sections:";
    for (const RawSection& s : raw_.sections) {
      if (!wanted(s) || (part == 2 && s.id != 10)) continue;
      Result<void> done;
      switch (part) {
        case 0: header(s); break;
        case 1: done = details(s); break;
        case 2: done = bodies(s, broken); break;
        default: title("contents of ", s); rows(s.begin, s.end);
      }
      if (!done) {
        out_ << "\n  (this section cannot be read further)";
        if (broken) broken = std::move(done);
      }
      if (part != 0) out_ << '\n';
      if (!out_.maybe_flush()) return;
    }
    if (part == 0) out_ << '\n';
  }
}

}  // namespace

void dump_bytes(Out& out, std::span<const uint8_t> bytes, uint32_t from, uint32_t to, uint32_t base_offset) {
  for (; from < to; from += kHexBytes) {
    uint32_t end = std::min(to, from + kHexBytes);
    (out << "\n ").hex(uint64_t{from} + base_offset, 6) << ':';
    for (uint32_t i = from; i < from + kHexBytes; ++i) {
      if (i < end) (out << ' ').hex(bytes[i], 2);
      else out << "   ";
    }
    out << "  ";
    for (uint32_t i = from; i < end; ++i) {
      uint8_t byte = bytes[i];
      out << (byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.');
    }
    if (!out.maybe_flush()) return;
  }
}

Result<void> dump(std::span<const uint8_t> bytes, const DumpOptions& options, const TextSink& sink) {
  Result<void> broken;
  std::unique_ptr<RawModule> raw = RawModule::read_some(bytes, broken);
  Out out(sink);
  PrintOptions print;
  print.names = options.names;
  if (!raw->sections.empty() || broken) {
    Dumper dumper(*raw, print, options, out);
    if (!options.section.empty() && broken &&
        std::ranges::none_of(raw->sections, [&](const RawSection& s) { return dumper.wanted(s); }))
      return Error(ErrorKind::kUsage, base::format("there is no section '{}'", options.section));
    dumper.run(broken);
  }
  out.flush();
  return broken;
}

}  // namespace ermine::text
