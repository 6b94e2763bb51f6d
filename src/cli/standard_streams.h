// Descriptors 0, 1 and 2.
#pragma once

namespace ermine::cli {

// Where the command was started with one of them closed, the next file that it opens would take its place, and be a
// guest's standard stream. They are opened on /dev/null for the other direction, so that whoever reads from or writes
// to them is told EBADF as before. False if that is not to be had. Before anything is opened.
bool open_closed_streams();

}  // namespace ermine::cli
