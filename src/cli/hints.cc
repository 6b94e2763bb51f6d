#include "cli/hints.h"

#include <unistd.h>

#include <algorithm>

#include "base/format.h"
#include "launch/file_kind.h"

namespace ermine::cli {
namespace {

constexpr size_t kMostListed = 8;

// "a, b, and 5 more": the first few of the added ones.
class List {
 public:
  void add(std::string_view item) {
    if (count_ < kMostListed) text_ += base::format("{}{}", count_ > 0 ? ", " : "", item);
    ++count_;
  }
  size_t count() const { return count_; }
  std::string text() const {
    return count_ <= kMostListed ? text_ : base::format("{:t}, and {} more", text_, count_ - kMostListed);
  }

 private:
  std::string text_;
  size_t count_ = 0;
};

List exported_functions(const Module& module, std::string_view but = {}) {
  List names;
  for (const ExportType& e : module.exports())
    if (e.type.kind == ExternKind::kFunc && (but.empty() || e.name != but)) names.add(e.name);
  return names;
}

bool is_abort_of_assemblyscript(const ImportType& i) {
  return i.module == "env" && i.name == "abort" && i.type.kind == ExternKind::kFunc && i.type.func.params.size() == 4;
}

bool is_of_emscripten(const ImportType& i) {
  if (i.module == "a") return i.name.size() <= 2;  // names made short
  return i.module == "env" && (i.name.contains("emscripten") || i.name.starts_with("__syscall_") ||
                               i.name.starts_with("invoke_") || i.name.starts_with("__cxa_"));
}

// Tools make short names. A hostile module may have many imports, each with a long one.
ImportType shortened(const ImportType& i) {
  constexpr size_t kLongest = 200;
  return {i.module.substr(0, kLongest), i.name.substr(0, kLongest), i.type};
}

// How the import came into the module, by the names that tools use, and what to do.
std::string origin(const ImportType& i) {
  if (i.module == "wasi_snapshot_preview2" || i.module.contains(":"))
    return "its imports are those of a component (WASI 0.2 or newer); make it a component, as wasm32-wasip2 does, or "
           "build for wasm32-wasip1";
  if (i.module == "go" || i.module == "gojs")
    return "it was built by Go for JavaScript hosts; build with GOOS=wasip1 GOARCH=wasm";
  if (i.module == "wbg" || i.module.starts_with("__wbindgen") || i.module.ends_with("_bg.js"))
    return "it was built with wasm-bindgen for JavaScript hosts; build for wasm32-wasip1 without it";
  if (is_abort_of_assemblyscript(i))
    return "it was built by AssemblyScript for JavaScript hosts; build with its WASI shim (@assemblyscript/wasi-shim), "
           "or "
           "with --use abort= if that is all";
  if (is_of_emscripten(i))
    return "it was built by Emscripten for JavaScript hosts; link with -sSTANDALONE_WASM, or build with wasi-sdk";
  if (i.module == "wasi" && i.name == "thread-spawn")
    return "it uses threads (wasi-threads), which are not supported yet";
  if (i.module == "env" && i.name == "memory") return "it imports its memory; --preload NAME=FILE can provide it";
  if (i.module == "env")
    return "functions of 'env' are usually a host's of its own, or undefined in the linked program";
  return {};
}

}  // namespace

std::string hint_on_stop(const Error& error, const RunOptions& o) {
  const std::string option = option_for(error.limit());
  switch (error.limit()) {
    case Limit::kNone:
      // The system refused memory.
      if (error.kind() == ErrorKind::kLimit && o.precautions.max_process_memory)
        return "--max-process-memory may leave too little for it; a larger one changes that";
      return {};
    case Limit::kModuleBytes: return {};  // see print_error()
    case Limit::kFuel:
      return "the limit is --fuel " + std::to_string(o.fuel.value_or(0)) + "; a larger one lets it continue";
    case Limit::kDeadline: return "the limit is --timeout; a longer one lets it continue";
    case Limit::kStackBytes:
      if (error.kind() == ErrorKind::kLimit && o.precautions.max_process_memory)
        return "--max-process-memory leaves too little for the stack; a larger one, or " + option + ", changes that";
      return "the stack for calls has " + std::to_string(o.config.max_wasm_stack >> 10) + " KiB; " + option +
             " changes that";
    default: return option + " changes the limit";
  }
}

std::string ungranted_argument(const RunOptions& o) {
  auto plain = [](std::string_view path) {
    while (path.starts_with("./")) path.remove_prefix(2);
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
  };
  auto covers = [&](const DirectoryGrant& grant, std::string_view path) {
    const std::string_view guest = plain(grant.guest_path);
    if (guest == ".") return !path.starts_with('/');
    if (guest == "/") return true;  // relative paths, too: some languages begin them there
    return path == guest || (path.starts_with(guest) && path[guest.size()] == '/');
  };
  for (const std::string& argument : o.arguments) {
    const std::string_view path = plain(argument);
    if (path.empty() || path.starts_with('-') || access(argument.c_str(), F_OK) != 0) continue;
    if (std::ranges::any_of(o.directories, [&](const DirectoryGrant& grant) { return covers(grant, path); })) continue;
    const size_t slash = path.rfind('/');
    const std::string_view parent = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    return base::format("the program has no access to '{}'; --dir {} grants its directory", argument, parent);
  }
  return {};
}

std::vector<std::string> hints_on_refusals(const WasiRefusals& r, const Error& end) {
  std::vector<std::string> notes;
  // Many programs look for directories when they start, whether they need them or not. One that ends by itself has said
  // what it lacked.
  if (r.no_directories && end.kind() != ErrorKind::kExit)
    notes.push_back(
        "the program looked for directories and was granted none; --dir . grants the current one, --dir "
        "HOST::GUEST another");
  if (!r.escaping_path.empty())
    notes.push_back(
        base::format("the path '{}' leads outside the granted directory; --dir grants another one", r.escaping_path));
  if (!r.read_only_path.empty())
    notes.push_back(base::format("'{}' is beneath a directory granted read-only; --dir without :ro allows changes",
                                 r.read_only_path));
  if (r.no_listener) notes.push_back("the program tried to accept connections; --listen HOST:PORT grants a socket");
  auto refused = [&notes](const std::string& target, const char* what, const char* flag) {
    if (!target.empty())
      notes.push_back(base::format("the program may not {:t}; {:t} {} grants that", what, flag, target));
  };
  refused(r.tcp_target, "connect to this address", "--tcp");
  refused(r.udp_peer, "exchange datagrams with this address", "--udp");
  refused(r.tcp_listener, "listen on this address", "--listen");
  refused(r.udp_listener, "receive datagrams on this address", "--listen-udp");
  refused(r.dns_name, "look up this name, or use the addresses it has", "--allow-dns");
  refused(r.http_target, "send HTTP requests there", "--http");
  if (r.key_value_store)
    refused(r.key_value_store->empty() ? "URL" : *r.key_value_store + "=URL", "open this store of keys and values",
            "--keyvalue");
  if (r.tls) notes.push_back("the program may not use TLS; --tls grants that");
  if (!r.http_problem.empty()) notes.push_back(base::format("HTTP requests were not possible: {:t}", r.http_problem));
  if (r.too_many_sockets)
    notes.push_back("the program has reached the limit of open sockets; -S max-sockets=N changes it");
  if (r.too_many_network_bytes)
    notes.push_back("the program has sent and received as much as it may; -S max-network-bytes=SIZE changes the limit");
  if (r.connection_time_over)
    notes.push_back("a connection was broken at its maximum time; -S max-connection-time=TIME changes it");
  if (r.too_many_files)
    notes.push_back("the program has reached the limit of open files; --max-open-files N changes it");
  return notes;
}

namespace {

// What a component imports that is in no interface of ours, by packages, since an interface has many functions.
std::vector<std::string> hints_on_component(const Component& component, const RunOptions& o) {
  constexpr std::string_view kProvided[] = {"wasi:cli/",    "wasi:io/",         "wasi:clocks/",
                                            "wasi:random/", "wasi:filesystem/", "wasi:sockets/",
                                            "wasi:http/",   "wasi:keyvalue/",   "wasi:tls/"};
  List missing;
  std::vector<std::string> seen;
  for (const ComponentItem& i : component.imports()) {
    const std::string& name = i.interface.empty() ? i.name : i.interface;
    // 0.3 has no wasi:io, and programs do not handle requests.
    const bool known = name.contains("@0.2.") || (name.contains("@0.3.") && !name.starts_with("wasi:io/") &&
                                                  !name.starts_with("wasi:http/handler@"));
    if ((known && std::ranges::any_of(kProvided, [&](std::string_view p) { return name.starts_with(p); })) ||
        std::ranges::find(seen, name) != seen.end())
      continue;
    seen.push_back(name);
    missing.add(name);
  }
  std::vector<std::string> notes;
  if (missing.count() > 0) notes.push_back("nothing provides " + missing.text());
  if (!o.unknown_imports_trap)
    notes.push_back("--unknown-imports-trap runs the program until it calls a missing function");
  return notes;
}

}  // namespace

std::vector<std::string> hints_on_imports(const launch::Launch& launch, const RunOptions& o) {
  if (launch.component() != nullptr) return hints_on_component(*launch.component(), o);
  const Module& module = launch.last_module();
  List missing;
  std::vector<std::string> notes;
  const std::string kind = hint_on_unlinked(module);
  if (!kind.empty()) notes.push_back(kind);
  for (const ImportType& i : module.imports()) {
    if (launch.linker().has(i.module, i.name)) continue;
    missing.add(base::format("{}.{} {}", i.module, i.name, i.type.to_string()));
    std::string from = kind.empty() ? origin(shortened(i)) : std::string();
    if (const Module* provider = launch.preloaded(i.module)) {
      const std::string what = hint_on_unlinked(*provider);
      from = what.empty() ? std::string() : base::format("'{}' does not export it: {:t}", shortened(i).module, what);
    }
    if (!from.empty() && std::find(notes.begin(), notes.end(), from) == notes.end()) notes.push_back(from);
  }
  if (missing.count() > 1) notes.insert(notes.begin(), "nothing provides " + missing.text());
  if (missing.count() == 0) return notes;
  std::string provides = "--preload MODULE=FILE provides a module's exports";
  if (!o.unknown_imports_trap && !o.unknown_imports_default)
    provides += "; --unknown-imports-trap runs the program until it calls one";
  notes.push_back(std::move(provides));
  return notes;
}

std::string hint_on_unlinked(const Module& module) {
  const std::optional<launch::Unlinked> kind = launch::unlinked(module);
  return kind ? base::format("it is {:t}; {:t}", kind->name, kind->advice) : std::string();
}

std::string no_such_function(const Module& module, const std::string& name) {
  const List names = exported_functions(module);
  if (names.count() == 0) return base::format("there is no function '{}': the module exports none", name);
  return base::format("there is no function '{}'; the module exports {:t}", name, names.text());
}

std::string nothing_to_run(const Module& module) {
  const List names = exported_functions(module, "_initialize");
  if (names.count() == 0 || module.summary().has_start) return {};
  return "the module has no _start to run; --invoke calls one of its functions: " + names.text();
}

}  // namespace ermine::cli
