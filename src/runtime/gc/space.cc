#include "runtime/gc/space.h"

#include <algorithm>
#include <cstring>

namespace ermine::runtime::gc {

namespace {
// Minimal number of pages committed at a time.
constexpr uint32_t kCommitStep = 256;
constexpr uint64_t kReferences = uint64_t{1} << 32;  // the range of 32 bits
constexpr uint64_t kMostFieldOffset = 1 << 20;       // a struct has 10,000 fields at most
// The top of the address range stays free, so that an object's end is below 4 GiB.
constexpr uint64_t kMostPages = kReferences / kPageSize - kPagesPerBlock;
}  // namespace

bool Space::open(uint64_t bytes) {
  const uint64_t wanted = (bytes + kBlockSize - 1) / kBlockSize * kPagesPerBlock + kPagesPerBlock;
  pages_ = static_cast<uint32_t>(std::clamp<uint64_t>(wanted, 2 * kPagesPerBlock, kMostPages));
  // Everything that a wrong reference can reach, with the offset of a field or with its sign extended, is inaccessible.
  auto region = platform::Mapping::reserve(size(), {kReferences, kReferences - size() + kMostFieldOffset});
  if (!region) region = platform::Mapping::reserve(size());
  auto table = platform::Mapping::reserve(pages_);
  if (!region || !table || !table->commit(0, pages_)) return false;
  region_ = *std::move(region);
  table_mapping_ = *std::move(table);
  table_ = table_mapping_.base();
  committed_low_ = 0;
  committed_high_ = pages_;
  add_run(kPagesPerBlock, pages_ - kPagesPerBlock);
  return true;
}

void Space::add_run(uint32_t first, uint32_t count) {
  runs_.emplace(first, count);
  by_length_.emplace(count, first);
}

void Space::remove_run(Runs::iterator run) {
  by_length_.erase({run->second, run->first});
  runs_.erase(run);
}

bool Space::commit(uint32_t first, uint32_t count) {
  const uint32_t end = first + count;
  if (end <= committed_low_ || first >= committed_high_) return true;
  const bool low = first < committed_low_ || first - committed_low_ < committed_high_ - std::min(end, committed_high_);
  if (low) {
    const uint32_t to = std::min(std::max(end, committed_low_ + kCommitStep), std::max(end, committed_high_));
    if (!region_.commit(uint64_t{committed_low_} * kPageSize, uint64_t{to - committed_low_} * kPageSize)) return false;
    committed_low_ = to;
  } else {
    const uint32_t step = committed_high_ > kCommitStep ? committed_high_ - kCommitStep : 0;
    const uint32_t from = std::max(std::min(first, step), std::min(first, committed_low_));
    if (!region_.commit(uint64_t{from} * kPageSize, uint64_t{committed_high_ - from} * kPageSize)) return false;
    committed_high_ = from;
  }
  return true;
}

// Zeroes the pages that have the flag, stretches of them at once.
template <uint8_t flag>
void Space::zero_pages(uint32_t first, uint32_t count) {
  for (uint32_t page = first; page < first + count;) {
    uint32_t end = page;
    while (end < first + count && (table_[end] & flag)) ++end;
    if (end > page) std::memset(base() + uint64_t{page} * kPageSize, 0, uint64_t{end - page} * kPageSize);
    page = end + 1;
  }
}

bool Space::take(Runs::iterator run, uint32_t first, uint32_t count, PageKind kind, bool zeroed) {
  if (!commit(first, count)) return false;
  const auto [start, length] = *run;
  remove_run(run);
  if (first > start) add_run(start, first - start);
  if (start + length > first + count) add_run(first + count, start + length - first - count);
  used_pages_ += count;
  const uint8_t kinds = static_cast<uint8_t>(kind == PageKind::kBlock ? kind : PageKind::kLargeRest) | kDirty;
  if (zeroed) {
    zero_pages<kDirty>(first, count);
    std::memset(table_ + first, kinds, count);
  } else {
    for (uint32_t page = first; page < first + count; ++page)
      table_[page] = kinds | (table_[page] & kDirty ? kStale : 0);
  }
  if (kind == PageKind::kLargeHead)
    table_[first] = static_cast<uint8_t>((table_[first] & ~kKindMask) | static_cast<uint8_t>(kind));
  return true;
}

void Space::zero(uint32_t offset, uint64_t bytes) {
  const uint32_t first = offset / kPageSize;
  const auto count = static_cast<uint32_t>((bytes + kPageSize - 1) / kPageSize);
  zero_pages<kStale>(first, count);
  for (uint32_t page = first; page < first + count; ++page) table_[page] &= static_cast<uint8_t>(~kStale);
}

uint32_t Space::take_block() {
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    const auto [start, length] = *run;
    const uint32_t aligned = (start + kPagesPerBlock - 1) / kPagesPerBlock * kPagesPerBlock;
    if (aligned + kPagesPerBlock > start + length) continue;
    return take(run, aligned, kPagesPerBlock, PageKind::kBlock, true) ? aligned * kPageSize : 0;
  }
  return 0;
}

uint32_t Space::take_large(uint64_t bytes, bool zeroed) {
  const uint64_t count = (bytes + kPageSize - 1) / kPageSize;
  if (count > pages_) return 0;
  auto fit = by_length_.lower_bound({static_cast<uint32_t>(count), 0});
  if (fit == by_length_.end()) return 0;
  // The highest of the shortest runs that are large enough.
  fit = std::prev(by_length_.upper_bound({fit->first, ~uint32_t{0}}));
  const auto [length, start] = *fit;
  const uint32_t first = start + length - static_cast<uint32_t>(count);
  return take(runs_.find(start), first, static_cast<uint32_t>(count), PageKind::kLargeHead, zeroed) ? first * kPageSize
                                                                                                    : 0;
}

void Space::give_back(uint32_t offset, uint64_t bytes) {
  uint32_t first = offset / kPageSize;
  auto count = static_cast<uint32_t>((bytes + kPageSize - 1) / kPageSize);
  used_pages_ -= count;
  std::memset(table_ + first, static_cast<uint8_t>(PageKind::kFree) | kDirty, count);
  auto next = runs_.lower_bound(first);
  if (next != runs_.end() && next->first == first + count) {
    count += next->second;
    auto gone = next++;
    remove_run(gone);
  }
  if (next != runs_.begin()) {
    auto before = std::prev(next);
    if (before->first + before->second == first) {
      first = before->first;
      count += before->second;
      remove_run(before);
    }
  }
  add_run(first, count);
}

void Space::discard(uint64_t keep) {
  // From the high end, where blocks are taken last.
  for (auto run = runs_.begin(); run != runs_.end(); ++run) {
    const uint32_t end = run->first + run->second;
    for (uint32_t page = run->first; page < end;) {
      if (!(table_[page] & kDirty)) {
        ++page;
        continue;
      }
      uint32_t to = page;
      while (to < end && (table_[to] & kDirty)) ++to;
      const uint64_t kept = std::min<uint64_t>(keep / kPageSize, to - page);
      keep -= kept * kPageSize;
      page += static_cast<uint32_t>(kept);
      if (page < to && region_.discard(uint64_t{page} * kPageSize, uint64_t{to - page} * kPageSize)) {
        std::memset(table_ + page, static_cast<uint8_t>(PageKind::kFree), to - page);
      }
      page = to;
    }
  }
}

}  // namespace ermine::runtime::gc
