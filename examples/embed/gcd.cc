// The shortest embedding: loads a module and calls one of its functions. usage: embed_gcd guest.wasm
#include <ermine/ermine.h>

#include <cstdio>

ermine::Result<uint32_t> gcd(const char* path, uint32_t a, uint32_t b) {
  ermine::Engine engine;
  ERMINE_ASSIGN(ermine::Module module, ermine::Module::from_file(engine, path));
  ermine::Linker linker(engine);
  ERMINE_TRY(linker.func_wrap("env", "log", [](uint32_t, uint32_t) {}));
  ermine::Store store(engine);
  ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
  ERMINE_ASSIGN(auto function, instance.get_typed_func<uint32_t(uint32_t, uint32_t)>("gcd"));
  return function(a, b);
}

int main(int argc, char** argv) {
  auto result = gcd(argc > 1 ? argv[1] : "guest.wasm", 1071, 462);
  if (result) std::printf("gcd(1071, 462) = %u\n", *result);
  else std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  return result ? 0 : 1;
}
