// What openat2 can be asked for, in memory that nobody can change any more.
//
// A filter of system calls sees numbers and addresses, never what an address points to: not the flags of openat2, nor a
// path. Of a process that confines itself it can demand, though, that these addresses are known ones. So everything
// that open_beneath() asks of openat2 is laid down here, each with RESOLVE_BENEATH, and so is the empty path, with
// which a descriptor is meant itself. The kernel then resolves nothing outside of directories that are held, even for
// code that has broken out of WebAssembly.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

struct open_how;

namespace ermine::wasi::host {

struct PathArguments {
  uintptr_t begin = 0;  // aligned to kSize; each of the requests to kStride
  uintptr_t empty = 0;  // ""
  bool openat2 = false;  // this kernel has it and lets us use it; else names are looked up one by one, by openat
  static constexpr uintptr_t kStride = 32, kSize = 256 * kStride;
};

// Lays them down, unless they are already; from then on nothing else is asked for. Before the process confines itself,
// and while it has one thread. Nothing, and nothing changed, if there is no memory.
std::optional<PathArguments> fix_path_arguments();

bool path_arguments_are_fixed();
// Null if they are not, if this is not among them, or without openat2. Flags as open_beneath() gives them.
const open_how* fixed_how(int flags, mode_t mode);
const char* empty_path();

}  // namespace ermine::wasi::host
