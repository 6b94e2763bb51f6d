// From WIT texts to a Resolve: parses files, orders packages by their dependencies and resolves their names.
//
// The rules are those of WIT.md and, where it is silent, of wasm-tools' wit-parser:
// - One group of files (a folder, or a single file) is one package, which at least one of them names, and any number of
//   packages in braces. Names of interfaces and worlds are visible in all files of the package; those of a top-level
//   `use` only in its file.
// - A path with a package finds the package with exactly this version. Versions are never unified: two versions of a
//   package are two packages. A package that is defined twice, or is in the Resolve already, is an error, and so are
//   packages that depend on each other.
// - @since and @deprecated include an item always; @since needs a package with a version that is not lower. @unstable
//   includes it if the feature is enabled. What refers to an item that is left out must be left out as well.
// - Names are unique without regard to case within an interface, a world's imports, its exports, a package, parameters,
//   fields, cases and flags.
// - Comments directly before an item are its documentation, whatever their form.
//
// Different from wit-parser: names are unique everywhere without regard to case; a block comment loses its delimiters
// and its common indentation; an import keeps its own documentation and gates if another one that needs it comes first;
// @since of another package's world is dropped by `include` from everything that it copies, not only from interfaces;
// @external-id is refused where it would be lost (interfaces, worlds, includes).
#pragma once

#include <string>
#include <vector>

#include "component/wit/limits.h"
#include "component/wit/resolve.h"
#include "ermine/result.h"

namespace ermine::component::wit {

struct ResolveOptions {
  std::vector<std::string> features;  // enabled: @unstable(feature = …)
  bool all_features = false;
};

struct InputFile {
  std::string name;  // for messages
  std::string text;
};
// The files of one folder, or one file.
using InputGroup = std::vector<InputFile>;

// Adds the packages of all groups. The result is the package that `main` names. kMalformed or kInvalid with file, line,
// column and the line itself; kUnsupported beyond a limit (limits.h). After an error the Resolve must not be used.
Result<PackageId> add_packages(Resolve& resolve, InputGroup main, std::vector<InputGroup> dependencies = {},
                               const ResolveOptions& options = {});

// What is read for one package.
struct PackageFiles {
  InputGroup main;  // or one encoded package
  std::vector<InputGroup> dependencies;
  InputGroup encoded;  // dependencies that are encoded as components
};
// Reads the files of the package at a path, see add_path(), without looking into them. `limit`: of all bytes together;
// at most kMaxSourceBytes, except of a component.
Result<PackageFiles> read_path(const std::string& path, uint64_t limit = kMaxSourceBytes);
Result<PackageId> add_files(Resolve& resolve, PackageFiles files, const ResolveOptions& options = {});

// Adds the package at a path: a file, or a folder whose files *.wit are the package, and whose folder deps/ has
// packages it depends on, as files *.wit or folders of them. A file can be an encoded package, or any component in the
// binary form: see decode_component(). kIo if something cannot be read.
Result<PackageId> add_path(Resolve& resolve, const std::string& path, const ResolveOptions& options = {});

}  // namespace ermine::component::wit
