// Converts the text of a component to the binary format (Explainer.md of the component model): the interface.
//
// The parser resolves identifiers and abbreviations: inline types, inline aliases, inline imports and exports. It
// reports what makes a text malformed, such as an unknown identifier; the validator reports everything else. Core
// modules are parsed by src/text/. The definitions that abbreviations stand for are written where the specification's
// tools write them, so that indices that count them mean the same.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ermine/result.h"
#include "text/source.h"
#include "wasm/features.h"

namespace ermine::component {

struct TextOptions {
  wasm::FeatureSet core_features = wasm::FeatureSet::defaults();  // of the instructions of core modules
  bool emit_names = false;     // write identifiers into the sections component-name and name
  std::string_view file_name;  // for error messages
};

// Parses one component, "(component ...)" or "(component binary ...)". Errors are kMalformed (kUnsupported for what
// this version does not have, kLimit for what is too deep) and show line, column and the source line.
Result<std::vector<uint8_t>> parse_text(std::string_view source, const TextOptions& options = {});

// Parses the definitions of a component, the text from `begin` to `end` inside `source`, for scripts. `id` is the
// component's identifier without the $, escapes replaced, or empty.
Result<std::vector<uint8_t>> parse_definitions(const text::Source& source, const char* begin, const char* end,
                                               std::string_view id, const TextOptions& options);

// Whether the text is that of a component rather than of a module: it begins with "(component".
bool looks_like_component_text(std::string_view source);

}  // namespace ermine::component
