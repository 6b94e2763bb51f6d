// Converts text to binary: the interface of the text format.
//
// The parser resolves identifiers and abbreviations and emits a binary module; it does not check types. It reports
// whatever makes a text malformed (specification 3.0, section 6: unknown identifiers and labels, numbers out of range,
// an inline function type that contradicts its type use, ...); the validator reports everything else. It does not
// recurse, so nesting is bounded only by memory, whose use is linear in the size of the source.
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
  wasm::FeatureSet features = wasm::FeatureSet::defaults();  // instructions of other features are refused
  bool emit_names = false;                                   // write identifiers into a name section
  std::string_view file_name;                                // for error messages
  SourceMap* source_map = nullptr;                           // filled if there is one
};

// Parses one module, "(module ...)" or just its fields. Errors are kMalformed (kUnsupported for an
// instruction of a feature that is off) and show line, column and the source line.
Result<std::vector<uint8_t>> parse(std::string_view source, const ParseOptions& options = {});

// Parses the fields of a module, the text from `begin` to `end` inside `source`, for scripts. `id` is the module's
// identifier without the $, escapes replaced, or empty.
Result<std::vector<uint8_t>> parse_fields(const Source& source, const char* begin, const char* end, std::string_view id,
                                          const ParseOptions& options);

// Converts an error about `module`, which was assembled from `source` with these options, into an error about the text:
// with line, column and the source line if the place of its offset in the text is known; otherwise returns it
// unchanged.
Error in_text(std::string_view source, const ParseOptions& options, std::span<const uint8_t> module,
              const Error& error);

// True if the bytes are text rather than a binary module: they do not begin with "\0asm".
bool looks_like_text(std::string_view bytes);

}  // namespace ermine::text
