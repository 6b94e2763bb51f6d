// The template that turns a typed WASI function into a host function: the core values of all parameters are
// its WebAssembly signature; each parameter is loaded and checked, then the function runs.

#include "wasi/preview1/bind.h"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "wasi/preview1/call.h"
#include "wasi/preview1/functions.h"

namespace ermine::wasi {
namespace {

[[gnu::cold, gnu::noinline]] void trace_call(Context& context, const char* name, const std::string& inputs,
                                             const std::string& outputs, Errno error) {
  std::string line = name;
  line += '(';
  line += inputs;
  line += ") = ";
  line += errno_name(error);
  if (error == Errno::kSuccess && !outputs.empty()) line += " (" + outputs + ")";
  context.trace(line);
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

// Index of the first core value of each parameter.
template <class... P>
constexpr auto core_offsets(std::tuple<P...>*) {
  std::array<size_t, sizeof...(P) + 1> at{};
  size_t i = 0;
  ((at[i + 1] = at[i] + std::tuple_size_v<typename P::Cores>, ++i), ...);
  return at;
}

template <auto kFunction, class Cores>
class Bound;
template <auto kFunction, class... Core>
class Bound<kFunction, std::tuple<Core...>> {
  using Parameters = typename Traits<decltype(kFunction)>::Parameters;
  static constexpr size_t kCount = std::tuple_size_v<Parameters>;

 public:
  Bound(const char* name, Source source) : name_(name), source_(std::move(source)) {}

  Result<uint32_t> operator()(Caller& caller, Core... core) const {
    Context* context = source_.get(caller);
    if (context == nullptr) [[unlikely]]
      return no_context(name_);
    Call call{*context, caller, {}, {}, {}};
    while (true) {
      Errno error = once(call, core...);
      if (error != Errno::kIntr) [[likely]]
        return static_cast<uint32_t>(error);
      if (call.stop) return std::move(call.stop);
      if (!caller.store().interrupt_requested()) return static_cast<uint32_t>(error);
      // A program that was stopped here and then told to go on waits again; nothing has happened so far.
      if (Result<void> r = caller.store().check_interrupt(); !r) return std::move(r).error();
    }
  }

 private:
  Errno once(Call& call, Core... core) const {
    std::span<uint8_t> memory = call.caller.memory_span();
    call.memory = {memory.data(), memory.size()};
    Parameters parameters;
    Errno error = load(call.memory, parameters, std::tuple<Core...>(core...), std::make_index_sequence<kCount>{});
    if (error != Errno::kSuccess) [[unlikely]] {
      if (memory.data() == nullptr && !call.caller.memory()) {
        call.stop = no_memory(name_);
        return Errno::kIntr;
      }
      if (call.context.tracing()) trace(call.context, parameters, error, std::string());
      return error;
    }
    if (call.context.tracing()) [[unlikely]] {
      std::string inputs = describe_inputs(parameters);
      error = std::apply([&](auto&... p) { return kFunction(call, p...); }, parameters);
      trace(call.context, parameters, error, inputs);
      return error;
    }
    return std::apply([&](auto&... p) { return kFunction(call, p...); }, parameters);
  }

  template <size_t... I>
  static Errno load(const GuestMemory& memory, Parameters& parameters, const std::tuple<Core...>& cores,
                    std::index_sequence<I...>) {
    Errno error = Errno::kSuccess;
    auto one = [&]<size_t kIndex>(std::integral_constant<size_t, kIndex>) {
      constexpr auto kOffsets = core_offsets(static_cast<Parameters*>(nullptr));
      auto& p = std::get<kIndex>(parameters);
      error = [&]<size_t... C>(std::index_sequence<C...>) {
        return p.load(memory, std::get<kOffsets[kIndex] + C>(cores)...);
      }(std::make_index_sequence<kOffsets[kIndex + 1] - kOffsets[kIndex]>{});
      return error == Errno::kSuccess;
    };
    (void)(one(std::integral_constant<size_t, I>{}) && ...);
    return error;
  }

  static std::string describe_inputs(const Parameters& parameters) {
    std::string text;
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
    return text;
  }

  [[gnu::cold, gnu::noinline]] void trace(Context& context, const Parameters& parameters, Errno error,
                                          const std::string& inputs) const {
    std::string outputs;
    if (error == Errno::kSuccess) {
      std::apply(
          [&](const auto&... p) {
            auto add = [&](const auto& one) {
              if constexpr (requires { one.describe_result(outputs); }) {
                if (!outputs.empty()) outputs += ", ";
                one.describe_result(outputs);
              }
            };
            (add(p), ...);
          },
          parameters);
    }
    trace_call(context, name_, inputs, outputs, error);
  }

  const char* name_;
  Source source_;
};

template <auto kFunction>
Result<void> define(Linker& linker, const char* module, const char* name, const Source& source) {
  using Cores = typename Traits<decltype(kFunction)>::Cores;
  return linker.func_wrap(module, name, Bound<kFunction, Cores>(name, source));
}

// proc_exit never returns, so it has no result in its signature.
Result<void> define_exit(Linker& linker, const char* module, const Source& source) {
  return linker.func_wrap(module, "proc_exit", [source](Caller& caller, uint32_t code) -> Result<void> {
    if (Context* context = source.get(caller); context != nullptr && context->tracing())
      context->trace("proc_exit(" + std::to_string(code) + ")");
    return Error::exit(static_cast<int32_t>(code));
  });
}

// The names a module imports from one of ours; all names if there is no module.
class Wanted {
 public:
  Wanted(const Module* module, std::string_view from) : all_(module == nullptr) {
    if (all_) return;
    for (ImportType& import : module->imports())
      if (import.module == from) names_.push_back(std::move(import.name));
    std::sort(names_.begin(), names_.end());
  }
  bool any() const { return all_ || !names_.empty(); }
  bool has(std::string_view name) const { return all_ || std::binary_search(names_.begin(), names_.end(), name); }

 private:
  bool all_;
  std::vector<std::string> names_;
};

template <class Version>
Result<void> define_version(Linker& linker, const Source& source, const Module* module) {
  using F = Functions<Version>;
  const Wanted wanted(module, Version::kModule);
  if (!wanted.any()) return {};
#define FUNCTION(name, ...) \
  if (wanted.has(#name)) ERMINE_TRY((define<&F::name>(linker, Version::kModule, #name, source)));
#define VERSIONED(name, ...) FUNCTION(name)
#include "wasi/preview1/functions.def"
  if (!wanted.has("proc_exit")) return {};
  return define_exit(linker, Version::kModule, source);
}

}  // namespace

Result<void> define_all(Linker& linker, Source source, const Module* module) {
  ERMINE_TRY(define_version<Preview1>(linker, source, module));
  return define_version<Unstable>(linker, source, module);
}

}  // namespace ermine::wasi
