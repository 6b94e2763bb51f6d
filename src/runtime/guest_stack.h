// GuestStack: memory for the frames of guests, inaccessible at both ends. A few are kept when they are no longer used,
// for the next store or execution of the process: to map one takes as long as everything else of a small instance.
// Those that are kept have no pages, so the next user finds zeros.
#pragma once

#include <cstdint>
#include <optional>

#include "platform/mapping.h"

namespace ermine::runtime {

class GuestStack {
 public:
  GuestStack() = default;
  GuestStack(GuestStack&&) noexcept = default;
  GuestStack& operator=(GuestStack&&) noexcept = default;
  ~GuestStack();
  // `bytes`: a multiple of the page size. Nothing if there is no memory. Thread-safe.
  static std::optional<GuestStack> take(uint64_t bytes);

  uint8_t* base() const { return mapping_.base(); }
  uint64_t size() const { return mapping_.size(); }

 private:
  explicit GuestStack(platform::Mapping mapping) : mapping_(std::move(mapping)) {}
  platform::Mapping mapping_;
};

}  // namespace ermine::runtime
