// The page of `ermine explore`: one HTML file that needs nothing else. Functions are in it as data, a block each,
// which the page's script turns into rows only when the function is looked at; it writes text, never markup, and
// what guests name cannot end a block.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "explore/explorer.h"

namespace ermine::explore {

struct PageOptions {
  std::string_view title;
  // The functions to be in it; null: all for which there is room.
  std::function<bool(const Explorer::Function&)> wanted;
  // What to do to see another one, whose number takes the place of {}.
  std::string_view others;
  uint64_t max_bytes = 64u << 20;  // with all wanted: functions are left out where it would become larger
};

struct PageSummary {
  uint32_t functions = 0, shown = 0;
  bool full = false;  // some were left out for want of room
};

// Takes the page piece by piece; returns false to stop.
using PageSink = std::function<bool(std::string_view)>;

Result<PageSummary> write_page(Explorer& explorer, const PageOptions& options, const PageSink& sink);

}  // namespace ermine::explore
