// ermine::Error, out of line: errors are rare, so their code stays out of the hot code.
#include "ermine/error.h"

#include <cstdio>
#include <cstdlib>

#include "base/fixed_text.h"
#include "base/format.h"
#include "ermine/result.h"

namespace ermine {

namespace {
constexpr base::FixedText<47> kTrapMessages[] = {
    "no trap",
#define TRAP(id, text) text,
#include "ermine/traps.def"
};
constexpr base::FixedText<50> kLimitSettings[] = {
    "",
#define LIMIT(id, setting) setting,
#include "ermine/limits.def"
};

Limit limit_of(TrapCode code) {
  switch (code) {
    case TrapCode::kCallStackExhausted: return Limit::kStackBytes;
    case TrapCode::kGcHeapExhausted: return Limit::kGcHeapBytes;
    case TrapCode::kOutOfFuel: return Limit::kFuel;
    default: return Limit::kNone;
  }
}
}  // namespace

std::string_view limit_setting(Limit limit) {
  auto i = static_cast<size_t>(limit);
  return i < std::size(kLimitSettings) ? kLimitSettings[i].view() : "";
}

std::string_view trap_message(TrapCode code) {
  auto i = static_cast<size_t>(code);
  return i < std::size(kTrapMessages) ? kTrapMessages[i].view() : "unknown trap";
}

Error::Error(ErrorKind kind, std::string message, uint64_t offset) : detail_(new Detail) {
  detail_->kind = kind;
  detail_->message = std::move(message);
  detail_->offset = offset;
}

Error Error::trap(TrapCode code, std::string detail) {
  std::string message(trap_message(code));
  if (!detail.empty()) message += ": " + detail;
  Error error(ErrorKind::kTrap, std::move(message));
  error.detail_->trap = code;
  error.detail_->limit = limit_of(code);
  return error;
}

Error Error::exit(int32_t code) {
  Error error(ErrorKind::kExit, base::format("exit with code {}", code));
  error.detail_->exit_code = code;
  return error;
}

Error Error::clone() const {
  Error copy;
  if (detail_) copy.detail_ = std::make_unique<Detail>(*detail_);
  return copy;
}

namespace {

void append_frame(std::string& out, size_t number, const FrameInfo& frame) {
  out += base::format("\n  {}: 0x{:x} - {}{}", number, frame.offset, frame.module_name,
                      frame.module_name.empty() ? "" : "!");
  out +=
      frame.func_name.empty() ? base::format("<function {}>", frame.func_index) : base::format("{}", frame.func_name);
}

bool is_same(const FrameInfo& a, const FrameInfo& b) {
  return a.func_index == b.func_index && a.offset == b.offset && a.module_name == b.module_name;
}

// A sequence of frames and the number of its consecutive repetitions.
struct Repetition {
  size_t frames, times;
};
// The shortest sequence at `at` that repeats at least kOften times; otherwise one frame.
Repetition repetition_at(const std::vector<FrameInfo>& frames, size_t at) {
  constexpr size_t kLongest = 8, kOften = 4;
  for (size_t n = 1; n <= kLongest; ++n) {
    size_t end = at + n;
    while (end < frames.size() && is_same(frames[end], frames[end - n])) ++end;
    if (const size_t times = (end - at) / n; times >= kOften) return {n, times};
  }
  return {1, 1};
}

}  // namespace

std::string Error::to_string() const {
  if (!detail_) return "no error";
  std::string out = detail_->message;
  // Not the limit of a program around the library, which is no part of the interface.
  if (const std::string_view setting = limit_setting(detail_->limit); setting.contains("::"))
    out += base::format(" ({})", setting);
  if (detail_->offset != kNoOffset) out += base::format(" at offset 0x{:x}", detail_->offset);
  const std::vector<FrameInfo>& frames = detail_->backtrace;
  for (size_t i = 0; i < frames.size();) {
    const Repetition r = repetition_at(frames, i);
    for (size_t n = 0; n < r.frames; ++n) append_frame(out, i + n, frames[i + n]);
    if (r.times > 1) {
      const std::string which = r.frames == 1 ? std::string("frame") : base::format("{} frames", r.frames);
      out += base::format("\n  … the {} above, {} more times", which, r.times - 1);
    }
    i += r.frames * r.times;
  }
  return out;
}

Error&& Error::with_backtrace(std::vector<FrameInfo> frames) && {
  detail_->backtrace = std::move(frames);
  return std::move(*this);
}

Error&& Error::with_limit(Limit limit) && {
  detail_->limit = limit;
  return std::move(*this);
}

Error&& Error::with_offset_moved(uint64_t by) && {
  if (detail_->offset != kNoOffset) detail_->offset += by;
  return std::move(*this);
}

Error&& Error::with_context(std::string_view context) && {
  detail_->message = base::format("{}: {:t}", context, detail_->message);
  return std::move(*this);
}

namespace detail {

void fail_unchecked_result(const Error& error) {
  const std::string what = error ? error.to_string() : "its value was moved away";
  std::fprintf(stderr, "ermine: a Result was used as if it had a value, but it has an error: %s\n", what.c_str());
  std::abort();
}

void fail_no_error() {
  std::fputs("ermine: error() of a Result that has a value\n", stderr);
  std::abort();
}

}  // namespace detail

}  // namespace ermine
