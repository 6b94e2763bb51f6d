// Runs a function that needs a large stack.
#pragma once

#include <functional>

namespace ermine::platform {

// On a thread of its own, with 64 MiB of stack, while the caller waits. False: there is no such thread, and the
// function did not run.
bool run_on_large_stack(const std::function<void()>& function);

}  // namespace ermine::platform
