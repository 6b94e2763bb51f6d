// Text to binary: the front door of the text format.
//
// The parser resolves identifiers and abbreviations and emits a binary module; it does not check types.
// What makes text no module at all (specification 3.0, section 6: unknown identifiers and labels, numbers
// out of range, an inline function type that contradicts its type use, ...) is its business, all else
// the validator's. Recursion-free, so nesting is bounded by memory only, which stays linear in the source.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ermine/result.h"
#include "text/source.h"
#include "wasm/features.h"

namespace ermine::text {

class SourceMap;

struct ParseOptions {
  wasm::FeatureSet features = wasm::FeatureSet::defaults();  // instructions of others are refused
  bool emit_names = false;                                   // write identifiers into a name section
  std::string_view file_name;                                // for error messages
  SourceMap* source_map = nullptr;                           // filled if there is one
};

// Parses one module, "(module ...)" or just its fields. Errors are kMalformed (kUnsupported for an
// instruction of a feature that is off) and show line, column and the source line.
Result<std::vector<uint8_t>> parse(std::string_view source, const ParseOptions& options = {});

// Parses the fields of a module, which are the text from `begin` to `end` inside `source`, for scripts.
// `id` is the module's identifier without the $, escapes replaced, or empty.
Result<std::vector<uint8_t>> parse_fields(const Source& source, const char* begin, const char* end, std::string_view id,
                                          const ParseOptions& options);

// An error about `module`, which `source` assembled to with these options, as one about the text: with line, column and
// the source line, where its offset is known to come from there; else as it is.
Error in_text(std::string_view source, const ParseOptions& options, std::span<const uint8_t> module,
              const Error& error);

// True if the bytes are text rather than a binary module: they do not begin with "\0asm".
bool looks_like_text(std::string_view bytes);

}  // namespace ermine::text
