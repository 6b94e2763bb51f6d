// See component_state.h.
#include "script/component_state.h"

#include <bit>

#include "base/format.h"
#include "component/text/text.h"
#include "script/failure.h"
#include "text/wast/component_values.h"

namespace ermine::script {

using component::Value;
using component::ValueKind;
using text::ModuleForm;
using text::NanPattern;
using text::ScriptValue;
using text::ScriptValueKind;

namespace {

// The scripts of the component model are run with the features that their authors run them with. Those of Ermine need
// two more, which the others do not expect to be off.
component::FeatureSet script_features() {
  component::FeatureSet features = component::FeatureSet::defaults();
  for (const component::Feature feature :
       {component::Feature::MoreAsyncBuiltins, component::Feature::AsyncStackful, component::Feature::Threading,
        component::Feature::Implements, component::Feature::FixedLengthLists, component::Feature::Map,
        component::Feature::ErrorContext, component::Feature::Memory64})
    features.add(feature);
  return features;
}

}  // namespace

ComponentState::ComponentState(const Engine& engine, StoreRef store, const text::Source& source)
    : engine_(engine), store_(store), source_(source) {}

Result<std::vector<uint8_t>> ComponentState::bytes_of(const text::ScriptModule& module) const {
  component::TextOptions options;
  options.core_features = wasm::FeatureSet::from_bits(engine_.config().feature_bits);
  options.file_name = source_.file_name;
  switch (module.form) {
    case ModuleForm::kText: return component::parse_definitions(source_, module.begin, module.end, module.id, options);
    case ModuleForm::kQuote:
      options.file_name = "quoted component";
      return component::parse_text(module.contents, options);
    case ModuleForm::kBinary: break;
  }
  return std::vector<uint8_t>(module.contents.begin(), module.contents.end());
}

Result<ComponentState::Compiled> ComponentState::compile(const text::ScriptModule& module) const {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, bytes_of(module));
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const std::span<const uint8_t> view(*owner);
  return component::CompiledComponent::compile(engine_.impl(), view, std::move(owner), script_features());
}

Result<void> ComponentState::validate(const text::ScriptModule& module) const {
  ERMINE_ASSIGN(std::vector<uint8_t> bytes, bytes_of(module));
  auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  const std::span<const uint8_t> view(*owner);
  component::ValidateOptions options;
  options.features = script_features();
  options.core_features = wasm::FeatureSet::from_bits(engine_.config().feature_bits);
  ERMINE_TRY(component::validate(view, std::move(owner), options));
  return {};
}

Result<ComponentState::Instance> ComponentState::instantiate(const Compiled& compiled) {
  return component::ComponentInstance::instantiate(*store_.impl(), compiled, linker_);
}

Result<void> ComponentState::define(const text::Directive& directive) {
  const text::ScriptModule& text = *directive.module;
  if (directive.kind == text::DirectiveKind::kModuleDefinition) {
    ERMINE_TRY(validate(text));
    // What is valid and cannot be run yet fails when it is instantiated.
    Result<Compiled> compiled = compile(text);
    last_definition_ = compiled ? *std::move(compiled) : nullptr;
    if (!text.id.empty()) definitions_.insert_or_assign(text.id, last_definition_);
    definition_error_ = compiled ? Error() : std::move(compiled).error();
    return {};
  }
  current_.reset();
  if (!text.id.empty()) instances_.erase(text.id);
  ERMINE_ASSIGN(const Compiled compiled, compile(text));
  ERMINE_ASSIGN(current_, instantiate(compiled));
  if (!text.id.empty()) {
    instances_.insert_or_assign(text.id, current_);
    linker_.define_instance(text.id, current_);
  }
  return {};
}

Result<void> ComponentState::instantiate_definition(const text::Directive& directive) {
  current_.reset();
  Compiled compiled = last_definition_;
  if (!directive.name.empty()) {
    const auto found = definitions_.find(directive.name);
    if (found == definitions_.end()) return failure(base::format("unknown component definition ${}", directive.name));
    compiled = found->second;
  }
  if (!compiled && definition_error_) return definition_error_.clone();
  if (!compiled) return failure("there is no component definition to instantiate");
  if (!directive.id.empty()) instances_.erase(directive.id);
  ERMINE_ASSIGN(current_, instantiate(compiled));
  if (!directive.id.empty()) {
    instances_.insert_or_assign(directive.id, current_);
    linker_.define_instance(directive.id, current_);
  }
  return {};
}

Result<void> ComponentState::register_instance(const text::Directive& directive) {
  Instance instance = current_;
  if (!directive.id.empty()) {
    const auto found = instances_.find(directive.id);
    if (found == instances_.end()) return failure(base::format("unknown component ${}", directive.id));
    instance = found->second;
  }
  if (!instance) return failure("there is no current component (did it fail?)");
  linker_.define_instance(directive.name, std::move(instance));
  return {};
}

Result<std::optional<Value>> ComponentState::act(const text::ScriptAction& action) {
  Instance target = current_;
  if (!action.module.empty()) {
    const auto found = instances_.find(action.module);
    if (found == instances_.end()) return failure(base::format("unknown component ${}", action.module));
    target = found->second;
  }
  if (!target) return failure("there is no current component (did it fail?)");
  if (action.kind == text::ScriptAction::kGet) return failure("a component has no globals");
  const component::PlanFunc* func = target->find_func(action.name);
  if (!func) return failure(base::format("there is no exported function \"{}\"", action.name));
  std::vector<Value> arguments;
  for (const ScriptValue& argument : action.arguments) {
    ERMINE_ASSIGN(Value value, to_component_value(argument));
    arguments.push_back(std::move(value));
  }
  return target->call(*func, arguments);
}

Result<Value> to_component_value(const ScriptValue& v) {
  const auto integer = [&](ValueKind kind) { return Value::integer(kind, v.bits); };
  const auto parts = [&]() -> Result<std::vector<Value>> {
    std::vector<Value> values;
    for (const ScriptValue& part : v.parts) {
      ERMINE_ASSIGN(Value value, to_component_value(part));
      values.push_back(std::move(value));
    }
    return values;
  };
  switch (v.kind) {
    case ScriptValueKind::kBool: return Value::boolean(v.bits != 0);
    case ScriptValueKind::kU8: return integer(ValueKind::kU8);
    case ScriptValueKind::kS8: return integer(ValueKind::kS8);
    case ScriptValueKind::kU16: return integer(ValueKind::kU16);
    case ScriptValueKind::kS16: return integer(ValueKind::kS16);
    case ScriptValueKind::kU32: return integer(ValueKind::kU32);
    case ScriptValueKind::kS32: return integer(ValueKind::kS32);
    case ScriptValueKind::kU64: return integer(ValueKind::kU64);
    case ScriptValueKind::kS64: return integer(ValueKind::kS64);
    case ScriptValueKind::kF32: return Value::f32(std::bit_cast<float>(static_cast<uint32_t>(v.bits)));
    case ScriptValueKind::kF64: return Value::f64(std::bit_cast<double>(v.bits));
    case ScriptValueKind::kChar: return Value::character(static_cast<char32_t>(v.bits));
    case ScriptValueKind::kString: return Value::string(v.label);
    case ScriptValueKind::kEnum: return Value::enumeration(v.label);
    case ScriptValueKind::kFlags: return Value::flags(v.labels);
    case ScriptValueKind::kOptionNone: return Value::none();
    default: break;
  }
  ERMINE_ASSIGN(std::vector<Value> values, parts());
  switch (v.kind) {
    case ScriptValueKind::kList: return Value::list(std::move(values));
    case ScriptValueKind::kTuple: return Value::tuple(std::move(values));
    case ScriptValueKind::kRecord: {
      std::vector<component::NamedValue> fields;
      for (size_t i = 0; i < values.size(); ++i) fields.push_back({v.labels[i], std::move(values[i])});
      return Value::record(std::move(fields));
    }
    case ScriptValueKind::kVariant:
      return values.empty() ? Value::variant(v.label) : Value::variant(v.label, std::move(values[0]));
    case ScriptValueKind::kOptionSome:
      if (values.empty()) break;
      return Value::some(std::move(values[0]));
    case ScriptValueKind::kResultOk:
    case ScriptValueKind::kResultErr: {
      const bool is_ok = v.kind == ScriptValueKind::kResultOk;
      return values.empty() ? Value::result(is_ok) : Value::result(is_ok, std::move(values[0]));
    }
    default: break;
  }
  return failure(v.to_string() + " is not a value of components");
}

namespace {

bool matches_float(uint64_t bits, unsigned width, const ScriptValue& pattern) {
  if (pattern.nan == NanPattern::kNone) return bits == pattern.bits;
  const uint64_t quiet = width == 32 ? 0x7FC0'0000 : 0x7FF8'0000'0000'0000;
  return (bits & quiet) == quiet;
}

}  // namespace

bool matches(const Value& value, const ScriptValue& pattern) {
  const auto all = [&] {
    if (value.size() != pattern.parts.size()) return false;
    for (size_t i = 0; i < value.size(); ++i)
      if (!matches(value.at(i), pattern.parts[i])) return false;
    return true;
  };
  const auto payload = [&] {
    if ((value.payload() != nullptr) != !pattern.parts.empty()) return false;
    return !value.payload() || matches(*value.payload(), pattern.parts[0]);
  };
  switch (pattern.kind) {
    case ScriptValueKind::kF32:
      return value.kind() == ValueKind::kF32 && matches_float(std::bit_cast<uint32_t>(value.as_f32()), 32, pattern);
    case ScriptValueKind::kF64:
      return value.kind() == ValueKind::kF64 && matches_float(std::bit_cast<uint64_t>(value.as_f64()), 64, pattern);
    case ScriptValueKind::kList: return value.kind() == ValueKind::kList && all();
    case ScriptValueKind::kTuple: return value.kind() == ValueKind::kTuple && all();
    case ScriptValueKind::kRecord: {
      if (value.kind() != ValueKind::kRecord || value.fields().size() != pattern.parts.size()) return false;
      for (size_t i = 0; i < pattern.parts.size(); ++i) {
        const Value* field = value.field(pattern.labels[i]);
        if (!field || !matches(*field, pattern.parts[i])) return false;
      }
      return true;
    }
    case ScriptValueKind::kVariant:
      return value.kind() == ValueKind::kVariant && value.case_name() == pattern.label && payload();
    case ScriptValueKind::kOptionNone: return value.kind() == ValueKind::kOption && !value.payload();
    case ScriptValueKind::kOptionSome: return value.kind() == ValueKind::kOption && value.payload() && payload();
    case ScriptValueKind::kResultOk: return value.kind() == ValueKind::kResult && value.is_ok() && payload();
    case ScriptValueKind::kResultErr: return value.kind() == ValueKind::kResult && !value.is_ok() && payload();
    case ScriptValueKind::kEither:
      for (const ScriptValue& choice : pattern.parts)
        if (matches(value, choice)) return true;
      return false;
    default: break;
  }
  const Result<Value> expected = to_component_value(pattern);
  return expected && *expected == value;
}

namespace {

ScriptValue to_script_value(const Value& value) {
  ScriptValue out;
  const auto parts = [&] {
    for (size_t i = 0; i < value.size(); ++i) out.parts.push_back(to_script_value(value.at(i)));
  };
  const auto payload = [&] {
    if (value.payload()) out.parts.push_back(to_script_value(*value.payload()));
  };
  const auto bits = [&](ScriptValueKind kind) {
    out.kind = kind;
    out.bits = value.as_unsigned();
  };
  switch (value.kind()) {
    case ValueKind::kBool: bits(ScriptValueKind::kBool); break;
    case ValueKind::kS8: bits(ScriptValueKind::kS8); break;
    case ValueKind::kU8: bits(ScriptValueKind::kU8); break;
    case ValueKind::kS16: bits(ScriptValueKind::kS16); break;
    case ValueKind::kU16: bits(ScriptValueKind::kU16); break;
    case ValueKind::kS32: bits(ScriptValueKind::kS32); break;
    case ValueKind::kU32: bits(ScriptValueKind::kU32); break;
    case ValueKind::kS64: bits(ScriptValueKind::kS64); break;
    case ValueKind::kU64: bits(ScriptValueKind::kU64); break;
    case ValueKind::kChar: bits(ScriptValueKind::kChar); break;
    case ValueKind::kF32:
      out.kind = ScriptValueKind::kF32;
      out.bits = std::bit_cast<uint32_t>(value.as_f32());
      break;
    case ValueKind::kF64:
      out.kind = ScriptValueKind::kF64;
      out.bits = std::bit_cast<uint64_t>(value.as_f64());
      break;
    case ValueKind::kString:
      out.kind = ScriptValueKind::kString;
      out.label = value.as_string();
      break;
    case ValueKind::kList:
    case ValueKind::kTuple:
      out.kind = value.kind() == ValueKind::kList ? ScriptValueKind::kList : ScriptValueKind::kTuple;
      parts();
      break;
    case ValueKind::kRecord:
      out.kind = ScriptValueKind::kRecord;
      for (const component::NamedValue& field : value.fields()) {
        out.labels.push_back(field.name);
        out.parts.push_back(to_script_value(field.value));
      }
      break;
    case ValueKind::kVariant:
    case ValueKind::kEnum:
      out.kind = value.kind() == ValueKind::kEnum ? ScriptValueKind::kEnum : ScriptValueKind::kVariant;
      out.label = value.case_name();
      if (value.kind() == ValueKind::kVariant) payload();
      break;
    case ValueKind::kOption:
      out.kind = value.payload() ? ScriptValueKind::kOptionSome : ScriptValueKind::kOptionNone;
      payload();
      break;
    case ValueKind::kResult:
      out.kind = value.is_ok() ? ScriptValueKind::kResultOk : ScriptValueKind::kResultErr;
      payload();
      break;
    case ValueKind::kFlags:
      out.kind = ScriptValueKind::kFlags;
      out.labels = value.flag_names();
      break;
    default:
      out.kind = ScriptValueKind::kString;
      out.label = component::kind_name(value.kind());
      break;
  }
  return out;
}

}  // namespace

std::string component_value_text(const Value& value) { return to_script_value(value).to_string(); }

}  // namespace ermine::script
