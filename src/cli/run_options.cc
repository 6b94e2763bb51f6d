#include "cli/run_options.h"

#include "ermine/printable.h"

namespace ermine::cli {
namespace {

// Returns the index of the module, where the options end. All words after it are the program's, even if they look like
// options. `separated`: "--" precedes the module.
size_t find_module(const Options& known, const Words& words, bool& separated) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& w = words[i];
    if (w == "--") {
      separated = true;
      return i + 1;
    }
    if (w.size() < 2 || w[0] != '-') return i;
    if (w.starts_with("--")) {
      if (w.find('=') != w.npos) continue;
      if (known.takes_value(w)) ++i;
    } else {
      if (w.size() == 2 && known.takes_value(w)) ++i;
    }
  }
  return words.size();
}

}  // namespace

Parsed parse_run_options(Words words, RunOptions& o) {
  // Most command lines have no options, and describing all options takes longer than starting a small program.
  if (!words.empty() && (words[0].size() < 2 || words[0][0] != '-')) {
    o.module = words[0];
    o.arguments.assign(words.begin() + 1, words.end());
    return {};
  }
  Options options("run", "Run a WebAssembly program", "[OPTIONS] [--] FILE [ARGUMENTS...]");
  options.describe_argument("FILE", "A module, binary or text; - is standard input");
  options.describe_argument("ARGUMENTS",
                            "The program's arguments: everything after the module, including words such as --name");
  add_settings(options, o, Takers::kRun);
  options.exit_codes("the program's own; 134 if it trapped; 1 if it could not be started");
  options.example("ermine run app.wasm one --two");
  options.example("ermine run --dir ./data::/data:ro --env LANG=C app.wasm /data/in.txt");
  options.example("ermine run --invoke add add.wasm 2 3");
  options.example("ermine run --timeout 2s -W max-memory-size=64MiB untrusted.wasm");
  options.example("ermine run --listen 127.0.0.1:8080 server.wasm");

  bool separated = false;
  size_t at = find_module(options, words, separated);
  Words own(words.begin(), words.begin() + static_cast<ptrdiff_t>(separated ? at - 1 : at));
  if (Parsed p = options.parse(std::move(own)); p.exit) return p;
  if (at >= words.size()) {
    const bool is_value = words.size() >= 2 && options.takes_value(words[words.size() - 2]);
    print_error(is_value ? "no module is given: '" + printable(words.back()) + "' is the value of " +
                               printable(words[words.size() - 2])
                         : "no module is given");
    print_note("as in: ermine run app.wasm; ermine run --help lists the options");
    return {true, kUsage};
  }
  o.module = words[at];
  o.arguments.assign(words.begin() + static_cast<ptrdiff_t>(at) + 1, words.end());
  if (o.fuel) o.config.consume_fuel = true;
  return {};
}

}  // namespace ermine::cli
