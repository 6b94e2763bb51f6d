#include "tiering/background.h"

#include <algorithm>

#include "tiering/machine_tiers.h"

namespace ermine::tiering {

BackgroundCompiler::~BackgroundCompiler() {
  {
    std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundCompiler::add(MachineTiers& code, Function& f, Level level, uint32_t entry) {
  if ((f.compiling.load(std::memory_order_relaxed) >> level & 1) != 0 || code.has_failed(f, level, entry)) return;
  std::lock_guard lock(mutex_);
  for (const Job& j : jobs_)
    if (j.function == &f && j.level == level && j.entry == entry) return;
  jobs_.push_back({&code, &f, level, entry});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  wake_.notify_one();
}

void BackgroundCompiler::forget(const MachineTiers& code) {
  std::unique_lock lock(mutex_);
  std::erase_if(jobs_, [&](const Job& j) { return j.code == &code; });
  done_.wait(lock, [&] { return current_ != &code; });
}

void BackgroundCompiler::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return ends_ || !jobs_.empty(); });
    if (ends_) return;
    const Job job = jobs_.front();
    jobs_.pop_front();
    current_ = job.code;
    lock.unlock();
    job.code->compile(*job.function, job.level, job.entry);
    lock.lock();
    current_ = nullptr;
    done_.notify_all();
  }
}

}  // namespace ermine::tiering
