#include "cli/version.h"

#include <string>

#include "cli/command.h"
#include "ermine/config.h"

namespace ermine::cli {

void print_version() {
  std::string text = "ermine " ERMINE_VERSION "\n";
  text += "tiers:";
  for (const TierName& t : Config::tiers()) text += (&t == Config::tiers().data() ? " " : ", ") + std::string(t.name);
  text += "\n";
#ifdef ERMINE_HAS_TEXT
  text += "text format: yes\n";
#else
  text += "text format: no\n";
#endif
#ifdef ERMINE_HAS_COMPONENT
  text += "components: yes\nwasi: preview 1, unstable, 0.2, 0.3\nproposals:";
#else
  text += "components: no\nwasi: preview 1, unstable\nproposals:";
#endif
  Config config;
  size_t column = 10;
  for (std::string_view name : Config::feature_names()) {
    std::string one = std::string(config.has_feature(name) ? " " : " -") + std::string(name);
    if (column + one.size() > 100) {
      text += "\n          ";
      column = 10;
    }
    text += one;
    column += one.size();
  }
  text += "\n  (a - stands before those that are off unless asked for)\n";
#if defined(__x86_64__)
  const char* target = "x86-64";
#elif defined(__aarch64__)
  const char* target = "aarch64";
#endif
  text += std::string("built for ") + target + " Linux by clang " + __clang_version__ + "\n";
  print_text(text);
}

}  // namespace ermine::cli
