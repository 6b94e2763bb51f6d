// The public headers compile by themselves as C++20, with g++ 12 too (see CMakeLists.txt), and their
// templates accept the signatures that the documentation promises.
#include "ermine/ermine.h"

namespace ermine {
namespace {

using detail::HostThunk;
template <class F>
constexpr size_t params_of(const F&) {
  return HostThunk<F>::Params::count;
}

constexpr auto kPlain = [](int32_t, double) { return 1; };
constexpr auto kCaller = [](Caller&, uint32_t, uint64_t, ExternRef) -> Result<void> { return {}; };
constexpr auto kTuple = [](Caller, V128 v, Func) -> Result<std::tuple<int32_t, V128>> {
  return std::tuple<int32_t, V128>{1, v};
};
constexpr auto kNothing = [] {};
static_assert(params_of(kPlain) == 2);
static_assert(params_of(kCaller) == 3);
static_assert(params_of(kTuple) == 2);
static_assert(params_of(kNothing) == 0);
static_assert(HostThunk<decltype(kTuple)>::Res::slots == 3);
static_assert(ValType::v128().slots() == 2);
static_assert(ValType::funcref().heap() == HeapKind::kFunc && ValType::funcref().nullable());

}  // namespace

// Instantiates the templates; never run.
Result<int32_t> use_everything(Store& store, Linker& linker, const Module& module) {
  ERMINE_TRY(linker.func_wrap("a", "plain", kPlain));
  ERMINE_TRY(linker.func_wrap("a", "caller", kCaller));
  ERMINE_TRY(linker.func_wrap("a", "tuple", kTuple));
  ERMINE_TRY(linker.func_wrap("a", "nothing", kNothing));
  ERMINE_TRY(linker.func_wrap("a", "pointer", +[](float, AnyRef) -> std::tuple<float, ExnRef> { return {}; }));
  int captured = 0;
  ERMINE_TRY(linker.func_wrap("a", "capture", [&captured](int64_t v) { captured += static_cast<int>(v); }));
  ERMINE_ASSIGN(Instance instance, linker.instantiate(store, module));
  ERMINE_ASSIGN(auto run, instance.get_typed_func<void()>("run"));
  ERMINE_TRY(run());
  using Pair = std::tuple<int32_t, Func>;
  ERMINE_ASSIGN(auto refs, instance.get_typed_func<Pair(Func, ExternRef)>("refs"));
  ERMINE_ASSIGN(auto both, refs(Func(), ExternRef()));
  Func wrapped = Func::wrap(store, [](int32_t a) { return a; });
  ERMINE_ASSIGN(std::vector<Val> values, wrapped.call({std::get<0>(both), 2.0}));
  return values[0].i32();
}

}  // namespace ermine
