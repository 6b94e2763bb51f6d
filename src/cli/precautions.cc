#include "cli/precautions.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "cli/command.h"
#include "cli/deadline.h"

namespace ermine::cli {

int Precautions::set_bounds() const {
  if (max_process_memory) {
    rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) == 0 &&
        (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > *max_process_memory)) {
      limit.rlim_cur = *max_process_memory;
      if (setrlimit(RLIMIT_DATA, &limit) != 0) {
        print_error(std::string("--max-process-memory cannot be set: ") + std::strerror(errno));
        return kFailed;
      }
    }
  }
  if (timeout) start_deadline(*timeout);
  return kOk;
}

int Precautions::confine_to_reading() const { return confine({}); }

int Precautions::confine_to_compiling() const {
  sandbox::Policy policy;
  policy.runs_guests = policy.machine_code = true;
  return confine(std::move(policy));
}

int Precautions::confine_to_running(const Engine& engine, std::span<const sandbox::Directory> directories,
                                    const sandbox::NetworkPolicy& network) const {
  sandbox::Policy policy;
  policy.runs_guests = true;
  policy.machine_code = engine.config().tier != Tier::kInterp;
  policy.directories.assign(directories.begin(), directories.end());
  policy.network = network;
  policy.mode = mode, policy.landlock = landlock, policy.seccomp = seccomp;
  if (sandbox::has_landlock(policy)) policy.libraries = engine.late_libraries();
  if (sandbox::confines(policy) && policy.libraries.empty())
    if (Result<void> opened = engine.open_libraries(); !opened) return fail(opened.error());
  return confine(std::move(policy));
}

int Precautions::confine(sandbox::Policy policy) const {
  policy.mode = mode;
  policy.landlock = landlock;
  policy.seccomp = seccomp;
  Result<std::vector<std::string>> warnings = sandbox::confine(policy);
  if (!warnings && warnings.error().kind() == ErrorKind::kLimit) {
    print_error(warnings.error());
    return kOutOfMemory;
  }
  if (!warnings) {
    print_error(warnings.error().message() +
                "; --sandbox=best-effort continues with what is available, --sandbox=off without");
    return kNoSandbox;
  }
  for (const std::string& warning : *warnings) print_note(warning);
  return kOk;
}

}  // namespace ermine::cli
