#include "cli/load.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "ermine/printable.h"

namespace ermine::cli {

struct Progress::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  std::thread thread;
};

Progress::Progress(std::string label) {
  if (!isatty(STDERR_FILENO)) return;
  shared_ = std::make_unique<Shared>();
  shared_->thread = std::thread([s = shared_.get(), label = printable(label)] {
    std::unique_lock lock(s->mutex);
    bool shown = false;
    int seconds = 0;
    while (!s->changed.wait_for(lock, std::chrono::seconds(1), [s] { return s->done; })) {
      std::fprintf(stderr, "\r%s … %d s", label.c_str(), ++seconds);
      std::fflush(stderr);
      shown = true;
    }
    if (shown) std::fputs("\r\x1b[K", stderr);
  });
}

Progress::~Progress() {
  if (!shared_) return;
  {
    std::lock_guard lock(shared_->mutex);
    shared_->done = true;
  }
  shared_->changed.notify_one();
  shared_->thread.join();
}

}  // namespace ermine::cli
