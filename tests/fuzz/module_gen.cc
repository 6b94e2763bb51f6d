// module_gen: writes and runs modules for differential testing.
//
//   module_gen write --seed N [--count K] [--without FEATURE,…] [--canonical-nans] FOLDER
//       writes N.wasm … into the folder
//   module_gen run [--relaxed] [--plans] [--memories] FILE…
//       prints what each module does and fails if the variants (see transcript.h) do not agree; --relaxed says
//       that they may use relaxed instructions; --plans writes FILE.json, the calls for the driver of
//       another engine; --memories prints their contents
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "generator/module_generator.h"
#include "transcript.h"

namespace {

using namespace ermine;

int usage() {
  std::fputs(
      "usage: module_gen write --seed N [--count K] [--without FEATURE,...] [--canonical-nans] FOLDER\n"
      "       module_gen run [--relaxed] [--plans] [--memories] FILE...\n",
      stderr);
  return 2;
}

struct Arguments {
  uint64_t seed = 0, count = 1;
  bool canonical_nans = false, plans = false, memories = false, relaxed = false;
  wasm::FeatureSet features = wasm::FeatureSet::all();
  std::vector<std::string> paths;
  bool parse(int argc, char** argv);
};

bool number(const char* text, uint64_t& out) {
  const char* end = text + std::strlen(text);
  return std::from_chars(text, end, out).ptr == end;
}

bool Arguments::parse(int argc, char** argv) {
  for (int i = 2; i < argc; ++i) {
    std::string_view word = argv[i];
    bool has_next = i + 1 < argc;
    if (word == "--canonical-nans") canonical_nans = true;
    else if (word == "--plans") plans = true;
    else if (word == "--relaxed") relaxed = true;
    else if (word == "--memories") memories = true;
    else if (word == "--seed" && has_next && number(argv[i + 1], seed)) ++i;
    else if (word == "--count" && has_next && number(argv[i + 1], count)) ++i;
    else if (word == "--without" && has_next) {
      std::string_view names = argv[++i];
      while (!names.empty()) {
        size_t comma = names.find(',');
        auto feature = wasm::feature_from_name(names.substr(0, comma));
        if (!feature) return false;
        features.remove(*feature);
        names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
      }
    } else if (word.starts_with("--")) {
      return false;
    } else {
      paths.emplace_back(word);
    }
  }
  return !paths.empty();
}

int write(const Arguments& a) {
  for (uint64_t seed = a.seed; seed < a.seed + a.count; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<uint8_t> bytes(512 + random() % 8192);
    for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
    fuzz::MadeOf of{a.features, a.canonical_nans};
    std::vector<uint8_t> module = fuzz::generate_module(bytes, of);
    std::ofstream out(fmt::format("{}/{}.wasm", a.paths[0], seed), std::ios::binary);
    out.write(reinterpret_cast<const char*>(module.data()), static_cast<std::streamsize>(module.size()));
    if (!out) {
      std::perror(a.paths[0].c_str());
      return 1;
    }
  }
  return 0;
}

int run(const Arguments& a) {
  struct Runner {
    std::string name;
    bool deterministic;
    Engine engine;
  };
  std::vector<Runner> runners;
  for (const fuzz::Variant& v : fuzz::variants()) runners.push_back({v.name, v.config.deterministic, Engine(v.config)});
  int differences = 0;
  for (const std::string& path : a.paths) {
    std::ifstream in(path, std::ios::binary);
    std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(in), {});
    fuzz::Transcript first[2];  // by whether it is deterministic, where that makes a difference
    bool seen[2] = {};
    for (size_t i = 0; i < runners.size(); ++i) {
      fuzz::Transcript t = fuzz::run_module(runners[i].engine, bytes, a.memories);
      unsigned group = a.relaxed && runners[i].deterministic;
      if (i == 0) std::printf("== %s%s\n%s", path.c_str(), t.limited ? " limited" : "", t.text.c_str());
      if (!seen[group]) {
        seen[group] = true;
        first[group] = t;
      } else if (!t.limited && !first[group].limited && t.text != first[group].text) {
        ++differences;
        std::printf("DIFFERENCE in %s:\n%s", runners[i].name.c_str(), t.text.c_str());
      }
    }
    std::fflush(stdout);
    if (a.plans) std::ofstream(path + ".json") << fuzz::plan_of(runners[0].engine, bytes);
  }
  return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (argc < 3 || !arguments.parse(argc, argv)) return usage();
  if (std::strcmp(argv[1], "write") == 0) return write(arguments);
  if (std::strcmp(argv[1], "run") == 0) return run(arguments);
  return usage();
}
