// Names of megabytes, and names that imitate something else, in every place of a module that errors mention.
#include "tests/abuse/attack.h"

namespace ermine::abuse {
namespace {

using binary::operator+;
using binary::append_u32;
using binary::body;
using binary::header;
using binary::section;
using binary::text;

Bytes u32(size_t n) {
  Bytes out;
  append_u32(out, static_cast<uint32_t>(n));
  return out;
}

// One name, of number 0, in a subsection of the name section.
Bytes named(uint8_t subsection, std::string_view name) {
  const Bytes content = subsection == 0 ? text(name) : Bytes{1, 0} + text(name);
  return section(0, text("name") + Bytes{subsection} + u32(content.size()) + content);
}

// Function 0 is exported as "run"; there is a tag, and a global that is 100 before and decreases in every call.
Bytes module_of(const Bytes& code, const Bytes& more) {
  return header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0}) + section(13, {1, 0, 0}) +
         section(6, Bytes{1, 0x7F, 1, 0x41, 0xE4, 0, 0x0B}) + section(7, Bytes{1} + text("run") + Bytes{0, 0}) +
         section(10, Bytes{1} + body(Bytes{0} + code + Bytes{0x0B})) + more;
}
// Calls itself a hundred times, then traps: more frames than a backtrace has.
const Bytes kDeep = {0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0B, 0x23, 0, 0x41, 0x01, 0x6B, 0x24, 0, 0x10, 0};

constexpr size_t kManyFrames = 64;
constexpr size_t kMostText = (kManyFrames + 4) * 2 * (kMaxPrintable + 100);

// Runs it, and checks the size of the error in all its forms.
Result<void> tell(const Bytes& bytes, const std::function<Result<void>(const Bytes&)>& run) {
  Result<void> result = run(bytes);
  if (result) return Error(ErrorKind::kUsage, "no error");
  const Error& error = result.error();
  size_t all = error.message().size() + error.to_string().size();
  for (const FrameInfo& frame : error.backtrace()) {
    if (printable(frame.func_name) != frame.func_name || printable(frame.module_name) != frame.module_name)
      return Error(ErrorKind::kUsage, "a frame's name is not printable");
    all += frame.func_name.size() + frame.module_name.size();
  }
  if (all > 2 * kMostText) return Error(ErrorKind::kUsage, "the error has " + std::to_string(all) + " bytes");
  if (error.message().find('\n') != std::string::npos) return Error(ErrorKind::kUsage, "the message has lines");
  return result;
}

Result<void> run_it(const Bytes& bytes) {
  Attack attack;
  attack.module = bytes;
  attack.timeout = std::chrono::seconds(60);
  return run_attack(attack);
}

// Expected parts of the message, so that the name was in it. `more`: bytes of names that are not in the module.
void expect_told(const std::string& what, const Bytes& bytes, const std::string& expected,
                 const std::function<Result<void>(const Bytes&)>& run = run_it, size_t more = 0) {
  const Outcome end = in_child([&] { return tell(bytes, run); });
  EXPECT_FALSE(end.crashed) << what << ": " << end.text.substr(0, 300);
  EXPECT_NE(end.text.find(expected), std::string::npos) << what << ": " << end.text.substr(0, 300);
  // A copy of the module, and one of a name for a table; but not one per frame, place or message.
  const long most = 20 + static_cast<long>((bytes.size() + more) >> 20) * 3;
  EXPECT_LT(end.grown_mb, most * kMemoryFactor + kMemoryMore) << what;
}

class Names : public testing::TestWithParam<int> {
 protected:
  std::string name_ = "evil\x1b[31m\n" + std::string(static_cast<size_t>(GetParam()) << 20, 'n');
  static constexpr const char* kShown = "evil\\1b[31m\\0annn";
};

TEST_P(Names, InBacktraces) {
  const Bytes bytes = module_of(kDeep, named(1, name_));
  expect_told("a function's name", bytes, kShown);
  expect_told("a module's name", module_of(kDeep, named(0, name_)), kShown);
  const auto with_a_name = [&](const Bytes& module) -> Result<void> {
    Engine engine;
    ERMINE_ASSIGN(Module compiled, Module::compile(engine, module, name_));
    Store store(engine);
    ERMINE_ASSIGN(Instance instance, Linker(engine).instantiate(store, compiled));
    return instance.get_func("run")->call({}, {});
  };
  expect_told("the embedder's name", module_of(kDeep, {}), kShown, with_a_name, name_.size());
  expect_told("a host function that fails, and its caller again and again", bytes, kShown,
              [](const Bytes& module) -> Result<void> {
                Result<void> last;
                for (int i = 0; i < 20; ++i) last = run_it(module);
                return last;
              });
}

TEST_P(Names, OfTagsExportsAndImports) {
  expect_told("a tag", module_of({0x08, 0}, named(11, name_)), kShown);
  const Bytes twice = header() + section(1, {1, 0x60, 0, 0}) + section(3, {1, 0}) +
                      section(7, Bytes{2} + text(name_) + Bytes{0, 0} + text(name_) + Bytes{0, 0}) +
                      section(10, Bytes{1} + body({0, 0x0B}));
  expect_told("an export twice", twice, kShown);
  const Bytes import =
      header() + section(1, {1, 0x60, 0, 0}) + section(2, Bytes{1} + text(name_) + text(name_) + Bytes{0, 0});
  expect_told("an unknown import", import, kShown);
  expect_told("an import of another type", import, kShown, [&](const Bytes& module) -> Result<void> {
    Engine engine;
    ERMINE_ASSIGN(Module compiled, Module::compile(engine, module));
    Store store(engine);
    Linker linker(engine);
    ERMINE_TRY(linker.func_wrap(name_, name_, [](int32_t) {}));
    ERMINE_TRY(linker.instantiate(store, compiled));
    return {};
  });
  expect_told("a definition twice", import, kShown, [&](const Bytes&) -> Result<void> {
    Engine engine;
    Linker linker(engine);
    ERMINE_TRY(linker.func_wrap(name_, name_, [](int32_t) {}));
    return linker.func_wrap(name_, name_, [](int32_t) {});
  });
  expect_told("an import that traps",
              header() + section(1, {1, 0x60, 0, 0}) + section(2, Bytes{1} + text(name_) + text(name_) + Bytes{0, 0}) +
                  section(7, Bytes{1} + text("run") + Bytes{0, 0}),
              kShown, [&](const Bytes& module) -> Result<void> {
                Engine engine;
                ERMINE_ASSIGN(Module compiled, Module::compile(engine, module));
                Store store(engine);
                Linker linker(engine);
                ERMINE_TRY(linker.define_unknown_imports_as_traps(compiled));
                ERMINE_ASSIGN(Instance instance, linker.instantiate(store, compiled));
                return instance.get_func("run")->call({}, {});
              });
  expect_told("an export that is not there", module_of(kDeep, {}), kShown, [&](const Bytes& module) -> Result<void> {
    Engine engine;
    ERMINE_ASSIGN(Module compiled, Module::compile(engine, module));
    Store store(engine);
    ERMINE_ASSIGN(Instance instance, Linker(engine).instantiate(store, compiled));
    ERMINE_TRY((instance.get_typed_func<void()>(name_)));
    return {};
  });
}

TEST_P(Names, InRefusals) {
  expect_told("a function that is not valid", module_of({0x45}, named(1, name_)), kShown);
  expect_told("a global that may not be exported", header() + section(7, Bytes{1} + text(name_) + Bytes{3, 0}), kShown);
}

INSTANTIATE_TEST_SUITE_P(Megabytes, Names, testing::Values(1, 5, 50));

// A hundred thousand imports of one group share the name of their module: reading them copies no names.
TEST(Abuse, ImportsThatShareAName) {
  const std::string name(5 << 20, 'n');
  Bytes items = u32(100'000);
  for (int i = 0; i < 100'000; ++i) items = std::move(items) + Bytes{1, 'f', 0, 0};
  const Bytes bytes =
      header() + section(1, {1, 0x60, 0, 0}) + section(2, Bytes{1} + text(name) + Bytes{0, 0x7F} + items);
  const Outcome end = in_child([&]() -> Result<void> {
    Engine engine;
    ERMINE_ASSIGN(Module module, Module::compile(engine, bytes));
    const std::vector<ImportType> imports = module.imports();
    if (imports.size() != 100'000 || imports.back().module != name) return Error(ErrorKind::kUsage, "not all imports");
    return {};
  });
  EXPECT_FALSE(end.crashed);
  EXPECT_EQ(end.text, "");
  EXPECT_LT(end.grown_mb, 100 * kMemoryFactor + kMemoryMore);
}

// A name section of entries of two bytes, for a module of one function.
TEST(Abuse, MoreNamesThanFunctions) {
  constexpr uint32_t kEntries = 10'000'000;
  const Bytes map = u32(kEntries) + Bytes(size_t{kEntries} * 2, 0);
  const Bytes bytes = module_of(kDeep, section(0, text("name") + Bytes{1} + u32(map.size()) + map));
  expect_told("names of nothing", bytes, "run");
}

}  // namespace
}  // namespace ermine::abuse
