// Converts the text of a component to the binary format (Explainer.md of the component model): the interface.
//
// The parser resolves identifiers and abbreviations: inline types, inline aliases, inline imports and exports. It
// reports what makes a text malformed, such as an unknown identifier; the validator reports everything else. Core
// modules are parsed by src/text/. The definitions that abbreviations stand for are written where the specification's
// tools write them, so that indices that count them mean the same.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/result.h"
#include "text/source.h"
#include "wasm/features.h"

namespace ermine::component {

// Which definition of a text the bytes from an offset on come from, in ascending order.
using TextPositions = std::vector<std::pair<size_t, const char*>>;

struct TextOptions {
  wasm::FeatureSet core_features = wasm::FeatureSet::defaults();  // of the instructions of core modules
  bool emit_names = false;     // write identifiers into the sections component-name and name
  std::string_view file_name;  // for error messages
  TextPositions* positions = nullptr;  // filled if there is one
};

// Parses one component, "(component ...)" or "(component binary ...)". Errors are kMalformed (kUnsupported for what
// this version does not have, kLimit for what is too deep) and show line, column and the source line.
Result<std::vector<uint8_t>> parse_text(std::string_view source, const TextOptions& options = {});

// Parses the definitions of a component, the text from `begin` to `end` inside `source`, for scripts. `id` is the
// component's identifier without the $, escapes replaced, or empty.
Result<std::vector<uint8_t>> parse_definitions(const text::Source& source, const char* begin, const char* end,
                                               std::string_view id, const TextOptions& options);

// Converts an error about `component`, which was made from `source` with these options, into an error about the text:
// with line, column and the source line of the definition in which its offset is. Unchanged if that is not known.
Error in_text(std::string_view source, const TextOptions& options, std::span<const uint8_t> component,
              const Error& error);

// Whether the text is that of a component rather than of a module: it begins with "(component".
bool looks_like_component_text(std::string_view source);

}  // namespace ermine::component
