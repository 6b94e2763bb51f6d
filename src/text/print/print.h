// Binary to text: printing a module in the text format.
//
// The output of print() parses back to the same bytes, identifiers and name section included. If the module's encoding
// is not the one that the parser chooses (because of a linker's padded LEB128s, for instance), the difference is
// written as an annotation (@ermine.encoding ...): the parser restores the original encoding if the text has not been
// changed since, and other tools skip the annotation. A module need not be valid to be printed, only well formed.
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
  bool exact = true;     // annotate where the parser's encoding differs
  // For a module within a component: its head, to be printed instead of "(module $name", and the name that this gives
  // the module, null if none.
  std::string_view head;
  std::string_view head_name;
};

// Takes the output piece by piece, in order. Returns false to stop the printing early.
using TextSink = std::function<bool(std::string_view)>;

// Errors: kMalformed with the byte offset; what was printed up to there has reached the sink.
Result<void> print(std::span<const uint8_t> module, const PrintOptions& options, const TextSink& sink);
Result<std::string> print(std::span<const uint8_t> module, const PrintOptions& options = {});

}  // namespace ermine::text
