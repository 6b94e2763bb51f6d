// IdlePool keeps objects that are costly to make and used by one thread at a time. Idle objects wait here for the next
// use. Thread-safe. The pool never has more objects than were in use at once.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

namespace ermine::base {

template <class T>
class IdlePool {
 public:
  // Null: no object is idle; make one, and return it to the pool afterwards.
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
