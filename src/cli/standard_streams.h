// Descriptors 0, 1 and 2.
#pragma once

namespace ermine::cli {

// If the command was started with one of these closed, the next file that it opens would get its number and would be a
// guest's standard stream. So closed ones are opened on /dev/null for the other direction: reading from or writing to
// them fails with EBADF, as before. False if that is not possible. Call it before anything is opened.
bool open_closed_streams();

}  // namespace ermine::cli
