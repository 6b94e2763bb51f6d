// The native stack that a guest's calls need.
#pragma once

#include <cstdint>
#include <functional>

namespace ermine::launch {

// Calls `f` on a native stack that suffices for as deep calls as `wasm_stack` bytes (Config::max_wasm_stack) allow: the
// thread's own one if it does, else one that is made for it. If there is no memory for that, on the thread's own, and
// calls end earlier. `f` must return.
void with_stack_for(uint64_t wasm_stack, const std::function<void()>& f);

}  // namespace ermine::launch
