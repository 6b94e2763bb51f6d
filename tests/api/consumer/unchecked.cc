// A program that does not check a Result: it must end with the error in question.
#include <ermine/ermine.h>

int main() {
  ermine::Engine engine;
  auto module = ermine::Module::from_file(engine, "no-such-file.wasm");
  return static_cast<int>(module->exports().size());
}
