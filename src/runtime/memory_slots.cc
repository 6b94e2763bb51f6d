#include "runtime/memory_slots.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace ermine::runtime {

namespace {

using platform::Mapping;

constexpr uint64_t kSlot = kSlotMemory + kSlotGuard;
constexpr uint64_t kGuardAbove = uint64_t{4} << 30;  // behind the last slot of a group
constexpr size_t kMostSlots = 64;
// In larger groups only the guards at the ends are sealed: every sealed part counts as a mapping, of which a process
// may have some 65,000.
constexpr size_t kMostSealed = 16;

class Slots final : public Mapping::Lender {
 public:
  std::optional<Mapping> take() {
    std::lock_guard lock(mutex_);
    if (free_.empty() && !add_group()) return std::nullopt;
    std::swap(free_[platform::random_below(free_.size())], free_.back());
    uint8_t* base = free_.back();
    free_.pop_back();
    return Mapping(base, kSlotMemory, this);
  }

  void take_back(uint8_t* base, uint64_t size, uint64_t used) override {
    Mapping slot(base, size, nullptr);
    // A slot that could not be emptied is not used again. (Only what was used is emptied: an emulator of user mode
    // takes time for each page.)
    const bool empty = slot.decommit(0, used);
    slot.release();
    if (!empty) return;
    std::lock_guard lock(mutex_);
    free_.push_back(base);
  }

 private:
  // Once there is no space for a group, it is not looked for again: a search that fails can take long.
  bool add_group() {
    for (size_t n = next_group_; n != 0; n /= 2) {
      auto group = Mapping::reserve(n * kSlot, {kGuardBelow, kGuardAbove});
      if (!group) {
        most_slots_ = next_group_ = n / 2;
        continue;
      }
      uint8_t* first = group->release();
      bool sealed = platform::seal(first - kGuardBelow, kGuardBelow);
      for (size_t i = 0; i < n; ++i) {
        uint8_t* base = first + i * kSlot;
        if (sealed && i + 1 < n && n <= kMostSealed) sealed = platform::seal(base + kSlotMemory, kSlotGuard);
        free_.push_back(base);
      }
      if (sealed) platform::seal(first + n * kSlot - kSlotGuard, kSlotGuard + kGuardAbove);
      next_group_ = std::min(n * 2, most_slots_);
      return true;
    }
    return false;
  }

  std::mutex mutex_;
  std::vector<uint8_t*> free_;  // possible beginnings of memories
  size_t next_group_ = 1, most_slots_ = kMostSlots;  // of the next group; of any further group
};

}  // namespace

std::optional<Mapping> take_memory_slot() {
  static Slots* const slots = new Slots;  // lives as long as the process: memories may outlast static objects
  return slots->take();
}

}  // namespace ermine::runtime
