// Ends of the command that no error value leads to: memory that ran out, and bugs. Each says what it was and has an
// exit code of its own, because a shell shows a process that aborted as 134, as it does a guest's trap.
#pragma once

namespace ermine::cli {

// Takes over SIGABRT. What is thrown and not caught comes here by itself.
void watch_for_aborts();

}  // namespace ermine::cli
