// Errors as values. An Error says what went wrong, where, and (in its message) what to do about it. It is one pointer
// wide; a moved-from or default Error is empty. Errors are immutable once they leave the engine and may be read by
// several threads. Names from a guest in them are printable() (ermine/printable.h): of bounded length, and harmless to
// a terminal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ermine/detail/language.h"

namespace ermine {

// What kind of error it is.
enum class ErrorKind : uint8_t {
  kMalformed,    // the bytes or the text are not a module
  kInvalid,      // the module breaks a validation rule
  kUnsupported,  // a feature that is switched off or not implemented, or an implementation limit
  kLink,         // an import is missing or has the wrong type
  kTrap,         // execution trapped; see trap() and backtrace()
  kException,    // a WebAssembly exception reached the host; see backtrace()
  kLimit,        // a limit the embedder set was reached (memory, fuel, deadline, ...)
  kExit,         // the guest asked to exit (WASI proc_exit); see exit_code()
  kIo,           // the host's file or network layer failed
  kUsage,        // the embedder's call was wrong: type mismatch, foreign store, ...
};

// Why WebAssembly trapped: a row of ermine/traps.def each.
enum class TrapCode : uint8_t {
  kNone = 0,
#define TRAP(id, text) id,
#include "ermine/traps.def"
};

// The specification's wording, for instance "integer divide by zero". Static storage.
std::string_view trap_message(TrapCode code);

// The limit that was reached, set by the embedder, so that programs that run others can name it in their own terms.
enum class Limit : uint8_t {
  kNone = 0,  // none of these: the system's resources are exhausted, or more is not supported
#define LIMIT(id, setting) id,
#include "ermine/limits.def"
};

// How it is set, for instance "StoreLimits::memory_bytes"; empty for kNone. Static storage.
std::string_view limit_setting(Limit limit);

// One WebAssembly frame of a backtrace, innermost first.
struct FrameInfo {
  uint32_t func_index = 0;
  // Both as printable() makes them (ermine/printable.h).
  std::string func_name;    // from the name section or the exports; empty if unknown
  std::string module_name;  // as given to Module::compile; may be empty
  uint64_t offset = 0;      // byte offset of the instruction in the module
  uint64_t func_offset = 0;  // the same in the function's body, which begins with the declarations of its locals
};

// What went wrong, where, and what to do about it.
class [[nodiscard]] Error {
 public:
  static constexpr uint64_t kNoOffset = ~uint64_t{0};

  Error() = default;
  Error(ErrorKind kind, std::string message, uint64_t offset = kNoOffset);
  static Error trap(TrapCode code, std::string detail = {});
  static Error exit(int32_t code);
  Error(Error&&) noexcept = default;
  Error& operator=(Error&&) noexcept = default;
  Error clone() const;

  explicit operator bool() const { return detail_ != nullptr; }
  ErrorKind kind() const { return detail_->kind; }
  // Without position; to_string() adds the position, the backtrace, and how a limit is set.
  const std::string& message() const { return detail_->message; }
  // Byte offset in the binary, or kNoOffset.
  uint64_t offset() const { return detail_->offset; }
  TrapCode trap_code() const { return detail_->trap; }
  int32_t exit_code() const { return detail_->exit_code; }
  // For errors of kind kLimit, for traps that are limits (stack, collected heap, fuel, deadline), and for modules that
  // are too large.
  Limit limit() const { return detail_->limit; }
  const std::vector<FrameInfo>& backtrace() const { return detail_->backtrace; }
  // The message, then limit_setting() in parentheses, then "at offset 0x…" if known, then one line per frame. Frames
  // that recursion repeats are shown once, with their number.
  std::string to_string() const;

  // Builders, for code that makes errors.
  Error&& with_backtrace(std::vector<FrameInfo> frames) &&;
  Error&& with_limit(Limit limit) &&;
  // Adds this to the offset, for a module inside a larger binary.
  Error&& with_offset_moved(uint64_t by) &&;
  // Prepends "context: " to the message; the context is made printable().
  Error&& with_context(std::string_view context) &&;

 private:
  struct Detail {
    ErrorKind kind;
    TrapCode trap = TrapCode::kNone;
    Limit limit = Limit::kNone;
    int32_t exit_code = 0;
    uint64_t offset = kNoOffset;
    std::string message;
    std::vector<FrameInfo> backtrace;
  };
  std::unique_ptr<Detail> detail_;
};

}  // namespace ermine
