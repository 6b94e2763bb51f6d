// The functions of preview 1 in C++, declared from functions.def. Each returns an error code and writes its results
// only on success. Specification: WebAssembly/WASI, preview 1 (witx).
#pragma once

#include "wasi/preview1/call.h"

namespace ermine::wasi::preview1 {

struct CommonFunctions {
#define FUNCTION(name, ...) static Errno name(Call& call __VA_OPT__(, ) __VA_ARGS__);
#define VERSIONED(name, ...)
#include "wasi/preview1/functions.def"
};

// Version: Preview1 or Unstable (abi.h).
template <class Version>
struct Functions : CommonFunctions {
#define FUNCTION(name, ...)
#define VERSIONED(name, ...) static Errno name(Call& call, __VA_ARGS__);
#include "wasi/preview1/functions.def"
};

}  // namespace ermine::wasi::preview1
