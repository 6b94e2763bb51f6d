// Fast paths of the functions that programs call most and whose general path takes as long as the system call itself:
// host functions (of the same WasiImport) for the commonest case alone. They either complete the call, or have no
// effect and leave it to call_general(), which starts from the beginning.
#pragma once

#include "wasi/preview1/bind.h"
#include "wasi/preview1/functions.h"

namespace ermine::wasi::preview1 {

// The host function of a WASI function.
template <auto kFunction>
bool host_function(void* wasi_import, RawCall& host_call, uint64_t* slots) {
  return call_general(wasi_import, host_call, slots);
}
template <>
bool host_function<&CommonFunctions::clock_time_get>(void* wasi_import, RawCall& host_call, uint64_t* slots);
template <>
bool host_function<&CommonFunctions::fd_close>(void* wasi_import, RawCall& host_call, uint64_t* slots);
template <>
bool host_function<&CommonFunctions::fd_fdstat_get>(void* wasi_import, RawCall& host_call, uint64_t* slots);
template <>
bool host_function<&CommonFunctions::fd_read>(void* wasi_import, RawCall& host_call, uint64_t* slots);
template <>
bool host_function<&CommonFunctions::fd_write>(void* wasi_import, RawCall& host_call, uint64_t* slots);
template <>
bool host_function<&CommonFunctions::path_open>(void* wasi_import, RawCall& host_call, uint64_t* slots);

}  // namespace ermine::wasi::preview1
