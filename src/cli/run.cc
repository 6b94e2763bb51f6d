// ermine run: runs a program, from its module to its exit code.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/format.h"
#include "cli/deadline.h"
#include "cli/hints.h"
#include "cli/load.h"
#include "cli/run_options.h"
#include "cli/values.h"
#include "ermine/ermine.h"
#include "launch/file_kind.h"
#include "launch/launch.h"
#include "launch/stack.h"

namespace ermine::cli {
namespace {

using launch::Launch;

// The process is about to end; destroying stores and mappings would only cost time.
[[noreturn]] void leave(int code) {
  code = finish_output(code);
  std::fflush(nullptr);
  _exit(code);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

HostGrants grants_of(const RunOptions& o) {
  WasiConfig config;
  Words args = {o.argv0.value_or(base_name(o.module))};
  // With --invoke they are the function's arguments as well.
  args.insert(args.end(), o.arguments.begin(), o.arguments.end());
  config.args(std::move(args)).inherit_stdio().max_open_files(o.max_open_files).max_written_bytes(o.max_output_bytes);
  if (o.inherit_environment) config.inherit_env();
  for (const auto& [name, value] : o.environment) config.env(name, value);
  for (const DirectoryGrant& d : o.directories) config.preopen_dir(d.host_path, d.guest_path, d.access);
  for (const std::string& address : o.listeners) config.listen(address);
  for (const auto& [name, value] : o.config_variables) config.config_var(name, value);
  HostGrants grants = std::move(config).grants();
  grants.network = o.network;
  grants.http = o.http;
  // The options exist as long as the program.
  grants.key_value = {std::shared_ptr<void>(), &o.key_value};
  grants.http.pool_options.ca_file = o.ca_file.value_or("");
  if (o.tls) grants.tls_options = TlsOptions{.ca_file = grants.http.pool_options.ca_file, .plugin = {}};
  // The confined process cannot read the files that a lookup needs.
  grants.network.resolver_process = o.precautions.mode != sandbox::Mode::kOff;
  if (o.logs.wasi) {
    grants.trace = [](std::string_view line) {
      std::string whole(line);
      whole += '\n';
      std::fwrite(whole.data(), 1, whole.size(), stderr);
    };
  }
  return grants;
}

launch::Program program_of(const RunOptions& o) {
  launch::Program program;
  program.module = o.module;
  program.preloads = o.preloads;
  program.grants = grants_of(o);
  program.config = o.config;
  program.limits = o.limits;
  program.fuel = o.fuel;
  program.max_module_bytes = o.precautions.max_module_size;
  program.unknown_imports_trap = o.unknown_imports_trap;
  program.unknown_imports_default = o.unknown_imports_default;
  return program;
}

// Reports each collection on stderr, and a summary at the end.
class GcLog {
 public:
  void follow(const Store& store) {
    store.on_collection([this](const GcCollection& c) {
      pauses_.push_back(c.pause);
      std::fprintf(stderr, "gc: %s collection, %.3f ms, %.1f MiB live\n", c.full ? "full" : "minor", ms(c.pause),
                   mib(c.live_bytes));
    });
  }
  void conclude(const Store& store) {
    const GcStats s = store.gc_stats();
    std::sort(pauses_.begin(), pauses_.end());
    const auto median = pauses_.empty() ? std::chrono::nanoseconds(0) : pauses_[pauses_.size() / 2];
    std::fprintf(stderr,
                 "gc: %llu minor and %llu full collections; pauses: %.3f ms in all, median %.3f, longest %.3f; "
                 "%.1f MiB allocated\n",
                 static_cast<unsigned long long>(s.minor_collections),
                 static_cast<unsigned long long>(s.full_collections), ms(s.total_pause), ms(median), ms(s.max_pause),
                 mib(s.allocated_bytes));
  }

 private:
  static double ms(std::chrono::nanoseconds t) { return static_cast<double>(t.count()) / 1e6; }
  static double mib(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
  std::vector<std::chrono::nanoseconds> pauses_;
};

Result<void> call_export(Store& store, const Instance& instance, const RunOptions& o) {
  std::optional<Func> func = instance.get_func(*o.invoke);
  if (!func) return Error(ErrorKind::kUsage, no_such_function(instance.module(), *o.invoke));
  FuncType type = func->type();
  if (o.arguments.size() != type.params.size()) {
    return Error(ErrorKind::kUsage, base::format("{} takes {} arguments, not {}: {}", *o.invoke, type.params.size(),
                                                 o.arguments.size(), type.to_string()));
  }
  std::vector<Val> args;
  for (size_t i = 0; i < type.params.size(); ++i) {
    Result<Val> v = parse_value(store, type.params[i], o.arguments[i]);
    if (!v)
      return Error(ErrorKind::kUsage, base::format("argument {} of {}: {}", i + 1, *o.invoke, v.error().message()));
    args.push_back(std::move(*v));
  }
  ERMINE_ASSIGN(std::vector<Val> results, func->call(args));
  for (const Val& v : results) std::puts(print_value(v).c_str());
  return {};
}

// Runs the program, or the function that the user named.
Result<void> run_instance(Launch& launch, const Instance& instance, const RunOptions& o) {
  if (o.invoke) {
    ERMINE_TRY(Launch::initialize(instance));
    return call_export(launch.store(), instance, o);
  }
  ERMINE_ASSIGN(const bool started, Launch::start(instance));
  if (started) return {};
  // An object file never is a program, even if nothing else is missing.
  if (launch::unlinked(instance.module())) return Error(ErrorKind::kLink, "there is no _start to run");
  if (std::string note = nothing_to_run(instance.module()); !note.empty()) print_note(note);
  return {};
}

// Runs the program of a component, or the function that the user named.
Result<void> run_component(Launch& launch, const ComponentInstance& instance, const RunOptions& o) {
  if (!o.invoke) {
    ERMINE_ASSIGN(const bool started, Launch::start(instance));
    if (started) return {};
    std::string example;
    if (const std::vector<std::string> functions = launch.component()->functions(); !functions.empty())
      example = base::format(", such as '{}(...)'", functions.front());
    return Error(
        ErrorKind::kUsage,
        base::format("this component is no program: it does not export wasi:cli/run; its functions can be called by "
                     "--invoke 'NAME(ARGUMENTS)'{:t}",
                     example));
  }
  Result<std::string> result = instance.invoke(*o.invoke);
  if (!result) {
    const Error& error = result.error();
    const bool in_call = error.kind() == ErrorKind::kMalformed || error.kind() == ErrorKind::kInvalid;
    return in_call ? Error(ErrorKind::kUsage, "--invoke: " + error.message()) : std::move(result).error();
  }
  if (!result->empty()) print_text(*result + "\n");
  return {};
}

// The exit code for the end of a run, after printing the reason.
int conclude(const Result<void>& result, const RunOptions& o, const Launch& launch, const std::string& ungranted) {
  if (result) return kOk;
  const Error& error = result.error();
  const int code = launch::exit_code(error);
  if (error.kind() != ErrorKind::kExit) {
    std::fflush(stdout);
    print_error(error);
    if (std::string note = hint_on_stop(error, o); !note.empty()) print_note(note);
    if (launch.component() == nullptr)
      if (std::string note = hint_on_unlinked(launch.last_module()); !note.empty()) print_note(note);
  }
  if (code == kOk) return code;
  if (!ungranted.empty()) {
    print_note(ungranted);
    return code;
  }
  for (const std::string& note : hints_on_refusals(launch.wasi().refusals(), error)) print_note(note);
  return code;
}

// From instantiation to the exit code.
int run_loaded(Launch& launch, const RunOptions& o, const std::string& ungranted) {
  Error error;
  if (launch.component() != nullptr) {
    if (o.invoke && !o.arguments.empty())
      return conclude(
          Error(
              ErrorKind::kUsage,
              base::format("the arguments of a component's function are written in the call, as in --invoke '{}(...)'",
                           *o.invoke)),
          o, launch, ungranted);
    Result<ComponentInstance> instance = launch.instantiate_component();
    if (instance) return conclude(run_component(launch, *instance, o), o, launch, ungranted);
    error = std::move(instance).error();
  } else {
    Result<Instance> instance = launch.instantiate();
    if (instance) return conclude(run_instance(launch, *instance, o), o, launch, ungranted);
    error = std::move(instance).error();
  }
  if (error.kind() != ErrorKind::kLink) return conclude(Result<void>(std::move(error)), o, launch, ungranted);
  print_error(error);
  for (const std::string& note : hints_on_imports(launch, o)) print_note(note);
  return kFailed;
}

// What of the network the kernel can restrict. HTTP requests are TCP connections as well.
sandbox::NetworkPolicy network_of(const RunOptions& o) {
  sandbox::NetworkPolicy policy;
  policy.udp = !o.network.udp.empty() || !o.network.udp_listeners.empty();
  policy.listens = !o.listeners.empty();
  for (const std::string& address : o.listeners) {
    policy.bind_ports.push_back(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
    policy.every_bind_port |= policy.bind_ports.back() == 0;
  }
  constexpr int kMostRules = 256;
  bool connects = false;
  for (const auto& [use, grants] :
       {std::pair(wasi::net::Use::kTcp, &o.network.tcp), {wasi::net::Use::kHttp, &o.network.http}})
    for (const std::string& text : *grants)
      if (const Result<wasi::net::Rule> rule = wasi::net::parse_rule(use, text)) {
        connects = true;
        for (const wasi::net::PortRange& range : rule->ports) {
          if (range.last - range.first >= kMostRules) policy.every_port = true;
          else if (range.last != 0)
            for (int port = range.first; port <= range.last; ++port)
              policy.connect_ports.push_back(static_cast<uint16_t>(port));
        }
      }
  if (connects) policy.bind_ports.push_back(0);  // a client may have any free port
  policy.tcp = connects || policy.listens;
  return policy;
}

int confine(const RunOptions& o, const Engine& engine) {
  std::vector<sandbox::Directory> directories;
  for (const DirectoryGrant& d : o.directories)
    directories.push_back({d.host_path, d.access == DirectoryAccess::kReadWrite});
  return o.precautions.confine_to_running(engine, directories, network_of(o));
}

int run(const RunOptions& o) {
  if (int code = o.precautions.set_bounds(); code != kOk) return code;
  launch::Program program = program_of(o);
  std::optional<Progress> progress;
  program.on_load = [&progress](const std::string& name) { progress.emplace("compiling " + name); };
  Result<Launch> opened = Launch::open(std::move(program));
  if (!opened) return fail(opened.error());
  Launch& launch = *opened;

  const std::string ungranted = ungranted_argument(o);
  // Everything that was granted is open; from here on the input is untrusted.
  if (int code = confine(o, launch.engine()); code != kOk) return code;
  const Result<void> loaded = launch.load();
  progress.reset();
  if (!loaded) return fail(loaded.error());

  GcLog gc_log;
  if (o.logs.gc) gc_log.follow(launch.store());
  if (o.precautions.timeout)
    launch.store().set_timeout(std::chrono::duration_cast<StoreRef::Clock::duration>(hand_deadline_over()));

  int code = kOk;
  launch::with_stack_for(o.config.max_wasm_stack, o.config.uses_llvm(),
                         [&] { code = run_loaded(launch, o, ungranted); });
  if (o.logs.gc) gc_log.conclude(launch.store());
  // The jitdump file is completed when the engine is destroyed.
  if (o.config.profile != Profile::kNone) return code;
  leave(code);
}

}  // namespace

int run_main(Words words) {
  RunOptions options;
  if (Parsed p = parse_run_options(std::move(words), options); p.exit) return p.code;
  // The confined process can open no files of stores.
  options.key_value.store_process = options.precautions.mode != sandbox::Mode::kOff;
  return run(options);
}

}  // namespace ermine::cli
