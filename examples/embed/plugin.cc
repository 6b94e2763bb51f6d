// A host that runs an untrusted plug-in: it gives the plug-in one function, shares text with it through its memory, and
// limits its time and memory. usage: embed_plugin guest.wasm
#include <ermine/ermine.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

// The only function of the host that a plug-in can call.
ermine::Result<void> define_host(ermine::Linker& linker) {
  return linker.func_wrap("env", "log", [](ermine::Caller& caller, uint32_t at, uint32_t size) -> ermine::Result<void> {
    auto memory = caller.memory();
    auto text = memory ? memory->slice(at, size) : std::nullopt;
    if (!text) return ermine::Error::trap(ermine::TrapCode::kMemoryOutOfBounds, "env.log: text outside of memory");
    std::printf("plug-in says: %.*s\n", static_cast<int>(text->size()), reinterpret_cast<const char*>(text->data()));
    return {};
  });
}

ermine::Result<void> shout(ermine::Instance instance, std::string_view text) {
  ERMINE_ASSIGN(auto buffer, instance.get_typed_func<uint32_t()>("buffer"));
  ERMINE_ASSIGN(auto shout, instance.get_typed_func<void(uint32_t)>("shout"));
  ERMINE_ASSIGN(uint32_t at, buffer());
  auto memory = instance.get_memory("memory");
  if (!memory || !memory->write(at, text.data(), text.size()))
    return ermine::Error(ermine::ErrorKind::kUsage, "the plug-in has no room for the text");
  return shout(static_cast<uint32_t>(text.size()));
}

ermine::Result<void> run(const char* path) {
  ermine::Engine engine;
  ERMINE_ASSIGN(ermine::Module module, ermine::Module::from_file(engine, path));
  ermine::Linker linker(engine);
  ERMINE_TRY(define_host(linker));

  ermine::Store store(engine, {.memory_bytes = 16 << 20});
  ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
  ERMINE_TRY(shout(instance, "rather death than defilement"));

  // A plug-in that never returns is stopped; the store remains usable.
  store.set_timeout(std::chrono::milliseconds(50));
  ERMINE_ASSIGN(auto spin, instance.get_typed_func<void()>("spin"));
  if (ermine::Result<void> stopped = spin(); !stopped) std::printf("spin: %s\n", stopped.error().message().c_str());
  store.clear_deadline();
  return shout(instance, "still here");
}

}  // namespace

int main(int argc, char** argv) {
  auto result = run(argc > 1 ? argv[1] : "guest.wasm");
  if (!result) std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  return result ? 0 : 1;
}
