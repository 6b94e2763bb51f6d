// The validator: the rules of the specification (3.0, chapter 3) for a decoded module, and the limits of
// wasm/limits.h that concern function bodies. What passes can be translated without further checks.
#pragma once

#include <cstdint>

#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::binary {

struct ValidateOptions {
  unsigned threads = 0;  // for function bodies, when there are many; 0: as many as the machine runs at once
};

// Validates all of the module. Of several defects, the one at the lowest offset is reported, whatever the
// threads do. Errors: kMalformed (in a function body), kInvalid, kUnsupported; offset() is set, the message
// begins with the wording of the official test scripts and names the function. Thread-safe.
Result<void> validate(const wasm::Module& module, ValidateOptions options = {});

// Validates one function body of a module whose other parts are valid. For many functions use validate():
// this prepares the same tables anew each time.
Result<void> validate_function(const wasm::Module& module, uint32_t func_index);

}  // namespace ermine::binary
