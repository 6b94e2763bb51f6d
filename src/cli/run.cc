// ermine run: a program from its module to its exit code.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include "base/format.h"
#include "cli/advice.h"
#include "cli/deadline.h"
#include "cli/load.h"
#include "cli/run_options.h"
#include "cli/values.h"
#include "ermine/ermine.h"

namespace ermine::cli {
namespace {

// The process is about to end; taking stores and mappings apart first would only cost time.
[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  _exit(code);
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<Wasi> make_wasi(const RunOptions& o) {
  WasiConfig config;
  Words args = {o.argv0.value_or(base_name(o.module))};
  // With --invoke they are the function's.
  if (!o.invoke) args.insert(args.end(), o.arguments.begin(), o.arguments.end());
  config.args(std::move(args)).inherit_stdio().max_open_files(o.max_open_files).max_written_bytes(o.max_output_bytes);
  if (o.inherit_environment) config.inherit_env();
  for (const auto& [name, value] : o.environment) config.env(name, value);
  for (const Directory& d : o.directories) config.preopen_dir(d.host, d.guest, d.access);
  for (const std::string& address : o.listeners) config.listen(address);
  if (o.trace_wasi) {
    config.trace([](std::string_view line) {
      std::string whole(line);
      whole += '\n';
      std::fwrite(whole.data(), 1, whole.size(), stderr);
    });
  }
  return Wasi::create(std::move(config));
}

// Notes each collection on stderr, and sums them up at the end.
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
    ERMINE_ASSIGN(Val v, parse_value(store, type.params[i], o.arguments[i]));
    args.push_back(std::move(v));
  }
  ERMINE_ASSIGN(std::vector<Val> results, func->call(args));
  for (const Val& v : results) std::puts(print_value(v).c_str());
  return {};
}

// Runs what the module says is to be run.
Result<void> run_instance(Store& store, const Instance& instance, const RunOptions& o) {
  if (std::optional<Func> init = instance.get_func("_initialize")) ERMINE_TRY(init->call({}, {}));
  if (o.invoke) return call_export(store, instance, o);
  if (std::optional<Func> start = instance.get_func("_start")) return start->call({}, {});
  if (std::string note = nothing_to_run(instance.module()); !note.empty()) print_note(note);
  return {};
}

// The exit code for how a run ended, after saying why.
int conclude(const Result<void>& result, const RunOptions& o, const Wasi& wasi) {
  if (result) return kOk;
  const Error& error = const_cast<Result<void>&>(result).error();
  int code;
  switch (error.kind()) {
    case ErrorKind::kExit: code = error.exit_code() & 0xff; break;
    case ErrorKind::kTrap:
    case ErrorKind::kException:
    case ErrorKind::kLimit: code = kTrapped; break;
    case ErrorKind::kUsage: code = kUsage; break;
    default: code = kFailed; break;
  }
  if (error.kind() != ErrorKind::kExit) {
    std::fflush(stdout);
    print_error(error);
    if (std::string note = advice_on_stop(error, o); !note.empty()) print_note(note);
  }
  if (code != kOk)
    for (const std::string& note : advice_on_refusals(wasi.refusals())) print_note(note);
  return code;
}

// What a run was given to read, and what came of it.
struct Files {
  std::optional<InputFile> module;
  std::vector<std::pair<std::string, InputFile>> preloads;  // by the name they are imported from
};
using Preloads = std::vector<std::pair<std::string, Module>>;

Result<Files> open_files(const RunOptions& o) {
  Files files;
  ERMINE_ASSIGN(InputFile module, InputFile::open(o.module));
  files.module.emplace(std::move(module));
  for (const auto& [name, path] : o.preloads) {
    ERMINE_ASSIGN(InputFile file, InputFile::open(path));
    files.preloads.emplace_back(name, std::move(file));
  }
  return files;
}

Result<Preloads> load_preloads(const Engine& engine, Files& files, uint64_t limit, Reading reading) {
  Preloads loaded;
  for (auto& [name, file] : files.preloads) {
    ERMINE_ASSIGN(Module module, load_module(engine, file, limit, reading));
    loaded.emplace_back(name, std::move(module));
  }
  return loaded;
}

int confine(const RunOptions& o) {
  std::vector<sandbox::Directory> directories;
  for (const Directory& d : o.directories) directories.push_back({d.host, d.access == WasiDirAccess::kReadWrite});
  return o.precautions.confine_to_running(o.config.tier != Tier::kInterp, directories);
}

Result<Instance> instantiate(Store& store, Linker& linker, const Module& module, const Preloads& preloads,
                             const RunOptions& o) {
  for (const auto& [name, preload] : preloads) {
    ERMINE_ASSIGN(Instance instance, linker.instantiate(store, preload));
    ERMINE_TRY(linker.instance(name, instance));
  }
  if (o.unknown_imports_trap) ERMINE_TRY(linker.define_unknown_imports_as_traps(module));
  if (o.unknown_imports_default) ERMINE_TRY(linker.define_unknown_imports_as_defaults(store, module));
  return linker.instantiate(store, module);
}

int fail(const Error& error) {
  print_error(error);
  return kFailed;
}

int run(const RunOptions& o) {
  if (int code = o.precautions.set_bounds(); code != kOk) return code;
  Engine engine(o.config);
  Result<Files> files = open_files(o);
  if (!files) return fail(files.error());
  Result<Wasi> wasi = make_wasi(o);
  if (!wasi) return fail(wasi.error());

  // All that was granted is open; from here on come bytes that are not trusted.
  if (int code = confine(o); code != kOk) return code;
  // A program that may write files could truncate the very file its code is mapped from.
  bool writes = std::any_of(o.directories.begin(), o.directories.end(),
                            [](const Directory& d) { return d.access == WasiDirAccess::kReadWrite; });
  Reading reading = writes ? Reading::kCopy : Reading::kMap;
  const uint64_t most = o.precautions.max_module_size;
  Result<Module> module = load_module(engine, *files->module, most, reading);
  if (!module) return fail(module.error());
  Result<Preloads> preloads = load_preloads(engine, *files, most, reading);
  if (!preloads) return fail(preloads.error());

  Linker linker(engine);
  // Preloaded modules may import from it, too.
  Result<void> added = preloads->empty() ? wasi->add_to_linker(linker, *module) : wasi->add_to_linker(linker);
  if (!added) return fail(added.error());
  if (Result<void> r = define_conveniences(linker); !r) return fail(r.error());

  Store store(engine, o.limits);
  if (o.fuel) {
    if (Result<void> r = store.set_fuel(*o.fuel); !r) return fail(r.error());
  }
  GcLog gc_log;
  if (o.log_gc) gc_log.follow(store);
  if (o.precautions.timeout)
    store.set_timeout(std::chrono::duration_cast<StoreRef::Clock::duration>(hand_deadline_over()));

  Result<Instance> instance = instantiate(store, linker, *module, *preloads, o);
  if (!instance) {
    if (instance.error().kind() == ErrorKind::kLink) {
      print_error(instance.error());
      for (const std::string& note : advice_on_imports(linker, *module)) print_note(note);
      return kFailed;
    }
    return conclude(Result<void>(std::move(instance).error()), o, *wasi);
  }
  const int code = conclude(run_instance(store, *instance, o), o, *wasi);
  if (o.log_gc) gc_log.conclude(store);
  // What is told to profilers ends with the engine.
  if (o.config.profile != Profile::kNone) return code;
  leave(code);
}

}  // namespace

int run_main(Words words) {
  RunOptions options;
  if (Parsed p = parse_run_options(std::move(words), options); p.exit) return p.code;
  return run(options);
}

}  // namespace ermine::cli
