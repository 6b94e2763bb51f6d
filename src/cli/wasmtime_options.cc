#include "cli/wasmtime_options.h"

#include "base/fixed_text.h"
#include "cli/options.h"

namespace ermine::cli {
namespace {

constexpr std::string_view kTuning = "ermine chooses this by itself; leave it out";
constexpr std::string_view kPooling = "ermine keeps stacks and memories for reuse by itself; leave it out";
constexpr std::string_view kLater = "not supported yet";
constexpr std::string_view kNetwork = "--tcp, --udp, --listen and --allow-dns grant parts of the network";

// `name` ends with '*' if names that begin with it are meant as well.
struct Row {
  char group;
  base::FixedText<25> name;
  base::FixedText<86> instead;
};
constexpr Row kRows[] = {
    {'O', "signals-based-traps", kTuning},
    {'O', "pooling-*", kPooling},
    {'O', "*", kTuning},
    {'C', "compiler", "--tier chooses between interpreting and compiling"},
    {'C', "collector", "there is one garbage collector; leave it out"},
    {'C', "cache*", "modules are not cached; leave it out"},
    {'C', "cranelift*", "--verify-code checks machine code before it runs"},
    {'C', "pcc", "--verify-code checks machine code before it runs"},
    {'C', "*", kTuning},
    {'D', "guest-debug", kLater},
    {'D', "address-map", "backtraces always have offsets; leave it out"},
    {'D', "logging", "--log prints WASI calls and garbage collections"},
    {'D', "log-to-files", "--log prints on standard error"},
    {'D', "coredump", kLater},
    {'W', "nan-canonicalization", "NaNs have the bits that the processor gives them"},
    {'W', "epoch-interruption", "--timeout stops a program; leave it out"},
    {'W', "async-stack-size", "-W max-wasm-stack=SIZE sets the size of the stack for calls"},
    {'W', "async-stack-zeroing", kTuning},
    {'W', "unknown-exports-allow", "further exports are always allowed; leave it out"},
    {'W', "wmemcheck", "not supported"},
    {'W', "shared-memory", "-W threads switches shared memories"},
    {'W', "shared-everything-threads", kLater},
    {'W', "stack-switching", kLater},
    {'W', "component-model*", "components are always on; leave it out"},
    {'W', "gc-support", "-W gc switches garbage-collected objects"},
    {'W', "concurrency-support", kTuning},
    {'S', "common", "-S cli is its newer name, and always on; leave it out"},
    {'S', "threads", "wasi-threads is not supported yet"},
    {'S', "listenfd", "--listen HOST:PORT grants a listening socket"},
    {'S', "preview2", "the version of WASI is the program's; leave it out"},
    {'S', "p3", "the version of WASI is the program's; leave it out"},
    {'S', "inherit-network", kNetwork},
    {'S', "allow-ip-name-lookup", kNetwork},
    {'S', "tcp", kNetwork},
    {'S', "udp", kNetwork},
    {'S', "network-error-code", kNetwork},
    {'S', "nn*", "not supported"},
    {'S', "http*", "--http HOST grants requests; leave it out"},
    {'S', "hostcall-fuel", "--fuel counts what calls of the host move"},
    {'S', "max-*", "--max-open-files and --max-output-bytes limit what a program uses of the host"},
    {'R', "*", "runs cannot be recorded"},
    {0, "--target", "code is always made for this machine; leave it out"},
    {0, "--allow-precompiled", "there are no precompiled modules; run the module itself"},
    {0, "--mapdir", "--dir HOST::GUEST grants a directory under another name"},
    {0, "--wasm-timeout", "--timeout stops a program"},
    {0, "--wasm-features", "--features switches proposals on and off"},
    {0, "--wasi-modules", "WASI preview 1 is always there; leave it out"},
    {0, "--max-wasm-stack", "-W max-wasm-stack=SIZE sets the size of the stack for calls"},
    {0, "--disable-cache", "modules are not cached; leave it out"},
    {0, "--program-cache", "modules are not cached; leave it out"},
};

}  // namespace

std::string about_wasmtime_option(char group, std::string_view name) {
  for (const Row& row : kRows) {
    if (row.group != group) continue;
    const std::string_view known = row.name;
    const bool begins = known.ends_with('*');
    if (begins ? name.starts_with(known.substr(0, known.size() - 1)) : name == known)
      return "an option of Wasmtime's that ermine does not have: " + std::string(row.instead.view());
  }
  return {};
}

void refuse_wasmtime_groups(Options& options) {
  for (const char* names : {"-C,--codegen", "-R,--record"}) {
    options.refuse(names, [letter = names[1]](const Given& given) {
      each_pair(given.text, [&](const std::string& name, const std::string&) {
        throw BadOption{std::string("-") + letter + " " + name, about_wasmtime_option(letter, name)};
      });
    });
  }
}

}  // namespace ermine::cli
