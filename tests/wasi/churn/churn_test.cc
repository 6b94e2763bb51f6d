// Connections, sockets and streams of WASI 0.2 and 0.3, opened, used, given up and dropped in every order, of many
// stores on many threads: nothing is leaked, nothing hangs, and no byte is lost or exchanged.
//
// ERMINE_CHURN_SECONDS: how long each test takes (`.ci/run churn`: a minute); ERMINE_CHURN_SEED: what a failure names.
// Which events come first is up to the system, so the same seed need not fail twice.
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/wasi/churn/outside.h"
#include "tests/wasi/guest.h"

namespace ermine::churn {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t setting(const char* name, uint64_t usual) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : usual;
}

// Of the whole process.
size_t open_descriptors() {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

// How many descriptors the process may have, now as many as the system allows.
unsigned raise_limit() {
  rlimit limit;
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 100'000);
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<unsigned>(limit.rlim_cur);
}

// What is allocated, in kB; 0 with sanitizers, which look for leaks themselves.
size_t allocated() {
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return 0;
#else
  return mallinfo2().uordblks / 1024;
#endif
}
size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

uint64_t opened() { return figures.connections + figures.streams; }

struct Place {
  std::unique_ptr<Churn> churn;
  bool is_async = false;
  uint64_t seed = 0;
  unsigned steps_left = 0;
  std::string name() const { return std::string(is_async ? "0.3" : "0.2") + " with seed " + std::to_string(seed); }
};

// Several stores, which the threads take in turns.
class Run {
 public:
  Run(uint64_t seed, unsigned stores, unsigned threads)
      : random_(seed), seed_(seed), outside_(random_.seed(), directory_.path()), doing_(threads) {
    std::ofstream(directory_.path() + "/data").write(reinterpret_cast<const char*>(Pattern::from(0)), Pattern::kMost);
    for (unsigned i = 0; i < stores; ++i) places_.push_back(make(i % 3 != 2));
  }

  // Longer, up to three times, if less than this was opened.
  void go(std::chrono::nanoseconds time, uint64_t least_opened = 0) {
    const Clock::time_point until = Clock::now() + time;
    last_ = until + 2 * time;
    least_ = least_opened;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < doing_.size(); ++i) threads.emplace_back([this, i, until] { work(i, until); });
    std::thread watchdog([&] { watch(); });
    for (std::thread& t : threads) t.join();
    over_ = true;
    watchdog.join();
    doing = &doing_[0];
    doing->since = now();
    over_ = false;
    std::thread last_watchdog([&] { watch(); });
    for (Place& place : places_) end(place, random_.one_in(2) ? End::kDropped : End::kClosed);
    over_ = true;
    last_watchdog.join();
    doing = nullptr;
    places_.clear();
    bin.empty();
  }

 private:
  const std::chrono::seconds kHung{setting("ERMINE_CHURN_HUNG", 120)};

  static int64_t now() { return Clock::now().time_since_epoch().count(); }

  Place make(bool is_async) {
    Place place;
    place.is_async = is_async;
    place.seed = random_.seed();
    place.steps_left = 50 + random_.below(1500);
    place.churn = (is_async ? async_churn : sync_churn)(place.seed, outside_);
    return place;
  }

  void work(unsigned thread, Clock::time_point until) {
    doing = &doing_[thread];
    while (!failed_ && (Clock::now() < until || (opened() < least_ && Clock::now() < last_))) {
      Place place;
      unsigned steps;
      {
        const std::scoped_lock lock(mutex_);
        const size_t index = random_.below(static_cast<uint32_t>(places_.size()));
        place = std::move(places_[index]);
        places_.erase(places_.begin() + static_cast<ptrdiff_t>(index));
        steps = 10 + random_.below(100);
      }
      doing->since = now();
      for (; steps > 0 && place.steps_left > 0 && place.churn->wrong().empty(); --steps, --place.steps_left)
        place.churn->step();
      std::optional<End> how;
      if (place.steps_left == 0 || !place.churn->wrong().empty()) {
        const std::scoped_lock lock(mutex_);
        how = random_.one_in(2) ? End::kDropped : static_cast<End>(random_.below(5));
      }
      if (how) end(place, *how);
      doing->since = 0;
      const std::scoped_lock lock(mutex_);
      if (how) place = make(place.is_async);
      places_.push_back(std::move(place));
    }
  }

  void end(Place& place, End how) {
    const std::string wrong = place.churn->end(how);
    if (wrong.empty()) return;
    failed_ = true;
    ADD_FAILURE() << place.name() << ", end " << static_cast<int>(how) << ", ERMINE_CHURN_SEED=" << seed_ << ": "
                  << wrong;
  }

  // A hang ends the process, so that the stacks of its threads can be seen.
  void watch() {
    while (!over_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      bin.empty();
      for (const Doing& each : doing_) {
        const int64_t at = each.since;
        if (at == 0 || now() - at < std::chrono::nanoseconds(kHung).count()) continue;
        std::fprintf(stderr, "a thread hangs in %s, ERMINE_CHURN_SEED=%llu; so far %s\n", each.call.load(),
                     static_cast<unsigned long long>(seed_), figures.text().c_str());
        std::abort();
      }
    }
  }

  test::TempDir directory_;
  Random random_;
  const uint64_t seed_;
  Outside outside_;
  std::mutex mutex_;
  std::vector<Place> places_;
  std::vector<Doing> doing_;
  Clock::time_point last_;
  uint64_t least_ = 0;
  std::atomic<bool> failed_{false}, over_{false};
};

void run(unsigned threads) {
  signal(SIGPIPE, SIG_IGN);
  const unsigned stores = raise_limit() / 1200;
  if (stores <= threads) GTEST_SKIP() << "the process may not have enough descriptors";
  const uint64_t seconds = setting("ERMINE_CHURN_SECONDS", 2), least = seconds >= 60 ? 10'000 : 0;
  const uint64_t seed = setting("ERMINE_CHURN_SEED", std::random_device()());
  // What is made once and remains.
  Run(seed, 3, 1).go(std::chrono::milliseconds(1));
  const size_t before = open_descriptors(), allocated_before = allocated(), mappings_before = mappings();
  Run(seed, std::min(stores, 6u), threads).go(std::chrono::seconds(seconds), least);
  // Lookups end on threads of their own.
  for (int i = 0; i < 300 && open_descriptors() > before; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LE(open_descriptors(), before) << "ERMINE_CHURN_SEED=" << seed;
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), figures.text().c_str());
  // What threads, the allocator and the engine's pools keep does not depend on how long it has run.
  EXPECT_LE(allocated(), allocated_before + 4096) << "kB, ERMINE_CHURN_SEED=" << seed;
  if (allocated_before != 0) EXPECT_LE(mappings(), mappings_before + 100) << "ERMINE_CHURN_SEED=" << seed;
  EXPECT_GE(opened(), least);
}

TEST(WasiChurn, ManyStoresOnOneThread) { run(1); }
TEST(WasiChurn, ManyStoresOnManyThreads) { run(4); }

}  // namespace
}  // namespace ermine::churn
