// The possible requests to openat2, in sealed memory.
//
// A filter of system calls sees numbers and addresses, never what an address points to: neither the flags of openat2
// nor a path. But it can require that these addresses are known ones. So all requests of open_beneath() to openat2 are
// prepared here, each with RESOLVE_BENEATH, and so is the empty path, which means the descriptor itself. The kernel
// then resolves nothing outside of directories that are held, even for code that has broken out of WebAssembly.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

struct open_how;

namespace ermine::wasi::host {

struct PathArguments {
  uintptr_t begin = 0;  // aligned to kSize; the requests are kStride apart
  uintptr_t empty = 0;  // ""
  bool openat2 = false;  // the kernel has it and allows it; otherwise names are looked up one by one, by openat
  static constexpr uintptr_t kStride = 32, kSize = 256 * kStride;
};

// Prepares them, unless that was done before; from then on only these requests are made. Call it before the process
// confines itself, and while it has one thread. Null, and nothing changed, if there is no memory.
std::optional<PathArguments> fix_path_arguments();

bool path_arguments_are_fixed();
// Null if they are not prepared, if this is not one of them, or without openat2. Flags as given by open_beneath().
const open_how* fixed_how(int flags, mode_t mode);
const char* empty_path();

}  // namespace ermine::wasi::host
