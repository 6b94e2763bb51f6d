// See select.h.
#include "component/wit/select.h"

#include "base/format.h"
#include "base/suggestion.h"

namespace ermine::component::wit {
namespace {

Error none(std::string message) { return Error(ErrorKind::kUsage, std::move(message)); }

std::string listed(const std::vector<std::string_view>& names) {
  std::string out;
  for (const std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

Result<WorldId> world_of(const Package& package, std::string_view name) {
  if (const WorldId* found = package.worlds.find(name)) return *found;
  return none(base::format("the package {} has no world '{}'{:t}", package.name.to_string(), name,
                           base::did_you_mean(name, package.worlds.names())));
}

}  // namespace

Result<WorldId> select_world(const Resolve& resolve, PackageId package, std::string_view name) {
  const Package& main = resolve[package];
  if (name.empty()) {
    if (main.worlds.size() == 1) return main.worlds.begin()->value;
    if (main.worlds.empty()) return none(base::format("the package {} has no world", main.name.to_string()));
    return none(base::format("the package {} has several worlds ({}); say which one is meant", main.name.to_string(),
                             listed(main.worlds.names())));
  }
  const size_t slash = name.find('/');
  if (slash == name.npos) return world_of(main, name);

  const std::string_view wanted = name.substr(0, slash);
  std::string_view world = name.substr(slash + 1), version;
  const size_t at = world.find('@');
  if (at != world.npos) {
    version = world.substr(at + 1);
    world = world.substr(0, at);
  }
  std::vector<const Package*> found;
  std::vector<std::string> names;
  for (const Package& p : resolve.packages) {
    if (p.name.space + ":" + p.name.name != wanted) continue;
    names.push_back(p.name.to_string());
    if (at == name.npos || version.empty() || (p.name.version && p.name.version->to_string() == version))
      found.push_back(&p);
  }
  if (found.size() == 1) return world_of(*found[0], world);
  const std::string known = listed({names.begin(), names.end()});
  if (names.empty()) return none(base::format("there is no package {}", wanted));
  if (found.empty()) return none(base::format("there is no version {} of the package, but {}", version, known));
  return none(base::format("there are several versions of the package ({}); say which one is meant: {}/{}@…", known,
                           wanted, world));
}

}  // namespace ermine::component::wit
