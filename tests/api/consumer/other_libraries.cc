// An embedder that uses {fmt}, nlohmann-json and CLI11 itself, with their usual settings. Ermine uses them too, with
// others: the archive must not contain anything of them that could be linked into this program.
//
// One version of each is installed. That suffices: a copy can be mistaken for another only if it has the same name, the
// archive has and needs no name of these libraries (archive_test.py), and other versions only have more distinct ones.
// With OTHER_VERSIONS they are compiled as another version would be: in a namespace of its own, where the library has a
// namespace for its version, and with classes of another layout (JSON_DIAGNOSTICS).
#ifdef OTHER_VERSIONS
#define FMT_BEGIN_NAMESPACE \
  namespace fmt {           \
  inline namespace v99 {
#define FMT_END_NAMESPACE \
  }                       \
  }
#endif
#include <ermine/ermine.h>
#include <fmt/format.h>

#include <cstdio>
#include <string>
#ifndef ONLY_FMT
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#endif

namespace {

bool fmt_works() {
  const std::string text = fmt::format("{} {:.3f} {}", true, 3.14159, 2.5L);
  bool throws = false;
  try {
    throws = fmt::format(fmt::runtime("{:d}"), "text").empty();
  } catch (const fmt::format_error&) { throws = true; }
  std::printf("fmt: %s, %d\n", text.c_str(), throws);
  return text == "true 3.142 2.5" && throws;
}

#ifdef ONLY_FMT
bool others_work() { return true; }
#else
bool others_work() {
  bool refuses_json = false;
  try {
    refuses_json = nlohmann::json::parse("{").is_discarded();
  } catch (const nlohmann::json::parse_error&) { refuses_json = true; }
  std::string message;
  try {
    message = nlohmann::json::parse("{\"a\": [0]}")["a"][0].get<std::string>();
  } catch (const nlohmann::json::type_error& e) { message = e.what(); }
  const bool has_place = message.find("(/a/0)") != message.npos;
  CLI::App app("other");
  bool refuses = false;
  try {
    app.parse("--unknown");
  } catch (const CLI::ParseError&) { refuses = true; }
  std::printf("json: %d, %s; CLI11: %d\n", refuses_json, message.c_str(), refuses);
  return refuses_json && has_place == (JSON_DIAGNOSTICS != 0) && refuses;
}
#endif

}  // namespace

int main() {
  ermine::Engine engine;
  auto module = ermine::Module::from_text(engine, "(module (func (export \"f\")))", "m");
  const bool compiles = module && module->exports().size() == 1;
  const bool formats = fmt_works(), others = others_work();
  return formats && others && compiles ? 0 : 1;
}
