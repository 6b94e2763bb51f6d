// What the plug-in calls in the library that opened it. library.cc defines the functions themselves, which pass it on.
#pragma once

#include "wasi/keyvalue/plugin.h"

namespace ermine::wasi::keyvalue {

// Before everything else; once is enough.
void set_library(const Library& library);

}  // namespace ermine::wasi::keyvalue
