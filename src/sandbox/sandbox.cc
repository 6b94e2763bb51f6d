#include "sandbox/sandbox.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>

#include "sandbox/landlock.h"
#include "sandbox/seccomp.h"
#include "wasi/host/path_arguments.h"

namespace ermine::sandbox {
namespace {

// A sanitizer's runtime opens and inspects files of its own at the end.
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
  return Error(ErrorKind::kUnsupported, "the process sandbox cannot be set up: " + why);
}

// An error if the mode does not accept this result; perhaps a warning.
Result<void> judge(const Part& part, const char* name, Mode mode, std::vector<std::string>& warnings) {
  if (part.state == Part::kUp) return {};
  const std::string why = part.state == Part::kMissing ? std::string("this kernel has no ") + name
                                                       : std::string(name) + ": " + part.problem;
  if (mode == Mode::kRequired || (mode == Mode::kDefault && part.state == Part::kFailed)) return refusal(why);
  warnings.push_back(why + "; the process sandbox is set up without it");
  return {};
}

}  // namespace

bool confines(const Policy& policy) { return policy.mode != Mode::kOff && (policy.landlock || policy.seccomp); }

bool has_landlock(const Policy& policy) { return confines(policy) && policy.landlock && landlock_version() > 0; }

Result<std::vector<std::string>> confine(const Policy& wanted) {
  std::vector<std::string> warnings;
  if (!confines(wanted)) return warnings;
  Policy policy = wanted;
  // The filter does not see which files are opened.
  if (!has_landlock(policy)) policy.libraries.clear();
  // Names of files are looked up by requests that the filter can distinguish from others.
  std::optional<wasi::host::PathArguments> paths;
  if (policy.seccomp && !policy.directories.empty()) {
    paths = wasi::host::fix_path_arguments();
    if (!paths) return Error(ErrorKind::kLimit, "out of memory");
  }
  if (kSanitized) {
    if (policy.mode == Mode::kRequired) return refusal("it is not available in builds with sanitizers");
    return warnings;
  }
  // Otherwise an unprivileged process may set up neither of the two.
  if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    ERMINE_TRY(judge(Part::failed(), "no_new_privs", policy.mode, warnings));
    return warnings;
  }
  if (policy.landlock) ERMINE_TRY(judge(restrict_files(policy), "Landlock", policy.mode, warnings));
  if (policy.seccomp) ERMINE_TRY(judge(filter_system_calls(policy, paths), "seccomp", policy.mode, warnings));
  return warnings;
}

bool parse_mode(std::string_view text, Mode& mode) {
  if (text == "required") mode = Mode::kRequired;
  else if (text == "best-effort") mode = Mode::kBestEffort;
  else if (text == "off") mode = Mode::kOff;
  else return false;
  return true;
}

}  // namespace ermine::sandbox
