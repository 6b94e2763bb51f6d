// Hosts plug-ins of the world demo:greeter/plugin: host guest.wat. `ermine bindgen plugin.wit` wrote plugin.h.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "plugin.h"

namespace {

class Log : public demo::greeter::log::Host {
 public:
  ermine::Result<void> write(demo::greeter::log::Level level, std::string_view text) override {
    const bool warning = level == demo::greeter::log::Level::kWarning;
    std::printf("%s: %s\n", warning ? "warning" : "info", std::string(text).c_str());
    return {};
  }
};

class Counter : public demo::greeter::counters::Counter {
 public:
  explicit Counter(uint32_t start) : next_(start) {}
  ~Counter() override { std::printf("the counter ends at %u\n", next_); }
  ermine::Result<uint32_t> next() override { return next_++; }

 private:
  uint32_t next_;
};

class Counters : public demo::greeter::counters::Host {
 public:
  ermine::Result<std::unique_ptr<demo::greeter::counters::Counter>> new_counter(uint32_t start) override {
    return std::unique_ptr<demo::greeter::counters::Counter>(std::make_unique<Counter>(start));
  }
};

ermine::Result<void> greet_all(const std::string& text) {
  ermine::Engine engine;
  ERMINE_ASSIGN(ermine::Component component, ermine::Component::from_text(engine, text, "guest.wat"));
  ermine::ComponentLinker linker(engine);
  Log log;
  Counters counters;
  ERMINE_TRY(add_to_linker(linker, demo::greeter::PluginImports{log, counters}));
  ermine::Store store(engine);
  ERMINE_ASSIGN(auto plugin, demo::greeter::Plugin::instantiate(linker, store, component));
  for (const char* name : {"Ada", "Grace", ""}) {
    demo::greeter::exports::greetings::Person person;
    person.name = name;
    ERMINE_ASSIGN(auto answer, plugin.greetings().greet(person));
    std::printf("%s\n", answer ? answer->c_str() : ("refused: " + answer.error()).c_str());
  }
  ERMINE_ASSIGN(const uint32_t greeted, plugin.greeted());
  std::printf("greeted: %u\n", greeted);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const ermine::Result<void> done = greet_all(text);
  if (!done) std::fprintf(stderr, "error: %s\n", done.error().to_string().c_str());
  return done ? 0 : 1;
}
