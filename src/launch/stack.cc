#include "launch/stack.h"

#include "platform/fiber.h"
#include "platform/thread_stack.h"
#include "runtime/call.h"

namespace ermine::launch {

void with_stack_for(uint64_t wasm_stack, bool has_optimized_code, const std::function<void()>& f) {
  const uint64_t needed = runtime::native_stack_for(wasm_stack, has_optimized_code);
  const auto sp = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  if (sp - platform::thread_stack().low >= needed) return f();
  auto run = [](void* function) { (*static_cast<const std::function<void()>*>(function))(); };
  auto fiber = platform::Fiber::create(needed, run, const_cast<std::function<void()>*>(&f));
  if (fiber == nullptr) return f();
  fiber->resume();
}

}  // namespace ermine::launch
