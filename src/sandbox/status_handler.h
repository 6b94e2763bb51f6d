// The status of a descriptor in a confined process. Some C libraries ask for it by newfstatat with an empty path, and a
// filter cannot see that the path is empty: with another one, the call would answer for every file of the system. So
// the filter sends a signal instead (SECCOMP_RET_TRAP), and the handler makes the call fstat, if the path is empty.
#pragma once

namespace ermine::sandbox {

// Sets the handler up, for all threads. False: the system has refused, errno says why.
bool handle_status_calls();

}  // namespace ermine::sandbox
