// An embedder's shared object: Ermine is inside it, and only run_gcd() is to be seen.
#include <ermine/ermine.h>

namespace {

ermine::Result<uint32_t> gcd(const char* path) {
  ermine::Engine engine;
  ERMINE_ASSIGN(ermine::Module module, ermine::Module::from_file(engine, path));
  ermine::Linker linker(engine);
  ERMINE_TRY(linker.define_unknown_imports_as_traps(module));
  ermine::Store store(engine);
  ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
  ERMINE_ASSIGN(auto function, instance.get_typed_func<uint32_t(uint32_t, uint32_t)>("gcd"));
  return function(1071, 462);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int run_gcd(const char* path) {
  auto result = gcd(path);
  return result ? static_cast<int>(*result) : -1;
}
