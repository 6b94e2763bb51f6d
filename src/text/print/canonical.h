// How the parser would encode a module that has been printed: found by walking its bytes, without printing
// and parsing. The choices mirrored here are those of parse_*.cc and binary/encoder.h.
#pragma once

#include "text/encoding_delta.h"
#include "text/print/raw_module.h"

namespace ermine::text {

// What has to be done to the parser's encoding to get the module's own. The module must be well formed.
Result<EncodingDelta> encoding_delta(const RawModule& raw);

}  // namespace ermine::text
