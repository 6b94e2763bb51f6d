// Hints: which flag grants what a program lacked, what provides a missing import.
#pragma once

#include <string>
#include <vector>

#include "cli/run_options.h"
#include "ermine/wasi.h"
#include "launch/launch.h"

namespace ermine::cli {

// Why a run was stopped and how to allow more; empty if there is no hint.
std::string hint_on_stop(const Error& error, const RunOptions& options);
// An argument of the program that is a file or directory of the host's, in no granted directory; otherwise empty. Reads
// the names of files: before the process is confined.
std::string ungranted_argument(const RunOptions& options);
// `end`: how the program ended.
std::vector<std::string> hints_on_refusals(const WasiRefusals& refusals, const Error& end);
// Which of the module's imports are missing, and what usually provides them.
// `launch` failed to instantiate its last module.
std::vector<std::string> hints_on_imports(const launch::Launch& launch, const RunOptions& options);
std::string no_such_function(const Module& module, const std::string& name);
// What a module is that no linker has finished, and what to do; empty for others.
std::string hint_on_unlinked(const Module& module);
// For a module without _start; empty if instantiating it was all there is to do.
std::string nothing_to_run(const Module& module);

}  // namespace ermine::cli
