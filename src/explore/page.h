// The page of `ermine explore`: one self-contained HTML file. Functions are in it as data, one block each, which the
// page's script turns into rows when the function is displayed. The script writes text, never markup, and names from
// guests cannot end a block.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "explore/explorer.h"

namespace ermine::explore {

struct PageOptions {
  std::string_view title;
  // The functions to include; null: all that fit.
  std::function<bool(const Explorer::Function&)> wanted;
  // How to see another function, whose number replaces {}.
  std::string_view others;
  uint64_t max_bytes = 64u << 20;  // including the functions: those that would make it larger are left out
};

struct PageSummary {
  uint32_t functions = 0, shown = 0;
  bool full = false;  // some were left out because there was no room
};

// Takes the page piece by piece; returns false to stop.
using PageSink = std::function<bool(std::string_view)>;

Result<PageSummary> write_page(Explorer& explorer, const PageOptions& options, const PageSink& sink);

}  // namespace ermine::explore
