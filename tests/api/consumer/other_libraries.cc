// An embedder that uses {fmt}, nlohmann-json and CLI11 itself, with their usual settings. Ermine uses them too, with
// others: the archive must not contain anything of them that could be linked into this program.
#include <ermine/ermine.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

int main() {
  const std::string text = fmt::format("{} {:.3f} {}", true, 3.14159, 2.5L);
  bool formats = text == "true 3.142 2.5", throws = false;
  try {
    throws = fmt::format(fmt::runtime("{:d}"), "text").empty();
  } catch (const fmt::format_error&) { throws = true; }
  bool refuses_json = false;
  try {
    refuses_json = nlohmann::json::parse("{").is_discarded();
  } catch (const nlohmann::json::parse_error&) { refuses_json = true; }
  CLI::App app("other");
  bool refuses = false;
  try {
    app.parse("--unknown");
  } catch (const CLI::ParseError&) { refuses = true; }
  ermine::Engine engine;
  auto module = ermine::Module::from_text(engine, "(module (func (export \"f\")))", "m");
  const bool compiles = module && module->exports().size() == 1;
  std::printf("fmt: %s, %d; json: %d; CLI11: %d; Ermine: %d\n", text.c_str(), throws, refuses_json, refuses, compiles);
  return formats && throws && refuses_json && refuses && compiles ? 0 : 1;
}
