// Calls asynchronous functions of a component, and gives it one of the host and a stream: async
// ../components/people.wat
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ermine/ermine.h"

namespace {

namespace component = ermine::component;

ermine::Result<void> greet_all(ermine::ComponentInstance& instance) {
  ERMINE_ASSIGN(auto greet, instance.get_typed_func<std::string(std::string_view)>("greet"));
  // Both run at the same time. Grace's title is known first.
  ERMINE_ASSIGN(ermine::ComponentCall<std::string> ada, greet.call_async("Ada"));
  ERMINE_ASSIGN(ermine::ComponentCall<std::string> grace, greet.call_async("Grace"));
  ERMINE_ASSIGN(const std::string first, grace.wait());
  std::printf("%s%s\n", first.c_str(), ada.done() ? "" : ", while Ada waits");
  ERMINE_ASSIGN(const std::string second, ada.wait());
  std::printf("%s\n", second.c_str());
  return {};
}

ermine::Result<void> write_upper(ermine::ComponentInstance& instance, ermine::StoreRef store) {
  using Bytes = component::StreamReader<uint8_t>;
  ERMINE_ASSIGN(auto upper, instance.get_typed_func<Bytes(Bytes)>("upper"));
  auto input = component::make_stream<uint8_t>(store);
  ERMINE_ASSIGN(Bytes output, upper(std::move(input.reader)));
  const std::string text = "rather death than defilement";
  ERMINE_TRY(input.writer.write({text.begin(), text.end()},
                                [writer = input.writer](component::CopyResult, size_t) mutable { writer.close(); }));
  std::optional<std::string> result;
  ERMINE_TRY(output.read_all(1'000'000, [&](component::CopyResult, std::vector<uint8_t> bytes) {
    result.emplace(bytes.begin(), bytes.end());
  }));
  ERMINE_TRY(component::EventLoop(store).run_until([&] { return result.has_value(); }));
  std::printf("%s\n", result->c_str());
  return {};
}

ermine::Result<void> run(const std::string& text, std::vector<std::thread>& threads) {
  ermine::Engine engine;
  ermine::Store store(engine);
  ERMINE_ASSIGN(ermine::Component people, ermine::Component::from_text(engine, text, "people.wat"));
  ermine::ComponentLinker linker(engine);
  // Answers later, from another thread.
  ERMINE_TRY(linker.func_wrap_async("", "title-of", [&](component::Reply<std::string> reply, std::string name) {
    threads.emplace_back([reply, name] {
      std::this_thread::sleep_for(std::chrono::milliseconds(name == "Ada" ? 200 : 1));
      reply.complete((name == "Ada" ? "Countess " : "Admiral ") + name);
    });
  }));
  ERMINE_ASSIGN(ermine::ComponentInstance instance, linker.instantiate(store, people));
  ERMINE_TRY(greet_all(instance));
  return write_upper(instance, store);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  std::vector<std::thread> threads;
  const ermine::Result<void> done = run({std::istreambuf_iterator<char>(file), {}}, threads);
  for (std::thread& thread : threads) thread.join();
  if (!done) std::fprintf(stderr, "error: %s\n", done.error().to_string().c_str());
  return done ? 0 : 1;
}
