#include "cli/sandbox/sandbox.h"

#include <sys/prctl.h>

#include "cli/sandbox/landlock.h"
#include "cli/sandbox/seccomp.h"

namespace ermine::cli::sandbox {
namespace {

// A sanitizer's runtime opens and inspects things of its own at the end.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ERMINE_SANITIZED 1
#endif
#endif
#ifdef ERMINE_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

Error refusal(const std::string& why) {
  return Error(ErrorKind::kUnsupported,
               "the process sandbox cannot be set up: " + why +
                   "; --sandbox=best-effort goes on with what can be had, --sandbox=off without");
}

// An error if the mode does not allow for how it went; perhaps a note.
Result<void> judge(const Part& part, const char* name, Mode mode, std::vector<std::string>& notes) {
  if (part.state == Part::kUp) return {};
  const std::string why = part.state == Part::kMissing ? std::string("this kernel has no ") + name
                                                       : std::string(name) + ": " + part.problem;
  if (mode == Mode::kRequired || (mode == Mode::kDefault && part.state == Part::kFailed)) return refusal(why);
  notes.push_back(why + "; the process sandbox does without");
  return {};
}

}  // namespace

Result<std::vector<std::string>> confine(const Policy& policy) {
  std::vector<std::string> notes;
  if (policy.mode == Mode::kOff || (!policy.landlock && !policy.seccomp)) return notes;
  if (kSanitized) {
    if (policy.mode == Mode::kRequired) return refusal("it is not in builds with sanitizers");
    return notes;
  }
  // Neither is to be had by an unprivileged process otherwise.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    ERMINE_TRY(judge(Part::failed(), "no_new_privs", policy.mode, notes));
    return notes;
  }
  if (policy.landlock) ERMINE_TRY(judge(restrict_files(policy.directories), "Landlock", policy.mode, notes));
  if (policy.seccomp) ERMINE_TRY(judge(filter_system_calls(policy), "seccomp", policy.mode, notes));
  return notes;
}

bool parse_mode(std::string_view text, Mode& mode) {
  if (text == "required") mode = Mode::kRequired;
  else if (text == "best-effort") mode = Mode::kBestEffort;
  else if (text == "off") mode = Mode::kOff;
  else return false;
  return true;
}

}  // namespace ermine::cli::sandbox
