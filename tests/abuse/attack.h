// An attack: a module is compiled and instantiated, and its export "run" called if it has one, in a child process. It
// must end by itself within seconds and with bounded memory: with success, or with the expected error.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/api/wat.h"
#include "tests/unit/binary/bytes.h"

namespace ermine::abuse {

using binary::Bytes;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ERMINE_SANITIZED 1
#endif
#endif
#ifdef ERMINE_SANITIZED
// Shadow memory, quarantine, red zones.
constexpr long kMemoryFactor = 4, kMemoryMore = 300, kTimeFactor = 6;
#else
constexpr long kMemoryFactor = 1, kMemoryMore = 30, kTimeFactor = 1;
#endif

struct Attack {
  Bytes module;
  StoreLimits limits = {.memory_bytes = 64 << 20, .instance_memory_bytes = 64 << 20, .total_memory_bytes = 64 << 20};
  uint64_t max_gc_heap = 32 << 20;
  bool fuel = false;
  Tier tier = Tier::kAuto;
  std::chrono::milliseconds timeout{60'000};  // for attacks that end by themselves, however busy the machine is
  std::function<void(Linker&)> imports = {};
  // Part of the error's text, or one of several between "|"; empty: success is expected.
  std::string expected;
  long most_mb = 100;  // resident, of the whole child
};

inline Result<void> run_attack(const Attack& attack) {
  Config config;
  config.enable_all_features();
  config.max_gc_heap = attack.max_gc_heap;
  config.consume_fuel = attack.fuel;
  config.tier = attack.tier;
  Engine engine(config);
  ERMINE_ASSIGN(Module module, Module::compile(engine, attack.module));
  Store store(engine, attack.limits);
  if (attack.fuel) ERMINE_TRY(store.set_fuel(100'000'000));
  store.set_timeout(attack.timeout);
  Linker linker(engine);
  if (attack.imports) attack.imports(linker);
  ERMINE_ASSIGN(Instance instance, linker.instantiate(store, module));
  if (auto run = instance.get_func("run")) {
    std::vector<Val> results(run->type().results.size());
    ERMINE_TRY(run->call({}, results));
  }
  return {};
}

// The last output of a child process, and its resource usage.
struct Outcome {
  bool crashed = false;
  std::string text;  // the error; empty: success
  long mb = 0;
  long grown_mb = 0;  // more than the process that it is a copy of
  double seconds = 0;
};

// The current resident memory of this process.
inline long resident_mb() {
  long all = 0, resident = 0;
  if (FILE* statm = std::fopen("/proc/self/statm", "r")) {
    EXPECT_EQ(std::fscanf(statm, "%ld %ld", &all, &resident), 2);
    std::fclose(statm);
  }
  return resident * (sysconf(_SC_PAGESIZE) >> 10) >> 10;
}

inline Outcome in_child(const std::function<Result<void>()>& act) {
  int channel[2];
  EXPECT_EQ(pipe(channel), 0);
  const auto begin = std::chrono::steady_clock::now();
  const long mb_before = resident_mb();
  const pid_t child = fork();
  if (child == 0) {
    // Processor time, because the machine may be busy; and a limit for attacks that sleep.
    const rlimit seconds{static_cast<rlim_t>(30 * kTimeFactor), static_cast<rlim_t>(30 * kTimeFactor)};
    setrlimit(RLIMIT_CPU, &seconds);
    alarm(250);
    std::string text;
    if (Result<void> r = act(); !r) text = r.error().to_string().substr(0, 2000);
    text += '\n';
    _exit(write(channel[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  close(channel[1]);
  Outcome ending;
  char buffer[4096];
  for (ssize_t n; (n = read(channel[0], buffer, sizeof buffer)) > 0;)
    ending.text.append(buffer, static_cast<size_t>(n));
  close(channel[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  ending.crashed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
  if (!ending.text.empty()) ending.text.pop_back();
  ending.mb = usage.ru_maxrss >> 10;
  ending.grown_mb = ending.mb - mb_before;
  ending.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return ending;
}

inline bool has_one_of(const std::string& text, const std::string& expected) {
  std::istringstream in(expected);
  for (std::string one; std::getline(in, one, '|');)
    if (text.find(one) != std::string::npos) return true;
  return false;
}

inline void expect_contained(const std::string& name, const Attack& attack) {
  const Outcome end = in_child([&] { return run_attack(attack); });
  EXPECT_FALSE(end.crashed) << name << " ended the process: " << end.text;
  if (attack.expected.empty()) EXPECT_EQ(end.text, "") << name;
  else EXPECT_TRUE(has_one_of(end.text, attack.expected)) << name << ": " << end.text;
  EXPECT_LT(end.mb, attack.most_mb * kMemoryFactor + kMemoryMore + static_cast<long>(attack.module.size() >> 18))
      << name << ": " << end.text;
}

inline Attack from_text(std::string_view text, std::string expected) {
  Attack a;
  a.module = test::wat_bytes(text);
  a.expected = std::move(expected);
  return a;
}

}  // namespace ermine::abuse
