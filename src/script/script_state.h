// ScriptState: the state of a script while it runs: its store, its instances, its registered modules. Internal to
// src/script; see runner.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>

#include "ermine/ermine.h"
#include "script/runner.h"
#ifdef ERMINE_COMPONENT
#include "script/component_state.h"
#endif
#include "text/source.h"

namespace ermine::script {

class ScriptState {
 public:
  ScriptState(const Engine& engine, const text::Source& source, const RunOptions& options);
  ~ScriptState();

  // Runs the directive and records the outcome.
  void run(const text::Directive& directive);
  void record(size_t line, DirectiveKind kind, Result<void> outcome);
  // Joins the threads that the script did not join.
  void finish();

  std::vector<DirectiveOutcome> take_outcomes() { return std::move(outcomes_); }

 private:
  using SharedExports = std::map<std::string, SharedMemory>;
  // A thread of the script: it has a state of its own, which shares only shared memories.
  struct Thread {
    std::thread thread;
    std::vector<DirectiveOutcome> outcomes;
  };

  Result<void> dispatch(const text::Directive& directive);
  Result<std::vector<uint8_t>> bytes_of(const text::ScriptModule& module, const Engine& engine) const;
  Result<Module> compile(const text::ScriptModule& module) const;
  Result<Module> compile(const text::ScriptModule& module, const Engine& engine) const;
  Result<Module> compile_as_before(const text::ScriptModule& module, std::string_view message) const;
  Result<Instance> instantiate(const Module& module);
  Result<void> define_module(const text::Directive& directive);
  Result<void> instantiate_definition(const text::Directive& directive);
  Result<void> register_instance(const text::Directive& directive);
  Result<Instance> instance(const std::string& id) const;
  Result<std::vector<Val>> act(const text::ScriptAction& action);
  Result<void> assert_return(const text::Directive& directive);
  Result<void> assert_failure(const text::Directive& directive);
  Result<void> assert_rejected(const text::Directive& directive);
  // Directives about components, and actions while the latest definition is one.
  bool is_about_component(const text::Directive& directive) const;
  Result<void> dispatch_component(const text::Directive& directive);
  Result<void> start_thread(const text::Directive& directive);
  Result<void> wait_thread(const std::string& id);
  void join(Thread& thread);

  Engine engine_;
  const text::Source& source_;
  const RunOptions& options_;
  Store store_;
  Linker linker_;
#ifdef ERMINE_COMPONENT
  ComponentState components_;
#endif
  bool component_is_current_ = false;
  std::unordered_map<std::string, Instance> instances_;
  std::optional<Instance> current_;
  std::unordered_map<std::string, Module> definitions_;
  std::optional<Module> last_definition_;
  std::unordered_map<std::string, SharedExports> shared_;  // instances of the thread that started this one
  std::map<std::string, std::unique_ptr<Thread>> threads_;
  std::vector<DirectiveOutcome> outcomes_;
  std::string note_;  // about the directive that is running
  Error setup_error_;
};

}  // namespace ermine::script
