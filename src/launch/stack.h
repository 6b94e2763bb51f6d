// The native stack for a guest's calls.
#pragma once

#include <cstdint>
#include <functional>

namespace ermine::launch {

// Calls `f` on a native stack that is large enough for calls to use all of `wasm_stack` bytes (Config::max_wasm_stack),
// also in optimised code:
// the thread's own stack if it is large enough, otherwise a new one. Without memory for a new one, `f` runs on the
// thread's own, and its calls exhaust the stack earlier. `f` must return.
void with_stack_for(uint64_t wasm_stack, bool has_optimized_code, const std::function<void()>& f);

}  // namespace ermine::launch
