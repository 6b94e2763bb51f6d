// --timeout while no guest runs: opening, reading, decoding, printing. None of these checks a clock or could be
// resumed, so when the time is over the process prints a message and ends, wherever it is.
#pragma once

#include <chrono>

namespace ermine::cli {

// Starts now. A forked process must call go_on_with_deadline().
void start_deadline(std::chrono::nanoseconds timeout);
void go_on_with_deadline();
// For a process that only waits for another one, which has the deadline.
void drop_deadline();
// From here on a guest's store checks the time: returns the rest.
std::chrono::nanoseconds hand_deadline_over();

}  // namespace ermine::cli
