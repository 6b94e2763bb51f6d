// "Did you mean": the known name that a mistyped one probably stands for.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ermine::base {

// The candidate that is nearest to `word`: one that it abbreviates, or that differs in few letters. Empty if none is
// near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);
// "; did you mean 'fuel'?", or nothing. For the end of a message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace ermine::base
