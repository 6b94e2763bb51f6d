// Names of hosts, in the one form in which they are granted, compared and looked up: ASCII, lower case, without a dot
// at the end.
#pragma once

#include <string>
#include <string_view>

#include "ermine/result.h"

namespace ermine::wasi::net {

enum class NameError : uint8_t {
  kNone,
  kMalformed,
  kNotAscii,  // a name with letters of other alphabets, and the library that converts it is not there
};

// The name in that form. kMalformed also for what the system's resolver would take as an address although it is in none
// of the standard forms, such as "0x7f.1", "127.1" or "2130706433".
//
// Letters outside of ASCII are converted as IDNA 2008 says, by libidn2, which is opened at the first such name. A
// process that is confined cannot open it; with `convert` false, these names are kNotAscii.
NameError normalise_name(std::string_view text, bool convert, std::string& out);

// Whether a normalised name is the one of this machine, which has the same addresses everywhere (RFC 6761).
inline bool is_localhost(std::string_view name) { return name == "localhost"; }

}  // namespace ermine::wasi::net
