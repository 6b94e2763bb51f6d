// Binary to text: printing a component in the text format.
//
// As for modules (text/print/print.h), the output parses back to the same bytes, identifiers and name sections
// included: where the parser would choose another encoding, an annotation (@ermine.encoding ...) has the difference.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "ermine/result.h"
#include "text/print/print.h"

namespace ermine::component {

// The options are those of modules. Errors: those of component::decode(); kMalformed for a core module, with the offset
// in it; kUnsupported for definitions of values.
Result<std::string> print_text(std::span<const uint8_t> bytes, const text::PrintOptions& options = {});

}  // namespace ermine::component
