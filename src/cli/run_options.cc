#include "cli/run_options.h"

#include <cstdlib>

namespace ermine::cli {
namespace {

bool switch_of(const std::string& option, const std::string& text) {
  if (text.empty() || text == "y" || text == "yes" || text == "true") return true;
  if (text == "n" || text == "no" || text == "false") return false;
  throw BadOption{option, "'" + text + "' is neither y nor n"};
}

// "name=on" pairs of Wasmtime's grouped options: "-W a=1,b".
template <class F>
void each_pair(const std::string& text, F&& f) {
  size_t at = 0;
  while (at <= text.size()) {
    size_t comma = text.find(',', at);
    if (comma == text.npos) comma = text.size();
    std::string one = text.substr(at, comma - at);
    at = comma + 1;
    if (one.empty()) continue;
    size_t equals = one.find('=');
    f(one.substr(0, equals), equals == one.npos ? std::string() : one.substr(equals + 1));
  }
}

void set_feature(Config& config, const std::string& option, const std::string& name, bool on) {
  if (name == "all" || name == "all-proposals") {
    if (!on) throw BadOption{option, "only single features can be switched off"};
    config.enable_all_features();
    return;
  }
  if (Result<void> r = config.set_feature(name, on); !r) throw BadOption{option, r.error().message()};
}

void limit(RunOptions& o, const std::string& name, const std::string& value) {
  std::string option = "-W " + name;
  if (name == "max-memory-size") o.limits.memory_bytes = size_of(option, value);
  else if (name == "max-instance-memory") o.limits.instance_memory_bytes = size_of(option, value);
  else if (name == "max-total-memory") o.limits.total_memory_bytes = size_of(option, value);
  else if (name == "max-table-elements") o.limits.table_elements = count_of(option, value);
  else if (name == "max-total-table-elements") o.limits.total_table_elements = count_of(option, value);
  else if (name == "max-instances") o.limits.instances = count_of(option, value);
  else if (name == "max-tables") o.limits.tables = count_of(option, value);
  else if (name == "max-memories") o.limits.memories = count_of(option, value);
  else if (name == "max-gc-heap") o.limits.gc_heap_bytes = o.config.max_gc_heap = size_of(option, value);
  else if (name == "relaxed-simd-deterministic") o.config.deterministic = switch_of(option, value);
  else if (name == "mask-speculation") o.config.mask_speculation = switch_of(option, value);
  else if (name == "max-wasm-stack") o.config.max_wasm_stack = size_of(option, value);
  else if (name == "trap-on-grow-failure") o.limits.fail_on_grow = switch_of(option, value);
  else if (name == "fuel") o.fuel = count_of(option, value);
  else if (name == "timeout") o.precautions.timeout = duration_of(option, value);
  else if (name == "unknown-imports-trap") o.unknown_imports_trap = switch_of(option, value);
  else if (name == "unknown-imports-default") o.unknown_imports_default = switch_of(option, value);
  else set_feature(o.config, option, name, switch_of(option, value));
}

void wasi_option(RunOptions& o, const std::string& name, const std::string& value) {
  std::string option = "-S " + name;
  if (name == "inherit-env") o.inherit_environment = switch_of(option, value);
  else if (name == "tcplisten" || name == "listen") o.listeners.push_back(value);
  else if (name == "preview1" || name == "cli" || name == "cli-exit-with-code" || name == "preview0") {
    if (!switch_of(option, value)) throw BadOption{option, "this cannot be switched off"};
  } else {
    throw BadOption{option, "there is no such option; known are inherit-env and tcplisten"};
  }
}

void debug_option(RunOptions& o, const std::string& name, const std::string& value) {
  if (name != "debug-info") throw BadOption{"-D " + name, "there is no such option; known is debug-info"};
  o.config.debug_info = switch_of("-D debug-info", value);
}

void environment(RunOptions& o, const std::string& text) {
  size_t equals = text.find('=');
  if (equals == 0) throw BadOption{"--env", "'" + text + "' has no name"};
  std::string name = text.substr(0, equals);
  if (equals != text.npos) {
    o.environment.emplace_back(name, text.substr(equals + 1));
  } else if (const char* value = std::getenv(name.c_str())) {
    o.environment.emplace_back(name, value);
  }
}

Profile profile_of(const std::string& text) {
  if (text == "perfmap") return Profile::kPerfMap;
  if (text == "jitdump") return Profile::kJitDump;
  throw BadOption{"--profile", "can be perfmap or jitdump, not '" + text + "'"};
}

Tier tier_of(const std::string& text) {
  std::string known;
  for (const TierName& t : Config::tiers()) {
    if (t.name == text) return t.tier;
    known += (known.empty() ? "" : ", ") + std::string(t.name);
  }
  throw BadOption{"--tier", "there is no tier '" + text + "'; there are: " + known};
}

// Where the options end: the index of the module. Everything behind it is the program's, also what looks
// like an option. `separated`: an explicit "--" stands in front of it.
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

std::optional<Directory> parse_directory(std::string_view text) {
  Directory d;
  if (text.ends_with(":ro") || text.ends_with(":rw")) {
    if (text.ends_with(":ro")) d.access = WasiDirAccess::kReadOnly;
    text.remove_suffix(3);
  }
  size_t colons = text.find("::");
  d.host = text.substr(0, colons);
  d.guest = colons == text.npos ? text : text.substr(colons + 2);
  if (d.host.empty() || d.guest.empty()) return std::nullopt;
  return d;
}

void add_feature_options(Options& options, Config& config) {
  options.values(
      "--features",
      [&config](const std::string& list) {
        each_pair(list, [&](std::string name, const std::string& value) {
          bool on = switch_of("--features", value);
          if (name.starts_with('-')) {
            on = !on;
            name.erase(0, 1);
          } else if (name.starts_with('+')) {
            name.erase(0, 1);
          }
          set_feature(config, "--features", name, on);
        });
      },
      "Proposals on or off: all, NAME, -NAME, separated by commas", "LIST");
}

void add_tier_options(Options& options, Config& config) {
  options.value(
      "--tier", [&config](const std::string& text) { config.tier = tier_of(text); },
      "How to run: auto, interp or baseline", "TIER");
  options.value(
      "--code-cache-size",
      [&config](const std::string& text) { config.code_cache_size = size_of("--code-cache-size", text); },
      "Most machine code; what finds no room is interpreted", "SIZE");
  options.flag("--verify-code", config.verify_code,
               "Check all machine code before it is run; what fails is interpreted", true);
  options.flag("--deterministic", config.deterministic, "Relaxed SIMD does the same on every machine", true);
}

Parsed parse_run_options(Words words, RunOptions& o) {
  // Mostly there are no options; describing them all takes longer than starting a small program.
  if (!words.empty() && (words[0].size() < 2 || words[0][0] != '-')) {
    o.module = words[0];
    o.arguments.assign(words.begin() + 1, words.end());
    return {};
  }
  Options options("Run a WebAssembly program.\nUsage: ermine run [OPTIONS] [--] app.wasm [ARGUMENTS]", "run");
  options.help_flag("-h,--help", "This text");

  options.values(
      "--dir",
      [&o](const std::string& text) {
        std::optional<Directory> d = parse_directory(text);
        if (!d) throw BadOption{"--dir", "'" + text + "' is not HOST or HOST::GUEST"};
        o.directories.push_back(std::move(*d));
      },
      "Grant a directory, under another name if GUEST is given; :ro at the end forbids changes", "HOST[::GUEST][:ro]");
  options.values(
      "--env", [&o](const std::string& text) { environment(o, text); },
      "Set an environment variable; without a value, pass on the host's", "NAME[=VALUE]");
  options.values(
      "--listen", [&o](const std::string& text) { o.listeners.push_back(text); }, "Grant a listening TCP socket",
      "HOST:PORT");
  options.value(
      "--argv0", [&o](const std::string& text) { o.argv0 = text; }, "The program's own name; by default the file's",
      "NAME");
  options.value(
      "--invoke", [&o](const std::string& text) { o.invoke = text; },
      "Call this export with the arguments and print its results", "FUNCTION");
  options.values(
      "--preload",
      [&o](const std::string& text) {
        size_t equals = text.find('=');
        if (equals == text.npos || equals == 0) throw BadOption{"--preload", "write NAME=FILE"};
        o.preloads.emplace_back(text.substr(0, equals), text.substr(equals + 1));
      },
      "Instantiate another module first, for imports from NAME", "NAME=FILE");
  add_tier_options(options, o.config);
  options.value(
      "--fuel", [&o](const std::string& text) { o.fuel = count_of("--fuel", text); },
      "Stop after this many instructions, and for every 16 bytes that one of them or a WASI call moves, at the same "
      "place "
      "on every machine",
      "N");
  options.value(
      "--max-open-files",
      [&o](const std::string& text) {
        uint64_t n = count_of("--max-open-files", text);
        o.max_open_files = n > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(n);
      },
      "Most files open at once (4096)", "N");
  options.value(
      "--max-output-bytes", [&o](const std::string& text) { o.max_output_bytes = size_of("--max-output-bytes", text); },
      "Stop when more is written, or files become larger by more, all of them together", "SIZE");
  options.values(
      "-W", [&o](const std::string& text) { each_pair(text, [&](auto n, auto v) { limit(o, n, v); }); },
      "Limits and proposals: max-memory-size, max-instance-memory, max-total-memory, max-table-elements, "
      "max-total-table-elements, max-instances, max-tables, max-memories, max-gc-heap, max-wasm-stack, "
      "relaxed-simd-deterministic, mask-speculation, trap-on-grow-failure, fuel, timeout, unknown-imports-trap, "
      "unknown-imports-default, or a proposal's name =y or =n",
      "NAME=VALUE,...");
  options.values(
      "-S", [&o](const std::string& text) { each_pair(text, [&](auto n, auto v) { wasi_option(o, n, v); }); },
      "WASI: inherit-env, tcplisten=HOST:PORT", "NAME=VALUE,...");
  add_feature_options(options, o.config);
  options.flag("--unknown-imports-trap", o.unknown_imports_trap, "Functions nobody provides trap when called", true);
  options.flag("--unknown-imports-default", o.unknown_imports_default,
               "What nobody provides returns zeros and is empty", true);
  options.value(
      "--log",
      [&o](const std::string& text) {
        if (text == "wasi") o.trace_wasi = true;
        else if (text == "gc") o.log_gc = true;
        else throw BadOption{"--log", "can be wasi or gc, not '" + text + "'"};
      },
      "Print to stderr: wasi, each system call of the program with its results; gc, each garbage collection", "WHAT");
  options.value(
      "--profile", [&o](const std::string& text) { o.config.profile = profile_of(text); },
      "Tell perf the functions in machine code: perfmap writes /tmp/perf-PID.map, jitdump jit-PID.dump here", "HOW");
  options.flag("-g", o.config.debug_info, "Tell gdb the functions in machine code: names, breakpoints, backtraces",
               true);
  options.values(
      "-D", [&o](const std::string& text) { each_pair(text, [&](auto n, auto v) { debug_option(o, n, v); }); },
      "Debugging: debug-info, the same as -g", "NAME[=y],...");
  o.precautions.add_to(options);
  options.exit_codes("the program's own; 134 if it trapped; 1 if it could not be started");
  options.footer(
      "\nExamples:\n"
      "  ermine run app.wasm one --two\n"
      "  ermine run --dir ./data::/data:ro --env LANG=C app.wasm /data/in.txt\n"
      "  ermine run --invoke add add.wasm 2 3\n"
      "  ermine run --timeout 2s -W max-memory-size=64MiB untrusted.wasm\n"
      "  ermine run --listen 127.0.0.1:8080 server.wasm\n");

  bool separated = false;
  size_t at = find_module(options, words, separated);
  Words own(words.begin(), words.begin() + static_cast<ptrdiff_t>(separated ? at - 1 : at));
  if (Parsed p = options.parse(std::move(own)); p.exit) return p;
  if (at >= words.size()) {
    print_error("no module is given");
    print_note("as in: ermine run app.wasm; ermine run --help lists the options");
    return {true, kUsage};
  }
  o.module = words[at];
  o.arguments.assign(words.begin() + static_cast<ptrdiff_t>(at) + 1, words.end());
  if (o.fuel) o.config.consume_fuel = true;
  return {};
}

}  // namespace ermine::cli
