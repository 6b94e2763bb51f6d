// Short cuts of the functions that programs call most, where the way to the system call is as long as the call itself:
// host functions (of the same Binding) for the commonest case alone. They answer, or leave everything as it was and
// hand over to call_bound(), which begins anew.
#pragma once

#include "wasi/preview1/bind.h"
#include "wasi/preview1/functions.h"

namespace ermine::wasi {

bool call_clock_time_get(void* binding, runtime::HostCall& host_call, uint64_t* slots);
bool call_fd_close(void* binding, runtime::HostCall& host_call, uint64_t* slots);
bool call_fd_fdstat_get(void* binding, runtime::HostCall& host_call, uint64_t* slots);
bool call_fd_read(void* binding, runtime::HostCall& host_call, uint64_t* slots);
bool call_fd_write(void* binding, runtime::HostCall& host_call, uint64_t* slots);
bool call_path_open(void* binding, runtime::HostCall& host_call, uint64_t* slots);

// The host function of a WASI function.
template <auto kFunction>
inline constexpr detail::HostFn kHostFunction = call_bound;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::clock_time_get> = call_clock_time_get;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::fd_read> = call_fd_read;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::fd_close> = call_fd_close;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::fd_fdstat_get> = call_fd_fdstat_get;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::fd_write> = call_fd_write;
template <>
inline constexpr detail::HostFn kHostFunction<&CommonFunctions::path_open> = call_path_open;

}  // namespace ermine::wasi
