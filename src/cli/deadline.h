// --timeout while no guest runs: opening, reading, decoding, printing. Nothing of these looks at a clock or could be
// taken up again, so when the time is over the process says so and ends, wherever it is.
#pragma once

#include <chrono>

namespace ermine::cli {

// From now on. A process that was forked since has to call go_on_with_deadline().
void start_deadline(std::chrono::nanoseconds timeout);
void go_on_with_deadline();
// Of a process that only waits for another, which has the deadline.
void drop_deadline();
// A guest's store looks after the time from here on: what is left of it.
std::chrono::nanoseconds hand_deadline_over();

}  // namespace ermine::cli
