// Makes a host function from a typed WASI function: the core values of all parameters are its WebAssembly signature;
// each parameter is loaded and checked, then the function runs.

#include "wasi/preview1/bind.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "wasi/preview1/fast_paths.h"

namespace ermine::wasi::preview1 {
namespace {

[[gnu::cold, gnu::noinline]] Errno invoke_and_trace(const WasiImport& wasi_import, Call& call, const uint64_t* slots) {
  Trace trace;
  Errno error = wasi_import.invoke(call, slots, &trace);
  std::string line = wasi_import.name;
  line += '(';
  line += trace.inputs;
  line += ") = ";
  line += errno_name(error);
  if (error == Errno::kSuccess && !trace.outputs.empty()) line += " (" + trace.outputs + ")";
  call.context.trace(line);
  return error;
}

[[gnu::cold, gnu::noinline]] Error no_memory(const char* name) {
  return Error::trap(TrapCode::kHost, std::string(name) + " needs the caller to export its memory as \"memory\"");
}
[[gnu::cold, gnu::noinline]] Error no_context(const char* name) {
  return Error(ErrorKind::kUsage, std::string(name) + ": the calling store has no WASI state");
}

template <class Signature>
struct Traits;
template <class... P>
struct Traits<Errno (*)(Call&, P...)> {
  using Parameters = std::tuple<std::remove_cvref_t<P>...>;
  using Cores = decltype(std::tuple_cat(std::declval<typename std::remove_cvref_t<P>::Cores>()...));
};

// Index of the first core value of each parameter; the last is their number.
template <class... P>
constexpr auto core_offsets(std::tuple<P...>*) {
  std::array<size_t, sizeof...(P) + 1> at{};
  size_t i = 0;
  ((at[i + 1] = at[i] + std::tuple_size_v<typename P::Cores>, ++i), ...);
  return at;
}

template <class... Core>
constexpr auto types_of(std::tuple<Core...>*) {
  return std::array<ValType, sizeof...(Core)>{(sizeof(Core) == 8 ? ValType::i64() : ValType::i32())...};
}

template <auto kFunction>
class Adapter {
  using Parameters = typename Traits<decltype(kFunction)>::Parameters;
  using Cores = typename Traits<decltype(kFunction)>::Cores;
  static constexpr size_t kCount = std::tuple_size_v<Parameters>;
  static constexpr auto kOffsets = core_offsets(static_cast<Parameters*>(nullptr));

 public:
  static constexpr auto kTypes = types_of(static_cast<Cores*>(nullptr));

  static Errno invoke(Call& call, const uint64_t* slots, Trace* trace) {
    Parameters parameters;
    Errno error = load(call.memory, parameters, slots, std::make_index_sequence<kCount>{});
    if (error != Errno::kSuccess) [[unlikely]]
      return error;
    if (trace != nullptr) [[unlikely]]
      describe_inputs(parameters, trace->inputs);
    error = std::apply([&](auto&... p) { return kFunction(call, p...); }, parameters);
    if (trace != nullptr && error == Errno::kSuccess) [[unlikely]]
      describe_outputs(parameters, trace->outputs);
    return error;
  }

 private:
  template <size_t... I>
  static Errno load(const GuestMemory& memory, Parameters& parameters, const uint64_t* slots,
                    std::index_sequence<I...>) {
    Errno error = Errno::kSuccess;
    auto one = [&]<size_t kIndex>(std::integral_constant<size_t, kIndex>) {
      auto& p = std::get<kIndex>(parameters);
      error = [&]<size_t... C>(std::index_sequence<C...>) {
        return p.load(memory,
                      static_cast<std::tuple_element_t<kOffsets[kIndex] + C, Cores>>(slots[kOffsets[kIndex] + C])...);
      }(std::make_index_sequence<kOffsets[kIndex + 1] - kOffsets[kIndex]>{});
      return error == Errno::kSuccess;
    };
    (void)(one(std::integral_constant<size_t, I>{}) && ...);
    return error;
  }

  [[gnu::cold, gnu::noinline]] static void describe_inputs(const Parameters& parameters, std::string& text) {
    std::apply(
        [&](const auto&... p) {
          auto add = [&](const auto& one) {
            size_t before = text.size();
            one.describe(text);
            if (text.size() != before) text += ", ";
          };
          (add(p), ...);
        },
        parameters);
    if (text.ends_with(", ")) text.resize(text.size() - 2);
  }

  [[gnu::cold, gnu::noinline]] static void describe_outputs(const Parameters& parameters, std::string& text) {
    std::apply(
        [&](const auto&... p) {
          auto add = [&](const auto& one) {
            if constexpr (requires { one.describe_result(text); }) {
              if (!text.empty()) text += ", ";
              one.describe_result(text);
            }
          };
          (add(p), ...);
        },
        parameters);
  }
};

Result<void> define(Linker& linker, const char* module, WasiImport&& wasi_import, Linker::RawCallback callback,
                    std::span<const ValType> params) {
  FuncType type;
  type.params.assign(params.begin(), params.end());
  type.results.push_back(ValType::i32());
  const char* name = wasi_import.name;
  return linker.func_raw(module, name, std::move(type), callback, std::make_shared<WasiImport>(std::move(wasi_import)));
}

// proc_exit never returns, so it has no result in its signature.
Result<void> define_exit(Linker& linker, const char* module, const ContextSource& source) {
  return linker.func_wrap(module, "proc_exit", [source](Caller& caller, uint32_t code) -> Result<void> {
    if (Context* context = source.get(caller); context != nullptr && context->tracing())
      context->trace("proc_exit(" + std::to_string(code) + ")");
    return Error::exit(static_cast<int32_t>(code));
  });
}

// The names that a module imports from one of our modules; all names if there is no module.
class Wanted {
 public:
  Wanted(const Module* module, std::string_view from) : all_(module == nullptr) {
    if (all_) return;
    for (const ImportType& import : module->imports())
      if (import.module == from) names_.push_back(import.name);
    std::sort(names_.begin(), names_.end());
  }
  bool any() const { return all_ || !names_.empty(); }
  bool has(std::string_view name) const { return all_ || std::binary_search(names_.begin(), names_.end(), name); }

 private:
  bool all_;
  std::vector<std::string_view> names_;  // in the module
};

template <class Version>
Result<void> define_version(Linker& linker, const ContextSource& source, const Module* module) {
  using F = Functions<Version>;
  const Wanted wanted(module, Version::kModule);
  if (!wanted.any()) return {};
  const bool counts_fuel = linker.engine().config().consume_fuel;
#define FUNCTION(name, ...)                                                                                        \
  if (wanted.has(#name))                                                                                           \
    ERMINE_TRY(define(linker, Version::kModule, WasiImport{#name, source, Adapter<&F::name>::invoke, counts_fuel}, \
                      host_function<&F::name>, Adapter<&F::name>::kTypes));
#define VERSIONED(name, ...) FUNCTION(name)
#include "wasi/preview1/functions.def"
  if (!wanted.has("proc_exit")) return {};
  return define_exit(linker, Version::kModule, source);
}

}  // namespace

bool call_general(void* env, RawCall& host_call, uint64_t* slots) {
  const auto& wasi_import = *static_cast<const WasiImport*>(env);
  Caller caller(host_call);
  Context* context = wasi_import.source.get(caller);
  if (context == nullptr) [[unlikely]]
    return caller.fail(no_context(wasi_import.name));
  Call call{*context, caller, {}, {}, {}, 0};
  while (true) {
    call.moved = 0;
    const std::span<uint8_t> memory = caller.memory_span();
    call.memory = {memory.data(), memory.size()};
    const Errno error =
        context->tracing() ? invoke_and_trace(wasi_import, call, slots) : wasi_import.invoke(call, slots, nullptr);
    if (error == Errno::kFault && memory.data() == nullptr && !caller.memory()) [[unlikely]]
      return caller.fail(no_memory(wasi_import.name));
    if (error == Errno::kIntr) [[unlikely]] {
      if (call.stop) return caller.fail(std::move(call.stop));
      // A program that was suspended here and then continued waits again; nothing has happened so far.
      if (caller.store().interrupt_requested()) {
        if (Result<void> r = caller.store().check_interrupt(); !r) return caller.fail(std::move(r).error());
        continue;
      }
    }
    slots[0] = static_cast<uint32_t>(error);
    return pay_if_counted(wasi_import, host_call, call.moved);
  }
}

bool pay(RawCall& host_call, uint64_t bytes) {
  if (bytes < kBytesPerFuel) return true;
  const Caller caller(host_call);
  if (Result<void> r = caller.consume_fuel(bytes / kBytesPerFuel); !r) return caller.fail(std::move(r).error());
  return true;
}

Result<void> define_all(Linker& linker, ContextSource source, const Module* module) {
  ERMINE_TRY(define_version<Preview1>(linker, source, module));
  return define_version<Unstable>(linker, source, module);
}

}  // namespace ermine::wasi::preview1
