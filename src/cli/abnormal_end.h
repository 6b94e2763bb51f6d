// Handles abnormal ends of the command that no error value can report: memory exhaustion, and bugs. Each has a message
// and an exit code of its own, because a shell reports an aborted process as 134, like a guest's trap.
#pragma once

namespace ermine::cli {

// Handles SIGABRT. An exception that is not caught ends there as well.
void watch_for_aborts();

}  // namespace ermine::cli
