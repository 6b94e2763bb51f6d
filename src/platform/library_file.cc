#include "ermine/detail/library_file.h"

#include <dlfcn.h>
#include <unistd.h>

#include "ermine/printable.h"

namespace ermine {

std::string file_beside_program(const PluginFile& plugin) {
  char program[4096];
  const ssize_t n = readlink("/proc/self/exe", program, sizeof program);
  if (n <= 0 || n >= static_cast<ssize_t>(sizeof program)) return {};
  std::string path(program, static_cast<size_t>(n));
  path.resize(path.rfind('/'));
  (path += "/../lib/") += plugin.file;
  return access(path.c_str(), R_OK) == 0 ? path : std::string();
}

Result<void*> open_plugin(const PluginFile& plugin, const std::string& named) {
  const std::string path = named.empty() ? file_beside_program(plugin) : named;
  void* const library = dlopen(path.empty() ? plugin.file : path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr)
    return Error(ErrorKind::kUnsupported, std::string(plugin.purpose) + " the plug-in " + plugin.file + ": " +
                                              printable(dlerror()) + "; " + plugin.install);
  void* const entry = dlsym(library, plugin.entry);
  if (entry == nullptr) return of_another_version(plugin);
  return entry;
}

Error of_another_version(const PluginFile& plugin) {
  return Error(ErrorKind::kUnsupported,
               std::string("the plug-in ") + plugin.file + " is of another version: install the one of this ermine");
}

}  // namespace ermine
