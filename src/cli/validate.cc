// ermine validate: checks whether modules are valid.

#include <cstdio>

#include "cli/load.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "ermine/ermine.h"
#include "ermine/printable.h"

namespace ermine::cli {

int validate_main(Words words) {
  Options options("validate", "Check that modules and components are valid", "[OPTIONS] FILE...");
  Words files;
  bool quiet = false;
  Settings settings;
  options.arguments("FILE", files, "Modules or components, binary or text; - is standard input");
  options.flag("-q,--quiet", quiet, "Say nothing about valid ones");
  add_settings(options, settings, Takers::kValidating);
  options.exit_codes("0 if all are valid, 1 if one is not or cannot be read");
  options.example("ermine validate app.wasm add.wat");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  const Precautions& precautions = settings.precautions;
  if (int code = precautions.set_bounds(); code != kOk) return code;
  Engine engine(settings.config);
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
