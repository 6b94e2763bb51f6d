// Runs directives. See script_state.h and runner.h.
#include "script/script_state.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/format.h"
#include "script/compare.h"
#include "script/failure.h"
#include "script/spectest.h"
#include "text/text.h"

namespace ermine::script {

using text::Directive;
using text::ModuleForm;
using text::ScriptAction;
using text::ScriptModule;

namespace {

std::string_view kind_name(ErrorKind kind) {
  constexpr std::string_view kNames[] = {"malformed", "invalid", "unsupported", "link", "trap",
                                         "exception", "limit",   "exit",        "io",   "usage"};
  return kNames[static_cast<unsigned>(kind)];
}

// Whether one text is a prefix of the other: the suite's messages are sometimes longer than the specification's
// ("uninitialized element 2"), and ours may have details appended.
bool same_beginning(std::string_view a, std::string_view b) { return a.starts_with(b) || b.starts_with(a); }

// A value in the notation of its expectation, which may be null.
std::string show(const Val& value, const text::ScriptValue* expected) {
  if (expected != nullptr && expected->kind == text::ScriptValueKind::kEither) expected = &expected->parts.front();
  if (value.kind() != ValKind::kV128) return value.to_string();
  const bool shaped = expected != nullptr && expected->kind == text::ScriptValueKind::kV128;
  return text::vector_text(value.v128().bytes, shaped ? expected->shape : "i32x4");
}

std::string show(const std::vector<Val>& values, std::span<const text::ScriptValue> expected = {}) {
  std::string out = "[";
  for (size_t i = 0; i < values.size(); ++i)
    out += (i > 0 ? " " : "") + show(values[i], i < expected.size() ? &expected[i] : nullptr);
  return out + "]";
}

text::ParseOptions parse_options(const Engine& engine, std::string_view file_name) {
  text::ParseOptions options;
  options.features = wasm::FeatureSet::from_bits(engine.config().feature_bits);
  options.file_name = file_name;
  return options;
}

}  // namespace

ScriptState::ScriptState(const Engine& engine, const text::Source& source, const RunOptions& options)
    : engine_(engine),
      source_(source),
      options_(options),
      store_(engine),
      linker_(engine)
#ifdef ERMINE_COMPONENT
      ,
      components_(engine, store_, source)
#endif
{
  linker_.allow_shadowing(true);
  if (auto defined = define_spectest(store_, linker_, options.on_print); !defined)
    setup_error_ = std::move(defined).error();
}

ScriptState::~ScriptState() { finish(); }

void ScriptState::record(size_t line, DirectiveKind kind, Result<void> outcome) {
  DirectiveOutcome entry{line, kind, outcome.has_value(), {}};
  // The limit would be named as the library's setting, which a script cannot change.
  if (!outcome) entry.message = outcome.error().clone().with_limit(Limit::kNone).to_string();
  else entry.message = std::exchange(note_, {});
  outcomes_.push_back(std::move(entry));
}

void ScriptState::run(const Directive& directive) {
  if (setup_error_)
    return record(directive.line, directive.kind,
                  std::exchange(setup_error_, Error()).with_context("defining spectest"));
  std::chrono::nanoseconds timeout = options_.timeout;
  if (options_.deadline) {
    // Not all of it, so that what comes after can be reported.
    const auto left = *options_.deadline - std::chrono::steady_clock::now();
    timeout = std::clamp<std::chrono::nanoseconds>(left / 10 * 8, {}, timeout);
  }
  store_.set_timeout(std::chrono::duration_cast<StoreRef::Clock::duration>(timeout));
  record(directive.line, directive.kind, dispatch(directive));
  store_.clear_deadline();
}

Result<void> ScriptState::dispatch(const Directive& directive) {
  if (directive.kind == DirectiveKind::kModule || directive.kind == DirectiveKind::kModuleInstance)
    component_is_current_ = directive.is_component;
  if (is_about_component(directive)) return dispatch_component(directive);
  switch (directive.kind) {
    case DirectiveKind::kModule:
    case DirectiveKind::kModuleDefinition: return define_module(directive);
    case DirectiveKind::kModuleInstance: return instantiate_definition(directive);
    case DirectiveKind::kRegister: return register_instance(directive);
    case DirectiveKind::kAction:
      if (auto done = act(*directive.action); !done) return std::move(done).error();
      return {};
    case DirectiveKind::kAssertReturn: return assert_return(directive);
    case DirectiveKind::kAssertTrap:
    case DirectiveKind::kAssertExhaustion:
    case DirectiveKind::kAssertException:
    case DirectiveKind::kAssertSuspension:
    case DirectiveKind::kAssertUnlinkable: return assert_failure(directive);
    case DirectiveKind::kAssertMalformed:
    case DirectiveKind::kAssertInvalid:
    case DirectiveKind::kAssertMalformedCustom:
    case DirectiveKind::kAssertInvalidCustom: return assert_rejected(directive);
    case DirectiveKind::kThread: return start_thread(directive);
    case DirectiveKind::kWait: return wait_thread(directive.id);
  }
  return failure("unknown directive");
}

// -- Modules -------------------------------------------------------------------------------------------

Result<std::vector<uint8_t>> ScriptState::bytes_of(const ScriptModule& module, const Engine& engine) const {
  text::ParseOptions options = parse_options(engine, source_.file_name);
  switch (module.form) {
    case ModuleForm::kText: return text::parse_fields(source_, module.begin, module.end, module.id, options);
    case ModuleForm::kQuote: options.file_name = "quoted module"; return text::parse(module.contents, options);
    case ModuleForm::kBinary: break;
  }
  return std::vector<uint8_t>(module.contents.begin(), module.contents.end());
}

Result<Module> ScriptState::compile(const ScriptModule& module) const { return compile(module, engine_); }

Result<Module> ScriptState::compile(const ScriptModule& module, const Engine& engine) const {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, bytes_of(module, engine));
  return Module::compile(engine, std::move(bytes), module.id);
}

Result<Instance> ScriptState::instantiate(const Module& module) { return linker_.instantiate(store_, module); }

Result<void> ScriptState::define_module(const Directive& directive) {
  const ScriptModule& text = *directive.module;
  // If a module cannot be made, the one before it must not stay the current one.
  if (directive.kind == DirectiveKind::kModule) current_.reset();
  ERMINE_ASSIGN(Module module, compile(text));
  if (directive.kind == DirectiveKind::kModuleDefinition) {
    last_definition_ = module;
    if (!text.id.empty()) definitions_.insert_or_assign(text.id, module);
    return {};
  }
  ERMINE_ASSIGN(Instance made, instantiate(module));
  current_ = made;
  if (!text.id.empty()) instances_.insert_or_assign(text.id, made);
  return {};
}

Result<void> ScriptState::instantiate_definition(const Directive& directive) {
  std::optional<Module> module = last_definition_;
  if (!directive.name.empty()) {
    auto found = definitions_.find(directive.name);
    if (found == definitions_.end()) return failure(base::format("unknown module definition ${}", directive.name));
    module = found->second;
  }
  if (!module) return failure("there is no module definition to instantiate");
  ERMINE_ASSIGN(Instance made, instantiate(*module));
  current_ = made;
  if (!directive.id.empty()) instances_.insert_or_assign(directive.id, made);
  return {};
}

Result<Instance> ScriptState::instance(const std::string& id) const {
  if (id.empty()) {
    if (current_) return *current_;
    return failure("there is no current module (did it fail?)");
  }
  auto found = instances_.find(id);
  if (found == instances_.end()) return failure(base::format("unknown module ${}", id));
  return found->second;
}

Result<void> ScriptState::register_instance(const Directive& directive) {
  if (auto shared = shared_.find(directive.id); !directive.id.empty() && shared != shared_.end()) {
    for (const auto& [name, memory] : shared->second)
      ERMINE_TRY(linker_.define_shared_memory(directive.name, name, memory));
    return {};
  }
  ERMINE_ASSIGN(Instance named, instance(directive.id));
  return linker_.instance(directive.name, named);
}

// -- Actions -------------------------------------------------------------------------------------------

Result<std::vector<Val>> ScriptState::act(const ScriptAction& action) {
  ERMINE_ASSIGN(Instance target, instance(action.module));
  if (action.kind == ScriptAction::kGet) {
    std::optional<Global> global = target.get_global(action.name);
    if (!global) return failure(base::format("there is no exported global \"{}\"", action.name));
    std::vector<Val> values;
    values.push_back(global->get());
    return values;
  }
  std::optional<Func> func = target.get_func(action.name);
  if (!func) return failure(base::format("there is no exported function \"{}\"", action.name));
  FuncType type = func->type();
  if (type.params.size() != action.arguments.size())
    return failure(
        base::format("\"{}\" takes {} arguments, not {}", action.name, type.params.size(), action.arguments.size()));
  std::vector<Val> arguments;
  for (size_t i = 0; i < type.params.size(); ++i) {
    ERMINE_ASSIGN(Val value, to_value(store_, action.arguments[i], type.params[i]));
    arguments.push_back(std::move(value));
  }
  return func->call(arguments);
}

Result<void> ScriptState::assert_return(const Directive& directive) {
  ERMINE_ASSIGN(std::vector<Val> values, act(*directive.action));
  bool same = values.size() == directive.results.size();
  for (size_t i = 0; same && i < values.size(); ++i) same = matches(values[i], directive.results[i]);
  if (same) return {};
  std::string expected = "[";
  for (const text::ScriptValue& result : directive.results)
    expected += (expected.size() > 1 ? " " : "") + result.to_string();
  return failure(base::format("returned {}, expected {}]", show(values, directive.results), expected));
}

// Assertions that an action fails in a certain way.
Result<void> ScriptState::assert_failure(const Directive& directive) {
  Error error;
  std::string returned;
  if (directive.module) {
    ERMINE_ASSIGN(Module module, compile(*directive.module));
    Result<Instance> made = instantiate(module);
    if (!made) error = std::move(made).error();
    else returned = "was instantiated";
  } else {
    Result<std::vector<Val>> values = act(*directive.action);
    if (!values) error = std::move(values).error();
    else returned = "returned " + show(*values);
  }
  std::string_view what = text::directive_name(directive.kind);
  if (!error) return failure(base::format("{}, expected {} \"{}\"", returned, what.substr(7), directive.message));
  auto wrong = [&] {
    return failure(base::format("expected {} \"{}\", got {} \"{:t}\"", what.substr(7), directive.message,
                                kind_name(error.kind()), error.message()));
  };
  switch (directive.kind) {
    case DirectiveKind::kAssertTrap:
    case DirectiveKind::kAssertExhaustion:
      if (error.kind() != ErrorKind::kTrap) return wrong();
      if (directive.kind == DirectiveKind::kAssertExhaustion && error.trap_code() != TrapCode::kCallStackExhausted)
        return wrong();
      if (!same_beginning(trap_message(error.trap_code()), directive.message)) return wrong();
      return {};
    case DirectiveKind::kAssertException:
      if (error.kind() != ErrorKind::kException) return wrong();
      take_exception(store_);
      return {};
    case DirectiveKind::kAssertSuspension:
      if (error.kind() != ErrorKind::kTrap || error.message().find(directive.message) == std::string::npos)
        return wrong();
      return {};
    default:
      if (error.kind() != ErrorKind::kLink) return wrong();
      if (error.message().find(directive.message) == std::string::npos) return wrong();
      return {};
  }
}

// The suites of older proposals assert restrictions that later proposals removed: that there is one memory and one
// table, and that limits have 32 bits. These hold if the features that removed them are off.
Result<Module> ScriptState::compile_as_before(const ScriptModule& module, std::string_view message) const {
  Config config = engine_.config();
  if (message == "multiple memories" || message == "multiple tables") {
    for (std::string_view feature : {"multi-memory", "reference-types", "function-references", "gc"})
      ERMINE_TRY(config.set_feature(feature, false));
  } else if (message == "i32 constant out of range") {
    ERMINE_TRY(config.set_feature("memory64", false));
  } else {
    return compile(module);
  }
  return compile(module, Engine(config));
}

Result<void> ScriptState::assert_rejected(const Directive& directive) {
  std::string_view what = text::directive_name(directive.kind).substr(7);
  ErrorKind expected =
      directive.kind == DirectiveKind::kAssertMalformed || directive.kind == DirectiveKind::kAssertMalformedCustom
          ? ErrorKind::kMalformed
          : ErrorKind::kInvalid;
  Result<Module> module = compile(*directive.module);
  if (module || module.error().kind() != expected) module = compile_as_before(*directive.module, directive.message);
  if (module) return failure(base::format("was accepted, expected {} \"{}\"", what, directive.message));
  const Error& error = module.error();
  if (error.kind() != expected)
    return failure(base::format("expected {} \"{}\", got {} \"{:t}\"", what, directive.message, kind_name(error.kind()),
                                error.message()));
  if (error.message().find(directive.message) == std::string::npos)
    note_ = base::format("expected \"{}\", the message is \"{}\"", directive.message,
                         std::string_view(error.message()).substr(0, error.message().find('\n')));
  return {};
}

// -- Components ----------------------------------------------------------------------------------------

#ifndef ERMINE_COMPONENT
bool ScriptState::is_about_component(const Directive& directive) const { return directive.is_component; }

Result<void> ScriptState::dispatch_component(const Directive&) {
  return failure("this build is without the feature components");
}
#else
bool ScriptState::is_about_component(const Directive& directive) const {
  if (directive.is_component || (directive.module && directive.module->is_component)) return true;
  if (directive.kind == DirectiveKind::kRegister)
    return directive.id.empty() ? component_is_current_ : components_.has(directive.id);
  if (!directive.action) return false;
  const std::string& id = directive.action->module;
  return id.empty() ? component_is_current_ : components_.has(id);
}

namespace {
// The official scripts have the messages of the engine that they were written with: the part of it that says what
// happened, in the words of the core scripts where those have any.
std::string expected_trap(std::string message) {
  constexpr std::string_view kPrefix = "wasm trap: ";
  if (message.starts_with(kPrefix)) message.erase(0, kPrefix.size());
  if (message == "wasm `unreachable` instruction executed") return std::string(trap_message(TrapCode::kUnreachable));
  return message;
}
}  // namespace

Result<void> ScriptState::dispatch_component(const Directive& directive) {
  const std::string_view what = text::directive_name(directive.kind);
  switch (directive.kind) {
    case DirectiveKind::kModule:
    case DirectiveKind::kModuleDefinition: return components_.define(directive);
    case DirectiveKind::kModuleInstance: return components_.instantiate_definition(directive);
    case DirectiveKind::kRegister: return components_.register_instance(directive);
    case DirectiveKind::kAction:
      if (auto done = components_.act(*directive.action); !done) return std::move(done).error();
      return {};
    case DirectiveKind::kAssertReturn: {
      ERMINE_ASSIGN(const std::optional<component::Value> value, components_.act(*directive.action));
      if (directive.results.empty() ? !value
                                    : directive.results.size() == 1 && value && matches(*value, directive.results[0]))
        return {};
      const std::string expected = directive.results.empty() ? "nothing" : directive.results[0].to_string();
      return failure(
          base::format("returned {:t}, expected {:t}", value ? component_value_text(*value) : "nothing", expected));
    }
    case DirectiveKind::kAssertMalformed:
    case DirectiveKind::kAssertInvalid: {
      const Result<void> valid = components_.validate(*directive.module);
      if (valid) return failure(base::format("was accepted, expected {} \"{}\"", what.substr(7), directive.message));
      const Error& error = valid.error();
      const ErrorKind expected =
          directive.kind == DirectiveKind::kAssertMalformed ? ErrorKind::kMalformed : ErrorKind::kInvalid;
      // The decoder already refuses some of what the scripts call invalid.
      if (error.kind() != expected && error.kind() != ErrorKind::kMalformed)
        return failure(base::format("expected {} \"{}\", got {} \"{:t}\"", what.substr(7), directive.message,
                                    kind_name(error.kind()), error.message()));
      if (error.message().find(directive.message) == std::string::npos)
        note_ = base::format("expected \"{}\", the message is \"{}\"", directive.message,
                             std::string_view(error.message()).substr(0, error.message().find('\n')));
      return {};
    }
    case DirectiveKind::kAssertTrap:
    case DirectiveKind::kAssertUnlinkable: {
      Error error;
      if (directive.module) {
        ERMINE_ASSIGN(const ComponentState::Compiled compiled, components_.compile(*directive.module));
        Result<ComponentState::Instance> made = components_.instantiate(compiled);
        if (!made) error = std::move(made).error();
      } else {
        Result<std::optional<component::Value>> value = components_.act(*directive.action);
        if (!value) error = std::move(value).error();
      }
      if (!error) return failure(base::format("did not fail, expected {} \"{}\"", what.substr(7), directive.message));
      const ErrorKind expected = directive.kind == DirectiveKind::kAssertTrap ? ErrorKind::kTrap : ErrorKind::kLink;
      if (error.kind() == expected && error.message().find(expected_trap(directive.message)) != std::string::npos)
        return {};
      return failure(base::format("expected {} \"{}\", got {} \"{:t}\"", what.substr(7), directive.message,
                                  kind_name(error.kind()), error.message()));
    }
    default: return failure(base::format("{} is not known for components", what));
  }
}
#endif

// -- Threads -------------------------------------------------------------------------------------------

Result<void> ScriptState::start_thread(const Directive& directive) {
  auto state = std::make_unique<ScriptState>(engine_, source_, options_);
  for (const std::string& id : directive.shared) {
    if (const auto handed = shared_.find(id); handed != shared_.end()) {  // by the thread that started this one
      state->shared_.insert_or_assign(id, handed->second);
      continue;
    }
    ERMINE_ASSIGN(Instance seen, instance(id));
    SharedExports exports;
    for (const auto& [name, item] : seen.exports())
      if (auto memory = item.memory())
        if (auto shared = memory->shared()) exports.emplace(std::string(name), *shared);
    state->shared_.insert_or_assign(id, std::move(exports));
  }
  auto thread = std::make_unique<Thread>();
  thread->thread = std::thread([state = std::move(state), body = directive.body, out = thread.get()]() mutable {
    for (const Directive& step : body) state->run(step);
    state->finish();
    out->outcomes = state->take_outcomes();
    state.reset();
  });
  std::string id = directive.id.empty() ? base::format(" {}", threads_.size()) : directive.id;
  std::unique_ptr<Thread>& slot = threads_[id];
  if (slot) join(*slot);
  slot = std::move(thread);
  return {};
}

void ScriptState::join(Thread& thread) {
  if (thread.thread.joinable()) thread.thread.join();
  for (DirectiveOutcome& outcome : thread.outcomes) outcomes_.push_back(std::move(outcome));
  thread.outcomes.clear();
}

Result<void> ScriptState::wait_thread(const std::string& id) {
  auto found = threads_.find(id);
  if (found == threads_.end()) return failure(base::format("unknown thread ${}", id));
  join(*found->second);
  threads_.erase(found);
  return {};
}

void ScriptState::finish() {
  for (auto& [id, thread] : threads_) join(*thread);
  threads_.clear();
}

}  // namespace ermine::script
