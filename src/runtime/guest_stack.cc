#include "runtime/guest_stack.h"

#include <array>
#include <mutex>
#include <utility>

#include "platform/thread_stack.h"

namespace ermine::runtime {

namespace {

using platform::Mapping;

class KeptStacks {
 public:
  std::optional<Mapping> take(uint64_t bytes) {
    std::lock_guard lock(mutex_);
    for (Mapping& kept : kept_)
      if (kept && kept.size() == bytes) return std::exchange(kept, Mapping());
    return std::nullopt;
  }
  void keep(Mapping mapping) {
    if (!mapping.discard(0, mapping.size())) return;
    std::lock_guard lock(mutex_);
    for (Mapping& place : kept_)
      if (!place) return std::swap(place, mapping);
    // All places are taken: the new one stands for the last, so that sizes that are no longer asked for make room.
    std::swap(kept_[next_++ % kept_.size()], mapping);
  }

 private:
  std::mutex mutex_;
  std::array<Mapping, 8> kept_;
  size_t next_ = 0;
};

// Lives as long as the process: stores may outlast static objects.
KeptStacks& kept_stacks() {
  static KeptStacks* const stacks = new KeptStacks;
  return *stacks;
}

}  // namespace

std::optional<GuestStack> GuestStack::take(uint64_t bytes) {
  if (auto kept = kept_stacks().take(bytes)) return GuestStack(*std::move(kept));
  auto mapping = Mapping::reserve(bytes, platform::kStackGuards);
  if (!mapping || !mapping->commit(0, bytes)) return std::nullopt;
  return GuestStack(*std::move(mapping));
}

GuestStack::~GuestStack() {
  if (mapping_) kept_stacks().keep(std::move(mapping_));
}

}  // namespace ermine::runtime
