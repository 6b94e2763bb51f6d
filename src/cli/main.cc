// ermine: the command.
#include "cli/abnormal_end.h"
#include "cli/command.h"
#include "cli/standard_streams.h"

int main(int argc, char** argv) {
  if (!ermine::cli::open_closed_streams()) return ermine::cli::kFailed;  // there is no stream for a message
  ermine::cli::watch_for_aborts();
  ermine::cli::Words words(argv + 1, argv + argc);
  return ermine::cli::finish_output(ermine::cli::dispatch(std::move(words)));
}
