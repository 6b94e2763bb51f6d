#include "base/parallel.h"

#include <pthread.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace ermine::base {

namespace {
struct Work {
  void (*f)(void*);
  void* context;
};
void* run(void* raw) {
  auto* work = static_cast<Work*>(raw);
  work->f(work->context);
  return nullptr;
}
}  // namespace

unsigned hardware_threads() { return std::max(1u, std::thread::hardware_concurrency()); }

void run_on_threads(unsigned threads, void (*f)(void*), void* context) {
  Work work{f, context};
  // Not std::thread: it throws when the system cannot create a thread.
  std::vector<pthread_t> helpers;
  for (unsigned i = 1; i < threads; ++i) {
    pthread_t helper;
    if (pthread_create(&helper, nullptr, run, &work) != 0) break;
    helpers.push_back(helper);
  }
  f(context);
  for (pthread_t helper : helpers) pthread_join(helper, nullptr);
}

}  // namespace ermine::base
