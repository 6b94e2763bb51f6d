// Runs a program of WASI whose files, input and output are in memory. usage: embed_files wordcount.wasm
#include <ermine/ermine.h>

#include <cstdio>
#include <memory>
#include <string>

ermine::Result<std::string> count_words(const ermine::Engine& engine, const ermine::Module& module,
                                        std::string_view text) {
  auto files = ermine::VirtualDirectory::create({.max_bytes = 1 << 20});
  ERMINE_TRY(files->write_file("texts/poem.txt", text));
  auto output = std::make_shared<ermine::MemoryOutputPipe>(64 << 10);

  ermine::WasiConfig config;
  config.args({"wordcount", "texts/poem.txt"}).preopen_dir(files, "/", ermine::WasiDirAccess::kReadOnly);
  config.stdin_stream(std::make_shared<ermine::MemoryInputPipe>("")).stdout_stream(output).stderr_stream(output);

  ermine::Linker linker(engine);
  ERMINE_ASSIGN(ermine::Wasi wasi, ermine::Wasi::create(std::move(config)));
  ERMINE_TRY(wasi.add_to_linker(linker, module));
  ermine::Store store(engine);
  ERMINE_ASSIGN(ermine::Instance instance, linker.instantiate(store, module));
  ERMINE_ASSIGN(auto start, instance.get_typed_func<void()>("_start"));
  ermine::Result<void> ended = start();
  if (!ended && ended.error().kind() != ermine::ErrorKind::kExit) return std::move(ended).error();
  return output->contents();
}

int main(int argc, char** argv) {
  ermine::Engine engine;
  auto module = ermine::Module::from_file(engine, argc > 1 ? argv[1] : "wordcount.wasm");
  if (!module) return std::fprintf(stderr, "%s\n", module.error().to_string().c_str()), 1;
  auto counted = count_words(engine, *module, "White in winter,\nbrown in summer:\nthe ermine.\n");
  if (!counted) return std::fprintf(stderr, "%s\n", counted.error().to_string().c_str()), 1;
  std::fputs(counted->c_str(), stdout);
  return 0;
}
