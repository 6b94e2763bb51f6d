// Bounds what a module can take of the host: memory, table elements, stack and time. usage: guide_limits
#include <ermine/ermine.h>

#include <chrono>
#include <cstdio>
#include <string_view>

namespace {

constexpr std::string_view kModule = R"((module
  (memory (export "memory") 1)
  (func (export "grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
  (func $recurse (export "recurse") (param $depth i64) (result i64)
    (i64.add (call $recurse (i64.add (local.get $depth) (i64.const 1))) (i64.const 1)))
  (func (export "spin") (loop (br 0)))))";

void print(const char* name, const ermine::Error& error) {
  const std::string_view why = ermine::trap_message(error.trap_code());
  std::printf("%s: %.*s\n", name, static_cast<int>(why.size()), why.data());
}

ermine::Result<void> run() {
  ermine::Config config;
  config.max_wasm_stack = 256 << 10;
  ermine::Engine engine(config);
  ERMINE_ASSIGN(ermine::Module module, ermine::Module::from_text(engine, kModule));
  ermine::Store store(engine, {.memory_bytes = 4 << 20});  // of each memory
  ERMINE_ASSIGN(ermine::Instance instance, ermine::Instance::create(store, module, {}));

  // Growing fails, as the module sees by the result -1.
  ERMINE_ASSIGN(auto grow, instance.get_typed_func<int32_t(int32_t)>("grow"));
  ERMINE_ASSIGN(const int32_t pages, grow(63));
  ERMINE_ASSIGN(const int32_t refused, grow(1));
  std::printf("grow: %d, then %d\n", pages, refused);

  // What cannot continue ends with an error.
  ERMINE_ASSIGN(auto recurse, instance.get_typed_func<int64_t(int64_t)>("recurse"));
  const ermine::Result<int64_t> deep = recurse(0);
  if (!deep) print("recurse", deep.error());
  ERMINE_ASSIGN(auto spin, instance.get_typed_func<void()>("spin"));
  store.set_timeout(std::chrono::milliseconds(20));
  const ermine::Result<void> endless = spin();
  if (!endless) print("spin", endless.error());
  store.clear_deadline();

  // The store can be used as before.
  ERMINE_ASSIGN(const int32_t none, grow(0));
  std::printf("the memory has %d pages\n", none);
  return {};
}

}  // namespace

int main() {
  const ermine::Result<void> done = run();
  if (!done) std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
  return done ? 0 : 1;
}
