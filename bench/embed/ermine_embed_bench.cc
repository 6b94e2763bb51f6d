// Measures Ermine's library inside one process, through its public C++ API:
//
//   ermine_embed_bench WHAT FILE [--tier=NAME]
//
// prints {"seconds": s, "count": n}, where s is the median time of one operation, or for `rest` {"bytes": b}, the
// resident memory of an idle instance. WHAT is
//
//   validate, compile                            FILE is any module, or for validate a component
//   instantiate, call-in, call-out, rest         FILE is bench/programs/embed.wat, assembled
//   core-calls, calls, texts, lists              FILE is bench/programs/components.wat: what one such call takes; for
//                                                the first two also components_large.wat
//   component-instantiate                        the same
//   in-calls, in-texts, in-lists, in-results     FILE is bench/programs/host_component.wat: what one call of it takes
//   out-calls, out-texts, out-lists              the same: what one call by it takes
//
// Making and freeing an instance includes its store, as in capi_bench.c, which measures other libraries in the same
// way.
#include <ermine/ermine.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "ermine_embed_bench: error: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T must(ermine::Result<T> result) {
  if (!result) fail(result.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// A sample is a batch that takes at least some milliseconds, so that the cost of reading the clock is negligible.
template <class F>
void measure(F&& once, int per_call = 1) {
  long batch = 1;
  for (;; batch *= 2) {
    const double start = now();
    for (long i = 0; i < batch; ++i) once();
    if (now() - start >= 0.005 || batch >= 1 << 20) break;
  }
  std::vector<double> samples;
  for (const double end = now() + 1; samples.size() < 1000 && (now() < end || samples.size() < 3);) {
    const double start = now();
    for (long i = 0; i < batch; ++i) once();
    samples.push_back((now() - start) / static_cast<double>(batch) / per_call);
  }
  std::sort(samples.begin(), samples.end());
  std::printf("{\"seconds\": %.12g, \"count\": %ld}\n", samples[samples.size() / 2],
              static_cast<long>(samples.size()) * batch);
}

long resident_bytes() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  if (!(file >> size >> resident)) fail("/proc/self/statm cannot be read");
  return resident * sysconf(_SC_PAGESIZE);
}

std::vector<uint8_t> read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(std::string("cannot open ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

ermine::Linker make_linker(const ermine::Engine& engine) {
  ermine::Linker linker(engine);
  must(linker.func_wrap("host", "nothing", [] {}));
  must(linker.func_wrap("host", "add", [](uint32_t a, uint32_t b) { return a + b; }));
  return linker;
}

void expect(bool right) {
  if (!right) fail("a wrong answer");
}

constexpr struct {
  std::string_view name;
  int calls;  // per measurement, so that the call from the host does not count
  std::string_view answer;
} kComponentCalls[] = {
    {"core-calls", 100000, "705082704"},
    {"calls", 100000, "705082704"},
    {"texts", 1000, "1097000"},
    {"lists", 100, "199900"},
};

struct Item {
  uint32_t id = 0;
  uint64_t size = 0;
  uint8_t kind = 0;
  double weight = 0;
};
ERMINE_RECORD(Item, id, size, kind, weight)

constexpr const char* kHost = "bench:host/calls";
const std::string kText(1000, 'a');
std::vector<Item> items() {
  std::vector<Item> made(1000);
  for (uint32_t i = 0; i < made.size(); ++i) made[i].id = i;
  return made;
}
uint32_t sum(std::string_view text) { return static_cast<uint32_t>(text.size()) + static_cast<uint8_t>(text.back()); }

// Calls from the host to a component, and back. Whether `what` is one of them.
bool host_component(const ermine::Engine& engine, std::string_view what, std::span<const uint8_t> bytes) {
  if (!what.starts_with("in-") && !what.starts_with("out-")) return false;
  constexpr int kCalls = 1000;
  const ermine::Component component = must(ermine::Component::compile(engine, bytes));
  ermine::ComponentLinker linker(engine);
  must(linker.func_wrap(kHost, "add", [](uint32_t a, uint32_t b) { return a + b; }));
  must(linker.func_wrap(kHost, "text", [](std::string_view text) { return sum(text); }));
  must(linker.func_wrap(kHost, "records", [](const std::vector<Item>& list) {
    return static_cast<uint32_t>(list.size()) + list.back().id;
  }));
  ermine::Store store(engine);
  const ermine::ComponentInstance instance = must(linker.instantiate(store, component));
  const auto in = [&](const auto& func, uint32_t result, const auto&... arguments) {
    measure(
        [&] {
          for (int i = 0; i < kCalls; ++i) expect(must(func(arguments...)) == result);
        },
        kCalls);
  };
  if (what == "in-calls") {
    in(must(instance.get_typed_func<uint32_t(uint32_t, uint32_t)>("add")), 7, 3u, 4u);
  } else if (what == "in-texts") {
    in(must(instance.get_typed_func<uint32_t(std::string_view)>("text")), 1097, std::string_view(kText));
  } else if (what == "in-lists") {
    const std::vector<Item> list = items();
    in(must(instance.get_typed_func<uint32_t(std::span<const Item>)>("records")), 1999, std::span<const Item>(list));
  } else if (what == "in-results") {
    const auto text = must(instance.get_typed_func<std::string()>("make-text"));
    measure(
        [&] {
          for (int i = 0; i < kCalls; ++i) expect(sum(must(text())) == 1097);
        },
        kCalls);
  } else {
    const auto out = must(instance.get_typed_func<uint32_t(uint32_t)>(what));
    const uint32_t result = what == "out-texts"   ? 1097 * kCalls
                            : what == "out-lists" ? 1999 * kCalls
                                                  : kCalls * (kCalls + 1) / 2;
    measure([&] { expect(must(out(kCalls)) == result); }, kCalls);
  }
  return true;
}

// Whether `what` is a measurement of components.
bool components(const ermine::Engine& engine, std::string_view what, std::span<const uint8_t> bytes) {
  if (what == "component-instantiate") {
    const ermine::Component component = must(ermine::Component::compile(engine, bytes));
    measure([&] {
      ermine::Store store(engine);
      must(component.instantiate(store));
    });
    return true;
  }
  if (host_component(engine, what, bytes)) return true;
  for (const auto& row : kComponentCalls) {
    if (row.name != what) continue;
    const ermine::Component component = must(ermine::Component::compile(engine, bytes));
    ermine::Store store(engine);
    const ermine::ComponentInstance instance = must(component.instantiate(store));
    const std::string call = std::string(what) + "(" + std::to_string(row.calls) + ")";
    measure([&] { expect(must(instance.invoke(call)) == row.answer); }, row.calls);
    return true;
  }
  return false;
}

uint32_t answer(ermine::Instance& instance) { return must(must(instance.get_typed_func<uint32_t()>("answer"))()); }

void instantiate(const ermine::Linker& linker, const ermine::Engine& engine, const ermine::Module& module) {
  ermine::Store store(engine);
  ermine::Instance instance = must(linker.instantiate(store, module));
  expect(answer(instance) == 42);
}

// A thousand instances at the same time, each in a store of its own and called once.
void rest(const ermine::Linker& linker, const ermine::Engine& engine, const ermine::Module& module) {
  constexpr int kInstances = 1000, kWarmUp = 10;
  std::vector<ermine::Store> stores;
  stores.reserve(kInstances + kWarmUp);
  long before = 0;
  for (int i = 0; i < kInstances + kWarmUp; ++i) {
    if (i == kWarmUp) before = resident_bytes();
    stores.emplace_back(engine);
    ermine::Instance instance = must(linker.instantiate(stores.back(), module));
    expect(answer(instance) == 42);
  }
  std::printf("{\"bytes\": %.0f, \"count\": %d}\n", static_cast<double>(resident_bytes() - before) / kInstances,
              kInstances);
}

}  // namespace

int main(int argc, char** argv) {
  ermine::Config config;
  const std::string_view tier = argc == 4 ? argv[3] : "";
  if (tier == "--tier=interp") config.tier = ermine::Tier::kInterp;
  else if (tier == "--tier=baseline") config.tier = ermine::Tier::kBaseline;
  else if (tier == "--tier=optimized") config.tier = ermine::Tier::kOptimized;
  else if (argc != 3) fail("usage: ermine_embed_bench WHAT FILE [--tier=NAME]");
  const std::string_view what = argv[1];
  const std::vector<uint8_t> bytes = read_file(argv[2]);
  const ermine::Engine engine(config);
  if (what == "validate") {
    if (ermine::Component::is_component(bytes)) measure([&] { must(ermine::Component::validate(engine, bytes)); });
    else measure([&] { must(ermine::Module::validate(engine, bytes)); });
    return 0;
  }
  if (components(engine, what, bytes)) return 0;
  if (what == "compile") {
    // Module::compile only decodes and validates, on all processors; other engines compile everything there. So compile
    // all functions here, on one thread, as the other engines are asked to.
    config.tier = tier.empty() ? ermine::Tier::kBaseline : config.tier;
    config.parallelism = 1;
    const ermine::Engine alone(config);
    measure([&] { must(must(ermine::Module::compile(alone, bytes)).compile_functions()); });
    return 0;
  }
  const ermine::Module module = must(ermine::Module::compile(engine, bytes));
  const ermine::Linker linker = make_linker(engine);
  if (what == "instantiate") {
    measure([&] { instantiate(linker, engine, module); });
  } else if (what == "rest") {
    rest(linker, engine, module);
  } else {
    ermine::Store store(engine);
    ermine::Instance instance = must(linker.instantiate(store, module));
    if (what == "call-in") {
      auto twice = must(instance.get_typed_func<uint32_t(uint32_t)>("twice"));
      measure(
          [&] {
            for (uint32_t i = 0; i < 1000; ++i) expect(must(twice(i)) == 2 * i);
          },
          1000);
    } else if (what == "call-out") {
      auto call_host = must(instance.get_typed_func<uint32_t(uint32_t)>("call_host"));
      measure([&] { expect(must(call_host(1000)) == 500500); }, 1000);
    } else {
      fail("there is no such measurement");
    }
  }
  return 0;
}
