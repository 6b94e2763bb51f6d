// Opens the library's plug-ins. For the library itself.
#pragma once

#include <string>

#include "ermine/result.h"

namespace ermine {

struct PluginFile {
  const char* purpose;  // the beginning of messages: "HTTP needs"
  const char* file;
  const char* entry;  // the name of its function
  const char* install;  // the end of messages: when it is built, and what it needs
};

// Its entry. `named`: another file to open, or empty: then the file is beside the running program, as it is built and
// installed, or where the system searches. It stays open. kUnsupported: it cannot be opened. A file without the entry
// is of_another_version().
Result<void*> open_plugin(const PluginFile& plugin, const std::string& named = {});
Error of_another_version(const PluginFile& plugin);
// Its file beside the running program; empty: it is not there.
std::string file_beside_program(const PluginFile& plugin);

}  // namespace ermine
