#include "explore/page.h"

#include <algorithm>

#include "base/format.h"
#include "base/utf8.h"
#include "ermine/printable.h"
#include "explore/page_parts.h"

namespace ermine::explore {

namespace {

// Approximate number of bytes of the page per byte of a function, and with optimised code.
constexpr uint64_t kBytesAByte = 32, kBytesAByteOptimized = 48;
// Optimised code is made for functions that were asked for, and for as many others as have this number of bytes
// together, which takes a second or two. Each counts as some at least.
constexpr uint64_t kMostOptimized = 64u << 10, kLeastOptimized = 256;

// A JSON string that may be in a <script> element: '<' is escaped, so neither </script> nor <!-- can occur. Bytes that
// are not UTF-8 become question marks.
void append_string(std::string& out, std::string_view s) {
  const bool utf8 = base::is_utf8(s);
  out += '"';
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (c == '\n') out += "\\n";
    else if (byte < 0x20 || byte == 0x7f || c == '<' || c == '>' || c == '&') out += base::format("\\u00{:02x}", byte);
    else if (byte >= 0x80 && !utf8) out += '?';
    else out += c;
  }
  out += '"';
}

// Lines as one string: "GROUP TEXT", separated by newlines.
void append_column(std::string& out, const char* key, const std::vector<Line>& lines) {
  std::string all;
  for (const Line& line : lines) {
    if (!all.empty()) all += '\n';
    all += base::format("{} ", line.group);
    // A line of text contains no newline, whatever the names of functions are.
    for (const char c : line.text) all += c == '\n' ? ' ' : c;
  }
  out += key;
  append_string(out, all);
}

}  // namespace

Result<PageSummary> write_page(Explorer& explorer, const PageOptions& options, const PageSink& sink) {
  PageSummary summary;
  summary.functions = static_cast<uint32_t>(explorer.functions().size());
  uint64_t written = 0, optimized = 0;
  const bool has_optimized_code = explorer.has_optimized_code();
  std::string piece(kPageHead);
  auto flush = [&] {
    written += piece.size();
    const bool more = sink(piece);
    piece.clear();
    return more;
  };
  if (!flush()) return summary;
  // The contents of the page's list; functions that are left out have no size of machine code.
  std::string list;
  for (const Explorer::Function& f : explorer.functions()) {
    int64_t machine_bytes = -1;
    if (!options.wanted || options.wanted(f)) {
      const bool optimizes = has_optimized_code && (options.wanted || optimized < kMostOptimized);
      const uint64_t a_byte = optimizes ? kBytesAByteOptimized : kBytesAByte;
      if (!options.wanted && written + list.size() + a_byte * f.wasm_bytes > options.max_bytes) {
        summary.full = true;
      } else {
        if (optimizes) optimized += std::max<uint64_t>(f.wasm_bytes, kLeastOptimized);
        ERMINE_ASSIGN(const FunctionListing listing, explorer.list(f, optimizes));
        machine_bytes = listing.machine_bytes;
        ++summary.shown;
        piece += base::format("<script type=\"application/json\" id=\"f{}\">{}", f.index, "{");
        append_column(piece, "\"w\":", listing.wasm);
        append_column(piece, ",\"r\":", listing.registers);
        append_column(piece, ",\"m\":", listing.machine);
        piece += ",\"n\":";
        append_string(piece, listing.note);
        if (optimizes) {
          append_column(piece, ",\"o\":", listing.optimized);
          piece += ",\"no\":";
          append_string(piece, listing.optimized_note);
        }
        piece += "}</script>\n";
        if (!flush()) return summary;
      }
    }
    list += list.empty() ? "[" : ",\n[";
    list += base::format("{},", f.index);
    append_string(list, printable(f.name));
    list += base::format(",{},{}]", f.wasm_bytes, machine_bytes);
  }
  piece = "<script type=\"application/json\" id=\"data\">{\"title\":";
  append_string(piece, printable(options.title));
  piece += ",\"problem\":";
  append_string(piece, explorer.problem());
  piece += has_optimized_code ? ",\"four\":true" : ",\"four\":false";
  piece += ",\"others\":";
  append_string(piece, printable(options.others));
  piece += ",\"functions\":[" + list + "]}</script>\n";
  piece += kPageTail;
  flush();
  return summary;
}

}  // namespace ermine::explore
