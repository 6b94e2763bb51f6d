// Numbers in the forms of a command line. Each function returns nothing for any other text, and the largest number for
// a larger one, which for a limit is as good as none.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ermine::cli {

std::optional<uint64_t> parse_count(std::string_view text);  // "1000", "1_000", "0x10"
// "65536", "64k", "64KiB", "1M", "2GiB": powers of 1024.
std::optional<uint64_t> parse_size(std::string_view text);
// "500ms", "2s", "1.5s", "3m", "1h"; a bare number is seconds.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

}  // namespace ermine::cli
