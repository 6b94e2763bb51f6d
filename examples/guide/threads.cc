// One compiled module, and a store for each of many requests, on several threads. usage: guide_threads
#include <ermine/ermine.h>

#include <atomic>
#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::string_view kModule = R"((module
  (memory 1)
  (func (export "handle") (param $request i32) (result i32)
    (i32.store (i32.const 0) (local.get $request))
    (i32.mul (i32.load (i32.const 0)) (i32.const 2)))))";

// A request has a store and an instance of its own: it sees nothing of others, and ends with all that it had.
ermine::Result<int32_t> handle(const ermine::Linker& linker, const ermine::Module& module, int32_t request) {
  ermine::Store store(module.engine());
  ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
  ERMINE_ASSIGN(auto function, instance.get_typed_func<int32_t(int32_t)>("handle"));
  return function(request);
}

}  // namespace

int main() {
  constexpr int kThreads = 4, kRequests = 1000;
  // An engine, its modules and a linker that is filled are used by all threads.
  const ermine::Engine engine;
  const ermine::Result<ermine::Module> module = ermine::Module::from_text(engine, kModule);
  if (!module) return std::fprintf(stderr, "%s\n", module.error().to_string().c_str()), 1;
  const ermine::Linker linker(engine);
  std::atomic<int> next = 0, correct = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int request; (request = next++) < kRequests;) {
        const ermine::Result<int32_t> answer = handle(linker, *module, request);
        correct += answer && *answer == 2 * request;
      }
    });
  for (std::thread& thread : threads) thread.join();
  std::printf("%d of %d requests answered\n", correct.load(), kRequests);
  return correct == kRequests ? 0 : 1;
}
