// ermine_reference [--check] DOCS: writes the files of the folder that are made from the descriptions of the commands,
// or checks that they are up to date.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>
#include <utility>

#include "cli/reference/reference.h"

namespace {

bool is_current(const char* path, const std::string& text) {
  std::ostringstream found;
  found << std::ifstream(path, std::ios::binary).rdbuf();
  if (found.str() == text) return true;
  std::fprintf(stderr, "%s is out of date; run `make reference`\n", path);
  return false;
}

bool write(const char* path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) std::fprintf(stderr, "cannot write %s\n", path);
  return !!file;
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc == 3 && std::string_view(argv[1]) == "--check";
  if (argc != 2 && !check) {
    std::fputs("usage: ermine_reference [--check] DOCS\n", stderr);
    return 2;
  }
  const ermine::cli::Reference reference = ermine::cli::collect_reference();
  const std::pair<const char*, std::string> files[] = {
      {"/reference/options.md", markdown(reference)},           {"/man/ermine.1", man_page(reference, ERMINE_VERSION)},
      {"/completions/ermine.bash", bash_completion(reference)}, {"/completions/_ermine", zsh_completion(reference)},
      {"/completions/ermine.fish", fish_completion(reference)},
  };
  int failed = 0;
  for (const auto& [name, text] : files) {
    const std::string path = std::string(argv[argc - 1]) + name;
    failed += check ? !is_current(path.c_str(), text) : !write(path.c_str(), text);
  }
  return failed != 0;
}
