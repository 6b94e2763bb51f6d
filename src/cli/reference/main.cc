// ermine_reference [--check] OPTIONS.md ERMINE.1: writes both files, or checks that they are up to date.
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

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
  const bool check = argc == 4 && std::string_view(argv[1]) == "--check";
  if (argc != 3 && !check) {
    std::fputs("usage: ermine_reference [--check] OPTIONS.md ERMINE.1\n", stderr);
    return 2;
  }
  const ermine::cli::Reference reference = ermine::cli::collect_reference();
  const std::string texts[] = {markdown(reference), man_page(reference, ERMINE_VERSION)};
  int failed = 0;
  for (int i = 0; i < 2; ++i) {
    const char* path = argv[argc - 2 + i];
    failed += check ? !is_current(path, texts[i]) : !write(path, texts[i]);
  }
  return failed != 0;
}
