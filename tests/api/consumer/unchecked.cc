// A program that does not check a Result: it must end with the error in question. unchecked file|call|text
#include <ermine/ermine.h>

#include <string_view>

int main(int, char** argv) {
  const std::string_view which = argv[1];
  ermine::Engine engine;
  if (which == "call") {
    auto module = ermine::Module::from_text(engine, "(module (func (export \"f\") (result i32) unreachable))", "m");
    ermine::Store store(engine);
    auto instance = ermine::Linker(engine).instantiate(store, *module);
    return *instance->get_typed_func<int()>("f")->operator()();
  }
  if (which == "text")
    return static_cast<int>(ermine::Module::from_text(engine, "(module", "m").value().exports().size());
  auto module = ermine::Module::from_file(engine, "no-such-file.wasm");
  return static_cast<int>(module->exports().size());
}
