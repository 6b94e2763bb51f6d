// Included first by every public header: with an older language only this error is printed, and not what follows from
// it.
#pragma once

#if __cplusplus < 202002L
#error "Ermine's headers need C++20: compile with -std=c++20 or newer"
#include <needs_cpp20>  // does not exist: compilers end here
#endif
