// A program, from the files it is in to its end: what all who run programs do, be it a command or a runtime of
// containers. It is done in steps, between which they do what is their own: confine the process, set a deadline, say
// what went wrong.
//
//   ERMINE_ASSIGN(Launch launch, Launch::open(std::move(program)));  // all that was given is open
//   sandbox::confine(policy);                                         // from here on come bytes that are not trusted
//   ERMINE_TRY(launch.load());
//   launch.store().set_timeout(30s);
//   ERMINE_ASSIGN(Instance instance, launch.instantiate());
//   Result<bool> ended = launch.start(instance);
//   return ended ? kOk : exit_code(ended.error());
//
// Errors are for people, and say neither how a command nor how an embedder would change it; Error::limit() does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ermine/engine.h"
#include "ermine/grants.h"
#include "ermine/instance.h"
#include "ermine/linker.h"
#include "ermine/store.h"
#include "ermine/wasi.h"
#include "launch/input_file.h"

namespace ermine::launch {

struct Program {
  std::string module;  // a file; "-" is standard input
  std::vector<std::pair<std::string, std::string>> preloads;  // the name others import it by, file
  HostGrants grants;
  Config config;
  StoreLimits limits;
  std::optional<uint64_t> fuel;
  uint64_t max_module_bytes = ~uint64_t{0};
  // What becomes of imports that nothing provides, instead of an error: see Linker.
  bool unknown_imports_trap = false, unknown_imports_default = false;
  // Called with a module's name before it is read and compiled, which may take long.
  std::function<void(const std::string& name)> on_load;
};

class Launch {
 public:
  // Opens everything that the program is given. Nothing of its modules is read yet.
  static Result<Launch> open(Program program);

  // Reads and compiles the modules; makes a store and a linker with WASI. What is here below is there afterwards.
  Result<void> load();

  Store& store() { return *store_; }
  const Linker& linker() const { return *linker_; }
  const Module& module() const { return *module_; }
  // Of the modules, that which instantiate() came to: when it fails, the one that it failed at.
  const Module& last_module() const { return *last_module_; }
  const Wasi& wasi() const { return wasi_; }

  // kLink if an import is missing. Start functions run here, and _initialize of what is preloaded.
  Result<Instance> instantiate();
  // Of a module that is called from outside: runs its _initialize, if it has one. Before anything else of it.
  static Result<void> initialize(const Instance& instance);
  // Runs the program: _initialize and _start. False if it has no _start, so that there was nothing to run.
  static Result<bool> start(const Instance& instance);

 private:
  struct Preload {
    std::string name;
    InputFile file;
    std::optional<Module> module;
  };
  Launch(Program&& program, InputFile&& file, Wasi&& wasi);
  Result<Module> load(InputFile& file) const;
  Result<Instance> instantiate(const Module& module);

  Program program_;
  Engine engine_;
  InputFile file_;
  std::vector<Preload> preloads_;
  Wasi wasi_;
  bool writes_ = false;
  std::optional<Module> module_;
  std::optional<Module> last_module_;
  std::optional<Linker> linker_;
  std::optional<Store> store_;
};

}  // namespace ermine::launch
