// ermine validate: checks whether modules are valid.

#include <cstdio>

#include "cli/load.h"
#include "cli/options.h"
#include "cli/run_options.h"
#include "ermine/ermine.h"
#include "ermine/printable.h"

namespace ermine::cli {

int validate_main(Words words) {
  Options options("Check that modules are valid.\nUsage: ermine validate [OPTIONS] FILE...", "validate");
  Words files;
  bool quiet = false;
  Config config;
  options.arguments("files", files, "Modules, binary or text; - is standard input", "FILE");
  options.flag("-q,--quiet", quiet, "Say nothing about valid ones");
  Precautions precautions;
  add_feature_options(options, config);
  precautions.add_to(options);
  options.exit_codes("0 if all are valid, 1 if one is not or cannot be read");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  if (int code = precautions.set_bounds(); code != kOk) return code;
  Engine engine(config);
  std::vector<Result<InputFile>> inputs;
  for (const std::string& file : files) inputs.push_back(InputFile::open(file));
  if (int code = precautions.confine_to_reading(); code != kOk) return code;

  int code = kOk;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::string& file = files[i];
    Result<InputFile> input = std::move(inputs[i]);  // closes it at the end of this iteration
    Progress progress("validating " + file);
    const Result<void> valid = input ? launch::validate_module(engine, *input, precautions.max_module_size)
                                     : Result<void>(std::move(input).error());
    if (valid) {
      if (!quiet) std::printf("%s: valid\n", printable(file).c_str());
      continue;
    }
    print_error(valid.error());
    code = kFailed;
  }
  return code;
}

}  // namespace ermine::cli
