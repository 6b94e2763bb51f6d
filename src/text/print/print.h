// Binary to text: printing a module in the text format.
//
// What print() writes parses back to the same bytes, identifiers and name section included. Where the
// module's encoding is not the one the parser chooses (padded LEB128s of a linker, for instance), the
// difference is written as an annotation (@ermine.encoding ...), which the parser undoes if the text has
// not been changed since, and other tools skip. A module need not be valid to be printed, only well formed.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::text {

struct PrintOptions {
  bool folded = false;   // operands in parentheses inside their instruction
  bool offsets = false;  // the byte offset of every instruction, as a comment
  bool names = true;     // identifiers from the name section
  bool exact = true;     // annotate what the parser would encode differently
};

// Takes the output piece by piece, in order. Returns false to stop the printing early.
using TextSink = std::function<bool(std::string_view)>;

// Errors: kMalformed with the byte offset; what was printed up to there has reached the sink.
Result<void> print(std::span<const uint8_t> module, const PrintOptions& options, const TextSink& sink);
Result<std::string> print(std::span<const uint8_t> module, const PrintOptions& options = {});

}  // namespace ermine::text
