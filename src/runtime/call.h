// Calls functions of a store from the host, and makes errors from failures.
#pragma once

#include <vector>

#include "ermine/error.h"
#include "runtime/context.h"

namespace ermine::runtime {

// Runs `func`. `slots` holds the arguments and receives the results: it has space for the larger of both
// (TypeDef::func.param_slots, result_slots). False: take_error() has the error.
bool call(Store* store, FuncRef* func, Slot* slots);

// The native stack that calls need to use all of `value_stack` bytes of frames, with a reserve for the caller's own.
// `has_optimized_code`: as in StoreOptions.
uint64_t native_stack_for(uint64_t value_stack, bool has_optimized_code);

// The error of the last failed call, with a backtrace. Precondition: call() has just failed.
Error take_error(Store* store);

// The frames of the running calls, innermost first, at most `limit`.
std::vector<FrameInfo> backtrace(Store* store, size_t limit = 64);

// Stores a host function's error; returns false, which the host function returns.
bool fail(HostCall& call, Error&& error);

}  // namespace ermine::runtime
