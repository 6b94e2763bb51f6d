// The validator: the rules of the specification (3.0, chapter 3) for a decoded module, and the limits of wasm/limits.h
// for function bodies. A valid module can be translated without further checks.
#pragma once

#include <cstdint>

#include "ermine/result.h"
#include "wasm/module.h"

namespace ermine::binary {

struct ValidateOptions {
  unsigned threads = 0;  // for function bodies, when there are many; 0: one per processor
};

// Validates a whole module. Validation is deterministic: the error with the lowest offset is reported. Errors:
// kMalformed (in a function body), kInvalid, kUnsupported; offset() is set, the message begins with the wording of the
// official test scripts and names the function. Thread-safe.
Result<void> validate(const wasm::Module& module, ValidateOptions options = {});

// Validates one function body of a module whose other parts are valid. For many functions use validate(): this function
// prepares the same tables in each call.
Result<void> validate_function(const wasm::Module& module, uint32_t func_index);

}  // namespace ermine::binary
