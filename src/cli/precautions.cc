#include "cli/precautions.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "cli/deadline.h"
#include "cli/quantities.h"

namespace ermine::cli {

void Precautions::add_to(Options& options) {
  options.value(
      "--timeout", [this](const std::string& text) { timeout = duration_of("--timeout", text); },
      "Stop after this time, wherever it is", "TIME");
  options.value(
      "--max-module-size", [this](const std::string& text) { max_module_size = size_of("--max-module-size", text); },
      "Most bytes that are read of a file, binary or text (1GiB)", "SIZE");
  options.value(
      "--max-process-memory",
      [this](const std::string& text) { max_process_memory = size_of("--max-process-memory", text); },
      "Most memory of the whole process, of the engine as of a program", "SIZE");
  options.value(
      "--sandbox",
      [this](const std::string& text) {
        if (!sandbox::parse_mode(text, mode))
          throw BadOption{"--sandbox", "can be required, best-effort or off, not '" + text + "'"};
      },
      "Whether the process confines itself (Landlock, seccomp) before it looks at a module: required, or it refuses to "
      "go on; best-effort; off. By default what the kernel has is required",
      "MODE");
  options.flag("--no-landlock", landlock, "The process sandbox without Landlock: files are not confined", false);
  options.flag("--no-seccomp", seccomp, "The process sandbox without seccomp: system calls are not confined", false);
}

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

int Precautions::confine_to_running(bool machine_code, std::span<const sandbox::Directory> directories) const {
  sandbox::Policy policy;
  policy.runs_guests = true;
  policy.machine_code = machine_code;
  policy.directories.assign(directories.begin(), directories.end());
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
                "; --sandbox=best-effort goes on with what can be had, --sandbox=off without");
    return kNoSandbox;
  }
  for (const std::string& warning : *warnings) print_note(warning);
  return kOk;
}

}  // namespace ermine::cli
