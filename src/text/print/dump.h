// What stands where in a binary module: sections, their entries, instructions, bytes; each with its offset.
//
// A listing to read beside an error's offset or a debugger's address, not to parse again: print.h does that.
// Its words are the printer's, but long names are cut. A broken module is listed as far as it can be read:
// sections and function bodies have lengths, so what is wrong in one does not hide the next.
#pragma once

#include "text/print/print.h"

namespace ermine::text {

struct DumpOptions {
  bool headers = false;      // the sections: where they begin and end, how many entries they have
  bool details = false;      // the entries
  bool disassembly = false;  // function bodies: offset, bytes, instruction
  bool contents = false;     // the bytes of the sections
  bool names = true;         // identifiers from the name section
  std::string_view section;  // only this one, by its word in the text format or a custom section's name
};

// Errors: the first thing that is wrong with the module. All that could be read has reached the sink.
Result<void> dump(std::span<const uint8_t> module, const DumpOptions& options, const TextSink& sink);

}  // namespace ermine::text
