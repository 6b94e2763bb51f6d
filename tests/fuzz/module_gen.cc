// module_gen: writes and runs modules for differential testing.
//
//   module_gen write --seed N [--count K] [--without FEATURE,…] [--canonical-nans] [--linked] FOLDER
//       writes N.wasm … into the folder; "-" means a batch on standard output. --linked: modules that import from
//       others, which they contain (transcript.h)
//   module_gen run [--relaxed] [--modes N] [--plans FILE] [--memories] WHAT
//       prints the results of each module and fails if the variants (see transcript.h) do not agree. WHAT is files, or
//       --batch FILE [--from I], or --seed N [--count K]: modules generated on the fly, with canonical NaNs. --relaxed:
//       they may use relaxed instructions; --modes: runs each module in all tiers and in N of the other variants, in
//       turn, instead of all; --plans: appends to a file the calls for the driver of another engine, one line per
//       module; --memories: prints their contents; --from: skips the first I modules of a batch
//
//   module_gen libraries FILE…
//       writes the modules that a linked one contains beside it, as FILE.l0.wasm …
//
// A batch consists of modules, each after its length in four bytes, little-endian.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "generator/module_generator.h"
#include "transcript.h"

namespace {

using namespace ermine;

int usage() {
  std::fputs(
      "usage: module_gen write --seed N [--count K] [--without FEATURE,...] [--canonical-nans] [--linked] FOLDER|-\n"
      "       module_gen run [--relaxed] [--modes N] [--plans FILE] [--memories]\n"
      "                      FILE... | --batch FILE [--from I] | --seed N [--count K] [--linked]\n"
      "       module_gen libraries FILE...\n",
      stderr);
  return 2;
}

struct Arguments {
  uint64_t seed = 0, count = 1, from = 0, modes = ~uint64_t{0};
  bool canonical_nans = false, linked = false, memories = false, relaxed = false;
  std::string plans, batch;
  wasm::FeatureSet features = wasm::FeatureSet::all();
  std::vector<std::string> paths;
  bool parse(int argc, char** argv);
};

bool number(const char* text, uint64_t& out) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, out).ptr == end;
}

bool without(std::string_view names, wasm::FeatureSet& features) {
  while (!names.empty()) {
    size_t comma = names.find(',');
    auto feature = wasm::feature_from_name(names.substr(0, comma));
    if (!feature) return false;
    features.remove(*feature);
    names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
  }
  return true;
}

bool Arguments::parse(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::string_view word = argv[i];
    const char* next = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--canonical-nans") canonical_nans = true;
    else if (word == "--linked") linked = true;
    else if (word == "--relaxed") relaxed = true;
    else if (word == "--memories") memories = true;
    else if (word == "--seed" && next && number(next, seed)) ++i;
    else if (word == "--count" && next && number(next, count)) ++i;
    else if (word == "--from" && next && number(next, from)) ++i;
    else if (word == "--modes" && next && number(next, modes)) ++i;
    else if (word == "--plans" && next) plans = argv[++i];
    else if (word == "--batch" && next) batch = argv[++i];
    else if (word == "--without" && next && without(next, features)) ++i;
    else if (word.starts_with("--")) return false;
    else paths.emplace_back(word);
  }
  return true;
}

std::vector<uint8_t> made_of(uint64_t seed, const Arguments& a, bool canonical_nans) {
  std::mt19937_64 random(seed);
  const uint64_t most = random() % 4 == 0 ? 8192 : 2048, size = 256 + random() % most;
  std::vector<uint8_t> bytes(size);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
  return fuzz::generate_module(bytes, {a.features, canonical_nans, a.linked});
}

bool put(std::FILE* out, std::span<const uint8_t> bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
}

bool append_to_batch(std::FILE* out, std::span<const uint8_t> module) {
  uint8_t size[4];
  for (unsigned i = 0; i < 4; ++i) size[i] = static_cast<uint8_t>(module.size() >> 8 * i);
  return put(out, size) && put(out, module);
}

bool write_file(const std::string& path, std::span<const uint8_t> module) {
  std::FILE* out = std::fopen(path.c_str(), "wb");
  if (out == nullptr) return false;
  const bool good = put(out, module);
  return std::fclose(out) == 0 && good;
}

int write(const Arguments& a) {
  for (uint64_t seed = a.seed; seed < a.seed + a.count; ++seed) {
    const std::vector<uint8_t> module = made_of(seed, a, a.canonical_nans);
    if (a.paths[0] == "-" ? append_to_batch(stdout, module)
                          : write_file(fmt::format("{}/{}.wasm", a.paths[0], seed), module))
      continue;
    std::perror(a.paths[0].c_str());
    return 1;
  }
  return 0;
}

std::vector<uint8_t> contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(in), {});
}

int write_libraries(const Arguments& a) {
  Config config;
  config.enable_all_features();
  const Engine engine(config);
  for (const std::string& path : a.paths) {
    auto module = Module::compile(engine, contents(path));
    size_t number = 0;
    if (module)
      for (const CustomSection& s : module->custom_sections())
        if (s.name == fuzz::kLibrary &&
            !write_file(fmt::format("{}.{}.wasm", path, fuzz::library_name(number++)), s.bytes))
          return std::perror(path.c_str()), 1;
    if (number == 0) return std::fprintf(stderr, "%s contains no library\n", path.c_str()), 1;
  }
  return 0;
}

struct Runner {
  fuzz::Variant variant;
  Engine engine;
};

// Runs modules in all variants, or in some of them in turn.
class Comparison {
 public:
  explicit Comparison(const Arguments& a) : arguments_(a) {
    for (const fuzz::Variant& v : fuzz::variants()) runners_.push_back({v, Engine(v.config)});
    if (!a.plans.empty()) plans_.open(a.plans, std::ios::app);
  }

  // `number`: determines the variants in which it runs.
  void module(const std::string& name, uint64_t number, std::span<const uint8_t> bytes) {
    // Printed before the module runs, because the run may crash.
    if (plans_.is_open()) plans_ << fuzz::plan_of(runners_[0].engine, bytes) << std::endl;
    std::optional<fuzz::Transcript> first[2];  // by whether it is deterministic, if that makes a difference
    for (size_t i = 0; i < runners_.size(); ++i) {
      if (!takes_part(i, number)) continue;
      const Runner& r = runners_[i];
      fuzz::Transcript t = fuzz::run_module(r.variant, r.engine, bytes, arguments_.memories);
      const bool group = arguments_.relaxed && r.variant.config.relaxed_simd_deterministic;
      if (i == 0) std::printf("== %s%s\n%s", name.c_str(), t.limited ? " limited" : "", t.text.c_str());
      if (!first[group]) {
        first[group] = t;
      } else if (!t.limited && !first[group]->limited && t.text != first[group]->text) {
        ++differences;
        std::printf("DIFFERENCE in %s:\n%s", r.variant.name.c_str(), t.text.c_str());
      }
    }
    std::fputs("== end\n", stdout);
    std::fflush(stdout);
  }

  int differences = 0;

 private:
  // The plain variants of all tiers come first, and are always used; but LLVM takes milliseconds for a function, so
  // that its tier has one module in sixteen.
  bool takes_part(size_t i, uint64_t number) const {
    if (runners_[i].variant.config.tier == Tier::kOptimized && number % 16 != 0) return false;
    const size_t plain = Config::tiers().size(), others = runners_.size() - plain;
    if (i < plain || arguments_.modes >= others) return true;
    return (i - plain + others - number * arguments_.modes % others) % others < arguments_.modes;
  }

  const Arguments& arguments_;
  std::vector<Runner> runners_;
  std::ofstream plans_;
};

int run_batch(const Arguments& a, Comparison& comparison) {
  const std::vector<uint8_t> all = contents(a.batch);
  uint64_t number = 0;
  for (std::span<const uint8_t> rest = all; !rest.empty(); ++number) {
    size_t size = 0;
    for (unsigned i = 0; i < 4 && i < rest.size(); ++i) size |= size_t{rest[i]} << 8 * i;
    if (rest.size() < 4 || rest.size() - 4 < size) {
      std::fprintf(stderr, "%s ends in the middle of module %llu\n", a.batch.c_str(),
                   static_cast<unsigned long long>(number));
      return 2;
    }
    if (number >= a.from) comparison.module(fmt::format("{}", number), number, rest.subspan(4, size));
    rest = rest.subspan(4 + size);
  }
  return comparison.differences == 0 ? 0 : 1;
}

int run(const Arguments& a) {
  Comparison comparison(a);
  if (!a.batch.empty()) return run_batch(a, comparison);
  for (size_t i = 0; i < a.paths.size(); ++i) comparison.module(a.paths[i], i, contents(a.paths[i]));
  if (a.paths.empty())
    for (uint64_t seed = a.seed; seed < a.seed + a.count; ++seed)
      comparison.module(fmt::format("seed {}", seed), seed, made_of(seed, a, true));
  return comparison.differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (argc < 3 || !arguments.parse(argc, argv)) return usage();
  if (std::strcmp(argv[1], "write") == 0 && !arguments.paths.empty()) return write(arguments);
  if (std::strcmp(argv[1], "run") == 0) return run(arguments);
  if (std::strcmp(argv[1], "libraries") == 0 && !arguments.paths.empty()) return write_libraries(arguments);
  return usage();
}
