// The parser's encoding of a printed module, computed from the module's bytes without printing and parsing. The choices
// here must agree with those of parse_*.cc and binary/encoder.h.
#pragma once

#include "text/encoding_delta.h"
#include "text/print/raw_module.h"

namespace ermine::text {

// The changes that turn the parser's encoding into the module's own. The module must be well formed.
Result<EncodingDelta> encoding_delta(const RawModule& raw);

}  // namespace ermine::text
