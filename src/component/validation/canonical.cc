// Canonical definitions (CanonicalABI.md, "Canonical Definitions").
#include "component/model/limits.h"
#include "component/validation/component_validator.h"
#include "component/validation/core_match.h"
#include "wasm/type_name.h"

namespace ermine::component {

using wasm::ValType;

struct ComponentValidator::Options {
  CanonOptions canon;
  bool gc = false;
  std::string_view op;  // for messages

  ValType pointer() const { return canon.address == AddressType::k64 ? wasm::kI64 : wasm::kI32; }
  static Error required(std::string_view option, uint64_t at) {
    return invalid(at, base::format("canonical option `{}` is required", option));
  }
  Result<void> need_memory(uint64_t at) const {
    if (!canon.memory) return required("memory", at);
    return {};
  }
  Result<void> need_realloc(uint64_t at) const {
    ERMINE_TRY(need_memory(at));
    if (!canon.realloc) return required("realloc", at);
    return {};
  }
  // For everything but lift.
  Result<void> check_lower(uint64_t at) const {
    if (canon.post_return) return invalid(at, "canonical option `post-return` cannot be specified for lowerings");
    if (canon.callback) return invalid(at, "canonical option `callback` cannot be specified for lowerings");
    return {};
  }
  Result<void> need_sync(uint64_t at) const {
    if (canon.is_async) return invalid(at, base::format("cannot specify `async` option on `{}`", op));
    return {};
  }
};

Result<AddressType> ComponentValidator::abi_memory(uint32_t index, const ValidationScope& scope, uint64_t at) const {
  ERMINE_TRY(in_range(scope.spaces.core_memories, index, sort_noun(Sort::CoreMemory), at));
  const wasm::MemoryType& given = scope.spaces.core_memories[index];
  if (given.is64) ERMINE_TRY(require(Feature::Memory64, "a 64-bit memory as canonical option", at));
  wasm::MemoryType expected;
  expected.is64 = given.is64;
  expected.page_log2 = given.page_log2;
  if (std::string error = memory_mismatch(given, expected); !error.empty()) return invalid(at, std::move(error));
  return given.is64 ? AddressType::k64 : AddressType::k32;
}

// CanonicalABI.md, "canonopt Validation".
Result<ComponentValidator::Options> ComponentValidator::options(const Canon& canon, const ValidationScope& scope,
                                                                uint64_t at) const {
  Options result;
  result.op = canon_info(canon.op).name;
  std::optional<std::string_view> encoding;
  uint32_t seen = 0;
  for (const CanonOption& option : canon.options) {
    const CanonOptionInfo& info = canon_option_info(option.kind);
    const uint64_t option_at = option.offset;
    ERMINE_TRY(require(info.feature, "canonical option ", option_at, info.name));
    const uint32_t bit = uint32_t{1} << static_cast<unsigned>(option.kind);
    const bool is_encoding = option.kind <= CanonOptionKind::Latin1Utf16;
    if (is_encoding && encoding)
      return invalid(option_at, base::format("canonical encoding option `{}` conflicts with option `{}`",
                                             encoding->substr(encoding->find('=') + 1),
                                             info.name.view().substr(info.name.view().find('=') + 1)));
    if (seen & bit)
      return invalid(option_at, base::format("canonical option `{}` is specified more than once", info.name));
    seen |= bit;
    switch (option.kind) {
      case CanonOptionKind::Utf8:
      case CanonOptionKind::Utf16:
      case CanonOptionKind::Latin1Utf16:
        encoding = info.name;
        result.canon.encoding = static_cast<StringEncoding>(option.kind);
        break;
      case CanonOptionKind::Memory: {
        ERMINE_ASSIGN(result.canon.address, abi_memory(option.index, scope, option_at));
        result.canon.memory = option.index;
        break;
      }
      case CanonOptionKind::Realloc: result.canon.realloc = option.index; break;
      case CanonOptionKind::PostReturn: result.canon.post_return = option.index; break;
      case CanonOptionKind::Async: result.canon.is_async = true; break;
      case CanonOptionKind::Callback: result.canon.callback = option.index; break;
      case CanonOptionKind::CoreType:
      case CanonOptionKind::Gc:
        return Error(
            ErrorKind::kUnsupported,
            base::format("canonical option `{}` is not supported yet: values are passed in linear memory", info.name),
            option_at);
    }
  }
  const CanonOptions& c = result.canon;
  if (c.callback && !c.is_async) return invalid(at, "cannot specify callback without async");
  if (c.post_return && c.is_async) return invalid(at, "cannot specify post-return function in async");
  if (c.realloc) {
    if (!c.memory) return invalid(at, "canonical option `realloc` requires `memory` to also be specified");
    ERMINE_ASSIGN(const wasm::TypeId id, core_func_type(*c.realloc, scope, at));
    const wasm::FuncType& func = registry_.get(id).func;
    const ValType p = result.pointer();
    if (func.params != std::vector{p, p, p, p} || func.results != std::vector{p})
      return invalid(at, "canonical option `realloc` uses a core function with an incorrect signature");
  }
  return result;
}

// The core function type of a lifted or lowered function ("Flattening"), and the options that it requires.
Result<void> ComponentValidator::lowered(const FuncType& type, bool is_lift, const Options& options,
                                         std::vector<ValType>& params, std::vector<ValType>& results,
                                         uint64_t at) const {
  const auto address = static_cast<unsigned>(options.canon.address);
  const bool is_async = options.canon.is_async;
  const ValType pointer = options.pointer();
  for (const Field& param : type.params) {
    if (!types_.flags(param.type).pointer) continue;
    if (is_lift) ERMINE_TRY(options.need_realloc(at));
    else ERMINE_TRY(options.need_memory(at));
  }
  const Flat& flat = type.params_flat[address];
  const uint32_t max_params = is_async && !is_lift ? kMaxFlatAsyncParams : kMaxFlatParams;
  if (flat.too_many || flat.types.size() > max_params) {
    params.push_back(pointer);
    if (is_lift) ERMINE_TRY(options.need_realloc(at));
    else ERMINE_TRY(options.need_memory(at));
  } else {
    params.assign(flat.types.begin(), flat.types.end());
  }

  const bool has_result = !type.result.is_none();
  const bool result_pointer = has_result && types_.flags(type.result).pointer;
  if (result_pointer && !is_lift) ERMINE_TRY(options.need_realloc(at));
  const Flat& result = types_.flat(type.result, options.canon.address);
  if (!is_async) {
    if (!has_result) return {};
    if (!result.too_many && result.types.size() <= kMaxFlatResults) {
      results.assign(result.types.begin(), result.types.end());
      return {};
    }
    ERMINE_TRY(options.need_memory(at));
    (is_lift ? results : params).push_back(pointer);
    return {};
  }
  if (!is_lift) {
    if (has_result) {
      params.push_back(pointer);
      ERMINE_TRY(options.need_memory(at));
    }
    results.push_back(wasm::kI32);
    return {};
  }
  // The result of an asynchronous function is passed to task.return.
  if (result_pointer || result.too_many) ERMINE_TRY(options.need_memory(at));
  if (options.canon.callback) results.push_back(wasm::kI32);
  return {};
}

Result<void> ComponentValidator::lift(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved,
                                      uint64_t at) {
  ERMINE_ASSIGN(AnyType any, type_at(canon.type, scope, at));
  if (any.kind != AnyKind::Func) return invalid(at, base::format("type index {} is not a function type", canon.type));
  const FuncType& type = types_.funcs[any.id];
  ERMINE_ASSIGN(resolved.core_type, core_func_type(canon.index, scope, at));
  const wasm::FuncType& core = registry_.get(resolved.core_type).func;
  ERMINE_ASSIGN(Options options, this->options(canon, scope, at));
  const CanonOptions& c = options.canon;
  if (c.post_return) {
    ERMINE_ASSIGN(const wasm::TypeId id, core_func_type(*c.post_return, scope, at));
    const wasm::FuncType& func = registry_.get(id).func;
    if (func.params != core.results || !func.results.empty())
      return invalid(at, "canonical option `post-return` uses a core function with an incorrect signature");
  }
  if (c.is_async && !c.callback)
    ERMINE_TRY(require(Feature::AsyncStackful, "canonical option `async` without `callback`", at));
  if (c.callback) {
    ERMINE_ASSIGN(const wasm::TypeId id, core_func_type(*c.callback, scope, at));
    const wasm::FuncType& func = registry_.get(id).func;
    if (func.params != std::vector{wasm::kI32, wasm::kI32, wasm::kI32} || func.results != std::vector{wasm::kI32})
      return invalid(at, "canonical option `callback` uses a core function with an incorrect signature");
  }
  if (c.is_async && !type.is_async) return invalid(at, "the `async` canonical option requires an async function type");
  std::vector<ValType> params, results;
  ERMINE_TRY(lowered(type, true, options, params, results, at));
  const auto mismatch = [&](std::string_view what, std::span<const ValType> expected, std::span<const ValType> given) {
    return invalid(at, base::format("lowered {} types `{:t}` do not match {} types `{:t}` of core function {}", what,
                                    wasm::type_names(expected), what, wasm::type_names(given), canon.index));
  };
  if (params != core.params) return mismatch("parameter", params, core.params);
  if (results != core.results) return mismatch("result", results, core.results);
  resolved.func_type = any.id;
  resolved.options = c;
  ERMINE_TRY(room(scope.spaces.funcs, Sort::Func, at));
  scope.spaces.funcs.push_back(any.id);
  return {};
}

Result<void> ComponentValidator::lower(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved,
                                       uint64_t at) {
  ERMINE_TRY(in_range(scope.spaces.funcs, canon.index, sort_noun(Sort::Func), at));
  resolved.func_type = scope.spaces.funcs[canon.index];
  const FuncType& type = types_.funcs[resolved.func_type];
  ERMINE_ASSIGN(Options options, this->options(canon, scope, at));
  ERMINE_TRY(options.check_lower(at));
  if (options.canon.is_async && !type.is_async)
    return invalid(at, "the `async` canonical option requires an async function type");
  std::vector<ValType> params, results;
  ERMINE_TRY(lowered(type, false, options, params, results, at));
  ERMINE_ASSIGN(resolved.core_type, core_func(params, results));
  resolved.options = options.canon;
  return {};
}

Result<void> ComponentValidator::task_return(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved,
                                             uint64_t at) {
  FuncType type;
  if (!canon.result.is_none()) {
    ERMINE_ASSIGN(resolved.type, use(canon.result, scope, at));
    if (types_.flags(resolved.type).borrow) return invalid(at, "`task.return` result cannot contain a `borrow` type");
    const Field field{"v", resolved.type, 0};
    type.params = types_.arena.copy(std::span<const Field>(&field, 1));
  }
  if (auto complete = types_.complete(type); !complete) return located(std::move(complete.error()), at);
  ERMINE_ASSIGN(Options options, this->options(canon, scope, at));
  if (options.canon.realloc) return invalid(at, "cannot specify `realloc` option on `task.return`");
  if (options.canon.post_return) return invalid(at, "cannot specify `post-return` option on `task.return`");
  ERMINE_TRY(options.check_lower(at));
  ERMINE_TRY(options.need_sync(at));
  std::vector<ValType> params, results;
  ERMINE_TRY(lowered(type, false, options, params, results, at));
  ERMINE_ASSIGN(resolved.core_type, core_func(params, results));
  resolved.options = options.canon;
  return {};
}

// stream.read and similar: they copy between a stream or future and memory.
Result<void> ComponentValidator::copy_built_in(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved,
                                               uint64_t at) {
  ERMINE_ASSIGN(Options options, this->options(canon, scope, at));
  resolved.options = options.canon;
  if (canon.op == CanonOp::ErrorContextNew || canon.op == CanonOp::ErrorContextDebugMessage) {
    ERMINE_TRY(options.need_memory(at));
    if (canon.op == CanonOp::ErrorContextDebugMessage) ERMINE_TRY(options.need_realloc(at));
    ERMINE_TRY(options.need_sync(at));
    return options.check_lower(at);
  }
  if (!options.canon.is_async) ERMINE_TRY(require(Feature::MoreAsyncBuiltins, "synchronous ", at, options.op));
  const TypeUse element = types_.defined[resolved.type.index()].first;
  if (!element.is_none()) {
    ERMINE_TRY(options.need_memory(at));
    const bool reads = canon.op == CanonOp::StreamRead || canon.op == CanonOp::FutureRead;
    if (reads && types_.flags(element).pointer) ERMINE_TRY(options.need_realloc(at));
  }
  return options.check_lower(at);
}

Result<void> ComponentValidator::built_in(const Canon& canon, ValidationScope& scope, ResolvedCanon& resolved,
                                          uint64_t at) {
  const CanonInfo& info = canon_info(canon.op);
  ERMINE_TRY(require(info.feature, "", at, info.name));
  if (info.feature == Feature::SharedThreads)
    return Error(ErrorKind::kUnsupported,
                 base::format("`{}` is not supported yet: it needs shared functions", info.name), at);
  ValType rep = wasm::kI32, table_address = wasm::kI32, closure = wasm::kI32;
  switch (info.form) {
    case CanonForm::Type:
    case CanonForm::TypeOptions:
    case CanonForm::TypeAsync: {
      if (info.feature == Feature::None) {
        ERMINE_ASSIGN(const ResourceName name, resource_at(canon.type, scope, at));
        resolved.resource = types_.resource_names[name];
        if (canon.op == CanonOp::ResourceDrop) break;
        const auto local = scope.representations.find(resolved.resource);
        if (local == scope.representations.end())
          return invalid(at, base::format("type {} is not a local resource", canon.type));
        rep = local->second;
        break;
      }
      ERMINE_ASSIGN(resolved.type, defined_at(canon.type, scope, at));
      const TypeKind kind = info.name.view().starts_with("stream.") ? TypeKind::Stream : TypeKind::Future;
      if (types_.kind(resolved.type) != kind)
        return invalid(at, base::format("`{}` requires a {} type", info.name, type_keyword(kind)));
      if (info.form == CanonForm::TypeAsync && canon.is_async)
        ERMINE_TRY(require(Feature::MoreAsyncBuiltins, "async ", at, info.name));
      if (info.form == CanonForm::TypeOptions) ERMINE_TRY(copy_built_in(canon, scope, resolved, at));
      break;
    }
    case CanonForm::Options: ERMINE_TRY(copy_built_in(canon, scope, resolved, at)); break;
    case CanonForm::Async:
      if (canon.is_async) ERMINE_TRY(require(Feature::MoreAsyncBuiltins, "async ", at, info.name));
      break;
    case CanonForm::CancellableMemory: {
      ERMINE_ASSIGN(resolved.options.address, abi_memory(canon.index, scope, at));
      resolved.options.memory = canon.index;
      break;
    }
    case CanonForm::CoreTypeSlot:
      if (canon.core_type == wasm::kI64) ERMINE_TRY(require(Feature::Memory64, "64-bit ", at, info.name));
      else if (canon.core_type != wasm::kI32)
        return invalid(at, base::format("`{}` only supports `i32` or `i64`", info.name));
      if (scope.context_type && *scope.context_type != canon.core_type)
        return invalid(at, base::format("`{}` type must match previous context type", info.name));
      scope.context_type = canon.core_type;
      if (canon.index > 1)
        return invalid(at, base::format("`{}` immediate must be zero or one: {}", info.name, canon.index));
      break;
    case CanonForm::CoreTypeTable: {
      ERMINE_TRY(in_range(scope.spaces.core_types, canon.type, sort_noun(Sort::CoreType), at));
      const CoreTypeEntry entry = scope.spaces.core_types[canon.type];
      if (entry.is_module || registry_.get(entry.id).kind != wasm::CompositeKind::kFunc)
        return invalid(at, "start type must be a function: expected a core function type");
      const wasm::FuncType& func = registry_.get(entry.id).func;
      if (func.params.size() != 1 ||
          (func.params[0] != wasm::kI32 && !(func.params[0] == wasm::kI64 && options_.features.has(Feature::Memory64))))
        return invalid(at, "start function must take a single `i32` argument (currently)");
      if (!func.results.empty()) return invalid(at, "start function must not return any values");
      closure = func.params[0];
      ERMINE_TRY(in_range(scope.spaces.core_tables, canon.index, sort_noun(Sort::CoreTable), at));
      const wasm::TableType& table = scope.spaces.core_tables[canon.index];
      if (table.is64) ERMINE_TRY(require(Feature::Memory64, "a 64-bit table", at));
      wasm::TableType expected;
      expected.element = wasm::kFuncRef;
      expected.is64 = table.is64;
      if (std::string error = table_mismatch(table, expected); !error.empty())
        return invalid(at, base::format("table is not a table of (ref null (func)): {:t}", error));
      if (table.is64) table_address = wasm::kI64;
      break;
    }
    default: break;
  }
  std::vector<ValType> lists[2];
  unsigned list = 0;
  const ValType pointer = resolved.options.address == AddressType::k64 ? wasm::kI64 : wasm::kI32;
  for (char c : info.signature.view()) {
    if (c == ':') {
      ++list;
      continue;
    }
    lists[list].push_back(c == 'I'   ? wasm::kI64
                          : c == 'p' ? pointer
                          : c == 't' ? canon.core_type
                          : c == 'r' ? rep
                          : c == 'x' ? table_address
                          : c == 'c' ? closure
                                     : wasm::kI32);
  }
  ERMINE_ASSIGN(resolved.core_type, core_func(lists[0], lists[1]));
  return {};
}

Result<void> ComponentValidator::canon(const Canon& canon, ValidationScope& scope, ResolvedDefinition& resolved,
                                       uint64_t at) {
  auto* result = types_.arena.make<ResolvedCanon>();
  resolved.canon = result;
  if (canon.op == CanonOp::Lift) return lift(canon, scope, *result, at);
  ERMINE_TRY(room(scope.spaces.core_funcs, Sort::CoreFunc, at));
  if (canon.op == CanonOp::Lower) {
    ERMINE_TRY(lower(canon, scope, *result, at));
  } else if (canon.op == CanonOp::TaskReturn) {
    ERMINE_TRY(require(Feature::Async, "`task.return`", at));
    ERMINE_TRY(task_return(canon, scope, *result, at));
  } else {
    ERMINE_TRY(built_in(canon, scope, *result, at));
  }
  scope.spaces.core_funcs.push_back(result->core_type);
  return {};
}

}  // namespace ermine::component
