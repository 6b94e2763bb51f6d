// Calls a function of a component: component ../components/greet.wat
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "ermine/ermine.h"

namespace {

ermine::Result<std::string> greeting(const std::string& text) {
  ermine::Engine engine;
  ermine::Store store(engine);
  ERMINE_ASSIGN(ermine::Component component, ermine::Component::from_text(engine, text, "greet.wat"));
  ermine::ComponentLinker linker(engine);
  ERMINE_TRY(linker.func_wrap("demo:greeter/log@1.0.0", "write", [](std::string_view line) { std::cout << line; }));
  ERMINE_ASSIGN(ermine::ComponentInstance instance, linker.instantiate(store, component));
  ERMINE_ASSIGN(auto greet, instance.get_typed_func<std::string(std::string_view)>("greet"));
  return greet("Ada");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const ermine::Result<std::string> text = greeting({std::istreambuf_iterator<char>(file), {}});
  if (!text) return std::fprintf(stderr, "error: %s\n", text.error().to_string().c_str()), 1;
  std::printf("%s\n", text->c_str());
}
