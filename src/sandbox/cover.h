// Finds the shortest test of whether a number is one of a set: some numbers are compared, one instruction for each, and
// others are bits of a window of 32 numbers, two instructions for each window, three if it does not begin at the end of
// the window before it. Works at compile time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ermine::sandbox {

class Cover {
 public:
  static constexpr uint32_t kWidth = 32;
  static constexpr uint32_t kMostNumbers = 512;  // greater than the greatest system call

  struct Window {
    uint32_t begin = 0;
    uint32_t bits = 0;  // of number n: that of n % 32, wherever the window begins
    bool after_gap = false;
  };

  constexpr explicit Cover(std::span<const uint16_t> sorted) : numbers_(sorted) {
    uint32_t end = 0;
    size_t at = 0;
    while (at < numbers_.size()) {
      const Choice choice = best_from(end);
      while (at < choice.first) single_[single_count_++] = numbers_[at++];
      if (at == numbers_.size()) break;
      Window& window = windows_[window_count_++];
      window = {choice.begin, 0, choice.begin != end};
      end = choice.begin + kWidth;
      for (; at < numbers_.size() && numbers_[at] < end; ++at) window.bits |= 1u << (numbers_[at] % kWidth);
    }
  }
  Cover(const Cover&) = delete;
  Cover& operator=(const Cover&) = delete;

  constexpr std::span<const uint16_t> single() const { return {single_.data(), single_count_}; }
  constexpr std::span<const Window> windows() const { return {windows_.data(), window_count_}; }

 private:
  struct Choice {
    uint16_t cost = 0;  // for all numbers that are not in a window yet; 0: not known
    uint16_t first = 0;  // the index of the first number that is in the next window; those before it are single
    uint16_t begin = 0;  // of the next window
  };

  // What is best after a window that ends there.
  constexpr Choice best_from(uint32_t end) {
    Choice& best = known_[end];
    if (best.cost != 0) return best;
    const auto size = static_cast<uint16_t>(numbers_.size());
    const auto from = static_cast<uint16_t>(std::ranges::lower_bound(numbers_, end) - numbers_.begin());
    Choice found{static_cast<uint16_t>(size - from), size, 0};
    const auto consider = [&](uint16_t first, uint32_t begin) {
      const int cost = first - from + (begin == end ? 2 : 3) + best_from(begin + kWidth).cost;
      if (cost < found.cost) found = {static_cast<uint16_t>(cost), first, static_cast<uint16_t>(begin)};
    };
    if (from < size && numbers_[from] < end + kWidth) consider(from, end);
    for (uint16_t i = from; i < size; ++i) consider(i, numbers_[i]);
    return best = found;
  }

  std::span<const uint16_t> numbers_;
  std::array<Choice, kMostNumbers + kWidth> known_{};
  std::array<uint16_t, kMostNumbers> single_{};
  std::array<Window, kMostNumbers / kWidth + 1> windows_{};
  size_t single_count_ = 0, window_count_ = 0;
};

}  // namespace ermine::sandbox
