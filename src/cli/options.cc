#include "cli/options.h"

#include <algorithm>
#include <deque>
#include <istream>
#include <ostream>

// CLI11 includes <iostream>, which initialises streams and locales at start. It writes to them only from what is not
// used here; so it gets the declarations alone.
#define _GLIBCXX_IOSTREAM 1
namespace std {
extern istream cin;
extern ostream cout, cerr, clog;
}  // namespace std
#include <CLI/CLI.hpp>

#include "ermine/printable.h"

namespace ermine::cli {

namespace {

// A group, and the functions that take the values of its members.
struct Members {
  OptionGroup info;
  struct Member {
    std::string_view names;  // "tcplisten,listen"
    Options::Take take;
  };
  std::vector<Member> members;
};

void print_help(const CommandInfo& command) { print_text(help_text(command)); }

// Calls `take`. Its exception becomes one of CLI11.
void call(const Options::Take& take, const std::string& option, const std::string& text) {
  try {
    take({option, text});
  } catch (const BadOption& bad) { throw CLI::ValidationError(bad.option, bad.message); }
}

bool has_name(std::string_view names, std::string_view name) {
  for (size_t at = 0; at <= names.size();) {
    const size_t comma = std::min(names.find(',', at), names.size());
    if (names.substr(at, comma - at) == name) return true;
    at = comma + 1;
  }
  return false;
}

// The name for messages: the last, which is the long one.
std::string main_name(std::string_view names) { return std::string(names.substr(names.rfind(',') + 1)); }

void take_members(const Members& group, const Given& given) {
  each_pair(given.text, [&](const std::string& name, const std::string& value) {
    if (name == "help") throw HelpAsked{help_text(group.info)};
    const std::string option = given.option + " " + name;
    for (const auto& [names, take] : group.members)
      if (has_name(names, name)) return take({option, value});
    throw BadOption{option, "there is no such option; " + given.option + " help lists them"};
  });
}

}  // namespace

void (*Options::on_help)(const CommandInfo& command) = print_help;

struct Options::Impl {
  CLI::App app;
  CommandInfo info;
  std::deque<Members> groups = {};

  Members& group(char letter) {
    for (Members& g : groups)
      if (g.info.letter == letter) return g;
    groups.emplace_back().info.letter = letter;
    return groups.back();
  }
};

Options::Options(const char* name, const char* summary, const char* synopsis)
    : impl_(new Impl{CLI::App("", name), {.name = name, .summary = summary, .synopsis = synopsis}}) {
  help_flag("-h,--help");
}
Options::~Options() = default;

void Options::argument(const char* name, std::string& to, const char* help) {
  describe_argument(name, help);
  impl_->app.add_option(name, to)->required();
}

void Options::arguments(const char* name, Words& to, const char* help) {
  describe_argument(name, help);
  impl_->app.add_option(name, to)->required();
}

void Options::describe_argument(const char* name, const char* help) {
  impl_->info.arguments.push_back({.names = name, .help = help});
}

void Options::section(const char* title) { impl_->info.sections.push_back({title, {}}); }

void Options::add(OptionInfo info, Take take) {
  const std::string names(info.names);
  if (info.type.empty()) {
    impl_->app.add_flag_callback(names,
                                 [take = std::move(take), names = info.names] { call(take, main_name(names), {}); });
  } else {
    auto each = [take = std::move(take), names = info.names](const Words& all) {
      for (const std::string& one : all) call(take, main_name(names), one);
    };
    CLI::Option* option = impl_->app.add_option_function<Words>(names, std::move(each))->expected(1);
    if (info.repeats) option->take_all();
    else option->take_last();
  }
  if (impl_->info.sections.empty()) section("Options");
  impl_->info.sections.back().options.push_back(std::move(info));
}

void Options::value(const char* names, std::string& to, const char* help, const char* type) {
  add({.names = names, .type = type, .help = help}, [&to](const Given& given) { to = given.text; });
}

void Options::values(const char* names, Words& to, const char* help, const char* type) {
  add({.names = names, .type = type, .help = help, .repeats = true},
      [&to](const Given& given) { to.push_back(given.text); });
}

void Options::flag(const char* names, bool& to, const char* help, bool value) {
  add({.names = names, .help = help}, [&to, value](const Given&) { to = value; });
}

void Options::group(const char* name, const char* title, const char* help) {
  Members& members = impl_->group(name[1]);
  members.info.title = title;
  add({.names = name, .type = "NAME=VALUE,...", .help = help, .repeats = true},
      [&members](const Given& given) { take_members(members, given); });
}

void Options::add_member(char letter, const char* section, OptionInfo info, Take take) {
  Members& members = impl_->group(letter);
  members.members.push_back({info.names, std::move(take)});
  auto& sections = members.info.sections;
  auto found = std::ranges::find(sections, section, &OptionSection::title);
  if (found == sections.end()) found = sections.insert(found, {section, {}});
  found->options.push_back(std::move(info));
}

void Options::help_flag(const char* names) { impl_->app.set_help_flag(names); }
void Options::notes(const char* text) { impl_->info.notes = text; }
void Options::exit_codes(const char* own) { impl_->info.exit_codes = own; }
void Options::example(const char* line) { impl_->info.examples.push_back(line); }

Parsed Options::parse(Words words) {
  try {
    // CLI11 takes them last first.
    impl_->app.parse(Words(words.rbegin(), words.rend()));
    return {};
  } catch (const CLI::CallForHelp&) {
    for (const Members& group : impl_->groups) impl_->info.groups.push_back(group.info);
    on_help(impl_->info);
    return {true, kOk};
  } catch (const HelpAsked& asked) {
    print_text(asked.text);
    return {true, kOk};
  } catch (const CLI::ParseError& e) {
    print_error(printable(e.what()));
    print_note("ermine " + impl_->app.get_name() + " --help lists the options");
    return {true, kUsage};
  }
}

bool Options::takes_value(const std::string& name) const {
  const CLI::Option* option = impl_->app.get_option_no_throw(name);
  return option != nullptr && option->get_expected_min() > 0;
}

void each_pair(const std::string& text, const std::function<void(const std::string&, const std::string&)>& f) {
  size_t at = 0;
  while (at <= text.size()) {
    const size_t comma = std::min(text.find(',', at), text.size());
    const std::string one = text.substr(at, comma - at);
    at = comma + 1;
    if (one.empty()) continue;
    const size_t equals = one.find('=');
    f(one.substr(0, equals), equals == one.npos ? std::string() : one.substr(equals + 1));
  }
}

}  // namespace ermine::cli
