// What the verifiers refuse is counted and reported (CodeOptions::report_bug). Thread-safe.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/module_code.h"

namespace ermine::verify {

class Refusals {
 public:
  // `what` of code, for messages: "machine code". Both must outlive this object.
  Refusals(const runtime::CodeOptions& options, std::string_view what) : options_(options), what_(what) {}

  // Whether the function's code may be run, since its problem is empty. Otherwise it is reported. No problem: code
  // cannot be verified here, which is reported once, with the reason.
  bool allow(uint32_t func_index, const std::optional<std::string>& problem, std::string_view why_not_verified);

 private:
  void report(std::string_view message) const;

  const runtime::CodeOptions& options_;
  const std::string_view what_;
  std::atomic<bool> told_ = false;
};

}  // namespace ermine::verify
