#include "platform/large_stack.h"

#include <pthread.h>

namespace ermine::platform {

bool run_on_large_stack(const std::function<void()>& function) {
  constexpr size_t kBytes = size_t{64} << 20;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, kBytes);
  pthread_t thread;
  const auto run = [](void* f) -> void* {
    (*static_cast<const std::function<void()>*>(f))();
    return nullptr;
  };
  const bool runs =
      pthread_create(&thread, &attributes, run, const_cast<void*>(static_cast<const void*>(&function))) == 0;
  pthread_attr_destroy(&attributes);
  if (runs) pthread_join(thread, nullptr);
  return runs;
}

}  // namespace ermine::platform
