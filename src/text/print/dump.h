// Lists a binary module: sections, their entries, instructions, bytes, each with its offset.
//
// The listing is for reading together with the offset of an error or an address of a debugger; it cannot be parsed
// again, as the output of print.h can. The words are the printer's, but long names are cut. A malformed module is
// listed as far as it can be read: sections and function bodies have lengths, so an error in one does not hide the
// next.
#pragma once

#include "text/print/out.h"
#include "text/print/print.h"

namespace ermine::text {

struct DumpOptions {
  bool headers = false;      // the sections: where they begin and end, how many entries they have
  bool details = false;      // the entries
  bool disassembly = false;  // function bodies: offset, bytes, instruction
  bool contents = false;     // the bytes of the sections
  bool names = true;         // identifiers from the name section
  std::string_view section;  // only this one, by its word in the text format or a custom section's name
  uint32_t base_offset = 0;  // of the module in a larger binary, whose offsets are shown
};

// Rows of bytes from `from` to `to`, each with its offset.
void dump_bytes(Out& out, std::span<const uint8_t> bytes, uint32_t from, uint32_t to, uint32_t base_offset);

// Errors: the first error of the module. Everything that could be read has reached the sink.
Result<void> dump(std::span<const uint8_t> module, const DumpOptions& options, const TextSink& sink);

}  // namespace ermine::text
