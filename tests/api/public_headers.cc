// The public headers compile by themselves as C++20, with g++ 12 too (see CMakeLists.txt), and their
// templates accept the signatures that the documentation promises.
#include "ermine/ermine.h"

#include <map>

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

// Components: the types of component/func.h in both directions.
struct Point {
  uint32_t x = 0;
  double y = 0;
};
ERMINE_RECORD(Point, x, y)
enum class Colour : uint8_t { kRed, kGreen };
ERMINE_ENUM(Colour, "red", "green")
enum class Rights : uint8_t { kRead = 1, kWrite = 2 };
ERMINE_FLAGS(Rights, "read", "write")
struct Shape : std::variant<Point, std::monostate, std::string> {
  using variant::variant;
};
ERMINE_VARIANT(Shape, "dot", "nothing", "named")
struct Counter {
  uint32_t next = 0;
};
ERMINE_RESOURCE(Counter, "counter")

static_assert(component::detail::Codec<Point>::size.in32 == 16 && component::detail::Codec<Shape>::size.in64 >= 24);
static_assert((Rights::kRead | Rights::kWrite) != Rights::kRead);

Result<void> use_components(Engine& engine, Store& store, const Component& component) {
  using component::Expected;
  using Everything = std::tuple<bool, char32_t, std::optional<Point>, std::vector<Shape>, std::vector<bool>, Rights>;
  ComponentLinker linker(engine);
  ERMINE_TRY(linker.resource<Counter>("a:b/c@1.0.0", "counter"));
  ERMINE_TRY(linker.func_wrap("a:b/c@1.0.0", "[constructor]counter", [] { return std::make_unique<Counter>(); }));
  ERMINE_TRY(linker.func_wrap("a:b/c@1.0.0", "next", [](Counter& counter) { return counter.next++; }));
  ERMINE_TRY(linker.func_wrap("a:b/c@1.0.0", "all",
                              [](ComponentCaller&, Everything v) -> Result<Expected<Everything, Colour>> {
                                if (std::get<0>(v)) return component::Unexpected(Colour::kGreen);
                                return Expected<Everything, Colour>(std::move(v));
                              }));
  ERMINE_TRY(linker.func_wrap("a:b/c@1.0.0", "views", [](std::string_view, std::span<const uint16_t>) {}));
  ERMINE_TRY(linker.func_wrap("", "pointer", +[](std::unique_ptr<Counter>, component::ResourceRef) {}));
  ERMINE_ASSIGN(ComponentInstance instance, linker.instantiate(store, component));
  ERMINE_ASSIGN(auto all, (instance.get_typed_func<Expected<void, std::map<std::string, Point>>(
                               const Everything&, std::string_view, std::span<const Point>, Counter&,
                               std::unique_ptr<Counter>, std::array<float, 2>)>("a:b/c@1.0.0", "all")));
  Counter counter;
  ERMINE_TRY(all({}, "text", {}, counter, std::make_unique<Counter>(), {}));
  ERMINE_ASSIGN(auto make, instance.get_typed_func<component::Resource()>("make"));
  ERMINE_ASSIGN(component::Resource resource, make());
  return resource.drop();
}

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
