// Calling a function of a store from the host, and what errors look like afterwards.
#pragma once

#include <vector>

#include "ermine/error.h"
#include "runtime/context.h"

namespace ermine::runtime {

// Runs `func`. `slots` holds the arguments and receives the results: it has room for the larger of both
// (TypeDef::func.param_slots, result_slots). False: take_error() has the reason.
bool call(Store* store, FuncRef* func, Slot* slots);

// How much native stack suffices for calls to use all of `value_stack` bytes of frames; with some for the caller's own.
uint64_t native_stack_for(uint64_t value_stack);

// The reason of the last failed call, with a backtrace. Precondition: call() has just failed.
Error take_error(Store* store);

// The frames of the running calls, innermost first, at most `limit`.
std::vector<FrameInfo> backtrace(Store* store, size_t limit = 64);

// A host function's error: stores it; returns false, for the host function to return.
bool fail(HostCall& call, Error&& error);

}  // namespace ermine::runtime
