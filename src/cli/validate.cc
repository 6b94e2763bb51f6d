// ermine validate: are these modules valid?

#include <cstdio>

#include "cli/load.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "ermine/ermine.h"

namespace ermine::cli {

int validate_main(Words words) {
  Options options("Check that modules are valid.\nUsage: ermine validate [OPTIONS] FILE...", "validate");
  Words files;
  bool quiet = false;
  Config config;
  options.arguments("files", files, "Modules, binary or text; - is standard input", "FILE");
  options.flag("-q,--quiet", quiet, "Say nothing about valid ones");
  add_feature_options(options, config);
  options.footer("\nExit codes: 0 if all are valid, 1 if one is not or cannot be read.\n");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  Engine engine(config);
  int code = kOk;
  for (const std::string& file : files) {
    Result<std::vector<uint8_t>> bytes = read_module_bytes(file);
    Progress progress("validating " + file);
    Result<void> result = bytes ? Module::validate(engine, *bytes) : Result<void>(std::move(bytes).error());
    if (result) {
      if (!quiet) std::printf("%s: valid\n", file.c_str());
      continue;
    }
    print_error(std::move(result.error()).with_context(file));
    code = kFailed;
  }
  return code;
}

}  // namespace ermine::cli
