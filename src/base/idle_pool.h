// IdlePool: objects that are costly to make and used by one thread at a time: those not in use wait here for the next
// who needs one. Thread-safe. There are never more than were in use at once.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace ermine::base {

template <class T>
class IdlePool {
 public:
  // Null: none is idle; make one, and give it back afterwards.
  std::unique_ptr<T> take() {
    std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    auto one = std::move(idle_.back());
    idle_.pop_back();
    return one;
  }
  void give_back(std::unique_ptr<T> one) {
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(one));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> idle_;
};

}  // namespace ermine::base
