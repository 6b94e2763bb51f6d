// Runs a program, from its files to its end: the common steps of all programs that run guests, be it a command or a
// container runtime. Between the steps, these do what is specific to them: confine the process, set a deadline, print
// errors.
//
//   ERMINE_ASSIGN(Launch launch, Launch::open(std::move(program)));  // everything that was granted is open
//   sandbox::confine(policy);                                         // from here on the input is untrusted
//   ERMINE_TRY(launch.load());
//   launch.store().set_timeout(30s);
//   ERMINE_ASSIGN(Instance instance, launch.instantiate());
//   Result<bool> ended = launch.start(instance);
//   return ended ? kOk : exit_code(ended.error());
//
// Messages of errors do not name flags or functions that would change the outcome; Error::limit() identifies the limit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ermine/component.h"
#include "ermine/component/linker.h"
#include "ermine/engine.h"
#include "ermine/grants.h"
#include "ermine/instance.h"
#include "ermine/linker.h"
#include "ermine/store.h"
#include "ermine/wasi.h"
#include "launch/input_file.h"
#include "launch/load.h"

namespace ermine::launch {

struct Program {
  std::string module;  // a file; "-" is standard input
  std::vector<std::pair<std::string, std::string>> preloads;  // the name by which others import it, file
  HostGrants grants;
  Config config;
  StoreLimits limits;
  std::optional<uint64_t> fuel;
  uint64_t max_module_bytes = ~uint64_t{0};
  // What happens to imports that nothing provides, instead of an error: see Linker.
  bool unknown_imports_trap = false, unknown_imports_default = false;
  // Called with a module's name before it is read and compiled, which may take long.
  std::function<void(const std::string& name)> on_load;
};

class Launch {
 public:
  // Opens everything that the program is granted. Its modules are not read yet.
  static Result<Launch> open(Program program);

  const Engine& engine() const { return engine_; }
  // Reads and compiles the modules; makes a store and a linker with WASI. The functions below may be called afterwards.
  Result<void> load();
  // The program, if it is a component; otherwise null. Then there are no module, linker and instance of modules, and
  // the functions for components are called.
  const Component* component() const { return component_ ? &*component_ : nullptr; }

  Store& store() { return *store_; }
  const Linker& linker() const { return *linker_; }
  const Module& module() const { return *module_; }
  // The last module that instantiate() began to instantiate. After a failure, it is the module that failed.
  const Module& last_module() const { return *last_module_; }
  const Wasi& wasi() const { return wasi_; }
  // The module that is preloaded under this name; null if none is.
  const Module* preloaded(std::string_view name) const;

  // kLink if an import is missing. Runs start functions, and _initialize of preloaded modules.
  Result<Instance> instantiate();
  // For a module that is called from outside: runs its _initialize, if it has one. Call it before any other function of
  // the module.
  static Result<void> initialize(const Instance& instance);
  // Runs the program: _initialize and _start. False if it has no _start, so that nothing was run.
  static Result<bool> start(const Instance& instance);

  // The same for a component. A program exports wasi:cli/run; if it answers an error, that is an exit with code 1.
  Result<ComponentInstance> instantiate_component();
  static Result<bool> start(const ComponentInstance& instance);

 private:
  struct Preload {
    std::string name;
    InputFile file;
    std::optional<Module> module;
  };
  Launch(Program&& program, InputFile&& file, Wasi&& wasi);
  Result<Module> load(InputFile& file) const;
  Result<void> make_store();
  Reading reading() const;
  Result<Instance> instantiate(const Module& module);
  Result<void> link_component();

  Program program_;
  Engine engine_;
  InputFile file_;
  std::vector<Preload> preloads_;
  Wasi wasi_;
  bool writes_ = false;
  std::optional<Component> component_;
  std::optional<Module> module_;
  std::optional<Module> last_module_;
  std::optional<Linker> linker_;
  std::optional<ComponentLinker> component_linker_;
  std::optional<Store> store_;
};

}  // namespace ermine::launch
