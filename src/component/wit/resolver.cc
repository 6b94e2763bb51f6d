// See resolver.h.
#include "component/wit/resolver.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/format.h"
#include "component/wit/limits.h"
#include "component/wit/order.h"
#include "component/wit/package_resolver.h"
#include "component/wit/parser.h"

namespace ermine::component::wit {
namespace {

// The files of a group and the packages they define; the last is the one they all belong to.
struct ParsedGroup {
  std::vector<std::unique_ptr<syntax::File>> files;
  std::vector<PackageSyntax> packages;
};

Error too_much() {
  return Error(ErrorKind::kUnsupported, base::format("packages of more than {} bytes, or {} files, are not supported",
                                                     kMaxSourceBytes, kMaxFiles));
}

Result<ParsedGroup> parse_group(Sources& sources, InputGroup files) {
  std::sort(files.begin(), files.end(), [](const InputFile& a, const InputFile& b) { return a.name < b.name; });
  ParsedGroup group;
  PackageSyntax main;
  bool has_name = false;
  std::string first_name;
  for (InputFile& input : files) {
    if (first_name.empty()) first_name = input.name;
    const text::Source source = sources.add(std::move(input.name), std::move(input.text));
    if (source.text.data() == nullptr) return too_much();
    ERMINE_ASSIGN(syntax::File parsed, parse_file(sources, source));
    const auto& file = *group.files.emplace_back(std::make_unique<syntax::File>(std::move(parsed)));
    for (const syntax::NestedPackage& nested : file.nested)
      group.packages.push_back({nested.name, documentation(nested.comments), {&nested.items}});
    main.lists.push_back(&file.items);
    if (!file.package) continue;
    if (has_name && !(name_of(*file.package) == name_of(main.name)))
      return sources.error_at(
          file.package->space.at, 1,
          base::format("this file belongs to the package {}, but another one of the same folder to {}",
                       file.package->to_string(), main.name.to_string()),
          "the other one is " + sources.place(main.name.space.at));
    main.name = *file.package;
    has_name = true;
    std::string docs = documentation(file.comments);
    if (!docs.empty() && !main.docs.empty())
      return sources.error_at(main.name.space.at, 1, "two files document the package",
                              "only one of the files may have the comment");
    if (!docs.empty()) main.docs = std::move(docs);
  }
  if (!has_name)
    return Error(ErrorKind::kInvalid,
                 base::format("{:t}no file declares the package: one of them has 'package a:b;' at its beginning",
                              first_name.empty() ? "" : base::format("{}: ", first_name)));
  group.packages.push_back(std::move(main));
  return group;
}

// Packages after those they depend on.
Result<std::vector<uint32_t>> order_packages(const Sources& sources,
                                             const std::vector<const PackageSyntax*>& packages) {
  std::map<std::string, uint32_t> numbers;
  for (uint32_t i = 0; i < packages.size(); ++i) {
    const auto [found, is_new] = numbers.try_emplace(packages[i]->name.to_string(), i);
    if (!is_new)
      return sources.error_at(packages[i]->name.space.at, 1,
                              base::format("the package {} is defined twice", found->first),
                              "the other definition is " + sources.place(packages[found->second]->name.space.at));
  }
  std::vector<std::vector<uint32_t>> edges(packages.size());
  std::vector<std::vector<const syntax::PackageName*>> places(packages.size());
  for (uint32_t i = 0; i < packages.size(); ++i)
    for (const syntax::Items* list : packages[i]->lists)
      for (const syntax::PackageName* path : package_paths(*list))
        if (const auto found = numbers.find(path->to_string()); found != numbers.end()) {
          edges[i].push_back(found->second);
          places[i].push_back(path);
        }
  Order order = topological_order(edges);
  if (order.is_cyclic) {
    const syntax::PackageName& path = *places[order.node][order.edge];
    return sources.error_at(
        path.space.at, 1,
        base::format("the package {} depends on {}, which depends on it: dependencies of packages have no cycles",
                     packages[order.node]->name.to_string(), path.to_string()));
  }
  return std::move(order.nodes);
}

}  // namespace

Result<PackageId> add_packages(Resolve& resolve, InputGroup main, std::vector<InputGroup> dependencies,
                               const ResolveOptions& options) {
  Sources sources;
  std::vector<ParsedGroup> groups;
  ERMINE_ASSIGN(ParsedGroup parsed, parse_group(sources, std::move(main)));
  groups.push_back(std::move(parsed));
  for (InputGroup& files : dependencies) {
    ERMINE_ASSIGN(ParsedGroup dependency, parse_group(sources, std::move(files)));
    groups.push_back(std::move(dependency));
  }
  std::vector<const PackageSyntax*> packages;
  for (const ParsedGroup& group : groups)
    for (const PackageSyntax& package : group.packages) packages.push_back(&package);
  ResolveFacts facts(resolve);
  for (const PackageSyntax* package : packages)
    if (facts.packages.contains(package->name.to_string()))
      return sources.error_at(package->name.space.at, 1,
                              base::format("the package {} is known already", package->name.to_string()));

  ERMINE_ASSIGN(const std::vector<uint32_t> order, order_packages(sources, packages));
  for (const Package& package : resolve.packages) facts.known_packages.push_back(package.name);
  for (const PackageSyntax* package : packages) facts.known_packages.push_back(name_of(package->name));
  PackageId result;
  for (const uint32_t i : order) {
    ERMINE_ASSIGN(const PackageId id, PackageResolver(resolve, facts, sources, options).run(*packages[i]));
    if (packages[i] == &groups[0].packages.back()) result = id;
  }
  return result;
}

}  // namespace ermine::component::wit
