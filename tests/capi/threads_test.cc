// Many stores of one engine on many threads, through the C API. A binary of its own, because it runs under
// ThreadSanitizer as well.
#include <atomic>
#include <mutex>
#include <thread>

#include "tests/capi/fixture.h"

namespace capi_test {
namespace {

using SharedHandle = std::shared_ptr<ermine_interrupt_handle_t>;

// Handles of stores that run an endless loop, or are about to.
class Running {
 public:
  void add(SharedHandle handle) {
    const std::lock_guard lock(mutex_);
    handles_.push_back(std::move(handle));
  }
  std::vector<SharedHandle> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(handles_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<SharedHandle> handles_;
};

// Stores are made, called, interrupted and dropped at the same time.
TEST_F(CApi, ManyThreadsWithManyStores) {
  constexpr int kThreads = 8, kStores = 250;
  const auto module = compile(R"((module (memory 1) (table 2 funcref) (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
    (func (export "spin") (loop (br 0)))))");
  const wasm_shared_module_ptr shared(wasm_module_share(module.get()));
  Running running;
  std::atomic<int> interrupted = 0, unexpected = 0;
  std::atomic<bool> over = false;

  const auto use_stores = [&] {
    for (int i = 0; i < kStores; ++i) {
      const wasm_store_ptr store(wasm_store_new(engine_.get()));
      const wasm_module_ptr own(wasm_module_obtain(store.get(), shared.get()));
      const wasm_instance_ptr instance(wasm_instance_new(store.get(), own.get(), nullptr, nullptr));
      const wasm_extern_ptr next = exported(instance.get(), "next"), spin = exported(instance.get(), "spin");
      const auto is_interrupted = [](const wasm_trap_t* trap) {
        return message_of(trap).find("interrupt") != std::string::npos;
      };
      // Few spin, because they take turns with the thread that ends them.
      const bool spins = i % 25 == 0;
      const SharedHandle handle(ermine_interrupt_handle_new(store.get()), &ermine_interrupt_handle_delete);
      if (!spins) running.add(handle);
      for (int32_t n = 1; n <= 3; ++n) {
        wasm_val_t result = WASM_INIT_VAL;
        const wasm_val_vec_t none = WASM_EMPTY_VEC;
        wasm_val_vec_t out{1, &result};
        const wasm_trap_ptr trap(wasm_func_call(wasm_extern_as_func(next.get()), &none, &out));
        if (trap) unexpected += spins || !is_interrupted(trap.get());
        else unexpected += result.of.i32 < 1 || result.of.i32 > n;
      }
      if (!spins) continue;
      running.add(handle);
      interrupted += is_interrupted(trap_of(spin).get());
    }
  };
  // Of each handle it interrupts the store, and then one that may be gone.
  std::thread interrupts([&] {
    std::vector<SharedHandle> before;
    while (!over) {
      std::vector<SharedHandle> now = running.take();
      for (const SharedHandle& handle : now) ermine_interrupt_handle_interrupt(handle.get());
      for (const SharedHandle& handle : before) ermine_interrupt_handle_interrupt(handle.get());
      before = std::move(now);
      std::this_thread::yield();
    }
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(use_stores);
  for (std::thread& t : threads) t.join();
  over = true;
  interrupts.join();
  EXPECT_EQ(unexpected, 0);
  EXPECT_EQ(interrupted, kThreads * kStores / 25);
}

}  // namespace
}  // namespace capi_test
