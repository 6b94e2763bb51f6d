// See dump.h. The parts (the component itself, and modules and components in it) are listed one after another, each
// below a heading. They are found by the frames of sections alone, so that an error in one does not hide the others.
#include "component/text/print/dump.h"

#include <map>
#include <utility>

#include "base/format.h"
#include "binary/reader.h"
#include "component/binary/decoder.h"
#include "component/model/limits.h"
#include "component/model/preamble.h"
#include "component/text/print/printer.h"

namespace ermine::component {
namespace {

constexpr size_t kMostParts = 100'000;
constexpr uint8_t kCustom = 0, kCoreModule = 1, kComponent = 4, kStart = 9;

std::string_view section_word(uint8_t id) {
  constexpr std::string_view kWords[] = {"custom",   "core module", "core instance", "core type", "component",
                                         "instance", "alias",       "type",          "canon",     "start",
                                         "import",   "export",      "value"};
  return id < std::size(kWords) ? kWords[id] : "unknown";
}

struct Section {
  uint8_t id;
  uint32_t start, begin, end;  // of the frame, the contents; in the whole binary
  std::string_view name;  // of a custom section
};

struct Part {
  std::string title;
  bool is_module;
  uint32_t start, end;
  std::vector<Section> sections;  // of a component
};

class Dumper {
 public:
  Dumper(std::span<const uint8_t> bytes, const text::DumpOptions& options, const text::TextSink& sink)
      : bytes_(bytes), options_(options), out_(sink) {
    out_.cut_names();
  }

  Result<void> run() {
    find("component", 0, static_cast<uint32_t>(bytes_.size()), 0);
    auto decoded = decode(bytes_, nullptr, wasm::FeatureSet::all());
    if (decoded) collect((*decoded)->body);
    else keep(std::move(decoded).error());
    const bool asked[] = {options_.headers, options_.details, options_.disassembly, options_.contents};
    for (unsigned what = 0; what < 4; ++what) {
      if (!asked[what]) continue;
      for (const Part& part : parts_) {
        if (part.is_module) module(part, what);
        else component(part, what);
        if (!out_.flush()) return std::move(broken_);
      }
    }
    return std::move(broken_);
  }

 private:
  void keep(Error error) {
    if (broken_) broken_ = std::move(error);
  }

  // The part and those in it. Nesting is limited as in the decoder.
  void find(std::string title, uint32_t start, uint32_t end, unsigned depth) {
    if (parts_.size() >= kMostParts || depth > kMaxNesting || end - start < kPreamble.size()) return;
    const size_t index = parts_.size();
    parts_.push_back({title, false, start, end, {}});
    const std::string prefix = depth == 0 ? "" : title + ", ";
    unsigned modules = 0, components = 0;
    binary::Reader in(bytes_, start + kPreamble.size(), end, wasm::FeatureSet::all());
    while (!in.at_end()) {
      Section section{};
      section.start = in.offset();
      section.id = in.byte();
      const uint32_t size = in.u32();
      section.begin = in.offset();
      if (!in.ok() || size > in.left()) break;
      section.end = section.begin + size;
      if (section.id == kCustom) {
        binary::Reader name(bytes_, section.begin, section.end, wasm::FeatureSet::all());
        section.name = name.name();
      }
      if (section.id == kCoreModule)
        parts_.push_back({base::format("{:t}core module {}", prefix, modules++), true, section.begin, section.end, {}});
      if (section.id == kComponent)
        find(base::format("{:t}component {}", prefix, components++), section.begin, section.end, depth + 1);
      parts_[index].sections.push_back(section);
      in.seek(section.end);
    }
  }

  // The decoded components by their offset.
  void collect(const ComponentBody& body) {
    bodies_.emplace(body.offset, &body);
    for (const Definition& d : body.definitions)
      if (d.kind == Definition::kComponent) collect(d.component());
  }

  void heading(const Part& part) {
    if (std::exchange(has_parts_, true)) out_ << '\n';
    (out_ << part.title << " at 0x").hex(part.start, 8) << ", ";
    out_.number(part.end - part.start) << " bytes\n";
  }

  // `what` is the option that is listed.
  void module(const Part& part, unsigned what) {
    text::DumpOptions options = options_;
    options.headers = what == 0;
    options.details = what == 1;
    options.disassembly = what == 2;
    options.contents = what == 3;
    options.base_offset = options_.base_offset + part.start;
    bool is_first = true;
    const text::TextSink lines = [&](std::string_view piece) {
      if (is_first) heading(part);
      is_first = false;
      out_ << piece;
      return out_.maybe_flush();
    };
    if (Result<void> done = text::dump(bytes_.subspan(part.start, part.end - part.start), options, lines); !done)
      if (done.error().kind() != ErrorKind::kUsage) keep(std::move(done).error().with_context(part.title));
  }

  bool wanted(const Section& s) const {
    return options_.section.empty() || options_.section == (s.id == kCustom ? s.name : section_word(s.id));
  }

  void component(const Part& part, unsigned what) {
    if (what == 2) return;
    if (what == 1) {
      // The entries are those of all sections together: definitions of one kind follow each other.
      if (!options_.section.empty()) return;
      heading(part);
      text::PrintOptions print;
      print.names = options_.names;
      if (const auto body = bodies_.find(part.start); body != bodies_.end())
        if (Result<void> done = Printer(out_, print).list(*body->second); !done) keep(std::move(done).error());
      out_ << '\n';
      return;
    }
    bool is_first = true;
    for (const Section& s : part.sections) {
      if (!wanted(s)) continue;
      if (is_first) {
        heading(part);
        if (what == 0) out_ << "sections:";
      }
      is_first = false;
      if (what == 0) header(s);
      else if (s.id != kCoreModule && s.id != kComponent) contents(s);
    }
    if (!is_first) out_ << '\n';
  }

  void title(const Section& s, std::string_view before) {
    out_ << '\n' << before << section_word(s.id);
    if (s.id == kCustom) out_ << base::format(" {}", s.name);
  }

  void header(const Section& s) {
    const size_t from = out_.raw().size();
    title(s, "  ");
    const size_t width = out_.raw().size() - from;
    out_.spaces(width < 28 ? 28 - width : 1);
    (out_ << "0x").hex(s.start, 8) << " - 0x";
    out_.hex(s.end, 8);
    const std::string size = std::to_string(s.end - s.start);
    out_.spaces(size.size() < 12 ? 12 - size.size() : 1);
    out_ << size << " bytes";
    if (s.id == kCustom || s.id == kCoreModule || s.id == kComponent || s.id == kStart) return;
    binary::Reader in(bytes_, s.begin, s.end, wasm::FeatureSet::all());
    (out_ << "  count ").number(in.u32());
  }

  void contents(const Section& s) {
    title(s, "contents of ");
    text::dump_bytes(out_, bytes_, s.begin, s.end, options_.base_offset);
  }

  std::span<const uint8_t> bytes_;
  const text::DumpOptions& options_;
  text::Out out_;
  std::vector<Part> parts_;
  std::map<uint64_t, const ComponentBody*> bodies_;
  Result<void> broken_;
  bool has_parts_ = false;  // in the output
};

}  // namespace

Result<void> dump(std::span<const uint8_t> component, const text::DumpOptions& options, const text::TextSink& sink) {
  return Dumper(component, options, sink).run();
}

}  // namespace ermine::component
