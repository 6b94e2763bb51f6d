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

#include "base/suggestion.h"
#include "cli/config_file.h"
#include "cli/wasmtime_options.h"
#include "ermine/printable.h"

namespace ermine::cli {

namespace {

// The functions that take the values of options, by the options' names.
struct Taker {
  std::string_view names;  // "-o,--output"; of members of a group "tcplisten,listen"
  Options::Take take;
  bool has_value = true, repeats = false;
};

// A group, and the functions that take the values of its members.
struct Members {
  OptionGroup info;
  std::string_view names;  // "-W,--wasm"
  std::vector<Taker> members;
};

void print_help(const CommandInfo& command) { print_text(help_text(command)); }

// Calls `take`. Its exception becomes one of CLI11.
void call(const Options::Take& take, const std::string& option, const std::string& text) {
  try {
    take({option, text});
  } catch (const BadOption& bad) { throw CLI::ValidationError(bad.option, bad.message); }
}

template <class F>
void each_name(std::string_view names, F f) {
  for (size_t at = 0; at <= names.size();) {
    const size_t comma = std::min(names.find(',', at), names.size());
    f(names.substr(at, comma - at));
    at = comma + 1;
  }
}

bool has_name(std::string_view names, std::string_view name) {
  bool has = false;
  each_name(names, [&](std::string_view one) { has = has || one == name; });
  return has;
}

// Whether a word of the command line may be the option, perhaps with its value, or with other short options.
bool may_name(std::string_view word, std::string_view names) {
  if (word.size() < 2 || word[0] != '-') return false;
  if (word[1] == '-') return has_name(names, word.substr(0, word.find('=')));
  return names.size() > 1 && names[1] != '-' && word.find(names[1]) != word.npos;
}

// The name for messages: the last, which is the long one; of a group the first.
std::string main_name(std::string_view names) { return std::string(names.substr(names.rfind(',') + 1)); }
std::string group_name(const Members& group) { return std::string("-") + group.info.letter; }

std::vector<std::string_view> all_names(const std::vector<Taker>& takers) {
  std::vector<std::string_view> names;
  for (const Taker& t : takers) each_name(t.names, [&](std::string_view one) { names.push_back(one); });
  return names;
}

void take_member(const Members& group, const std::string& name, const std::string& value) {
  if (name == "help") throw HelpAsked{help_text(group.info)};
  const std::string option = group_name(group) + " " + name;
  for (const Taker& t : group.members)
    if (has_name(t.names, name)) return t.take({option, value});
  if (std::string about = about_wasmtime_option(group.info.letter, name); !about.empty())
    throw BadOption{option, std::move(about)};
  const std::string meant = base::did_you_mean(name, all_names(group.members));
  throw BadOption{option,
                  "there is no such option" + (meant.empty() ? "; " + group_name(group) + " help lists them" : meant)};
}

}  // namespace

void (*Options::on_help)(const CommandInfo& command) = print_help;

struct Options::Impl {
  CLI::App app;
  CommandInfo info;
  std::deque<Members> groups = {};
  std::vector<Taker> takers = {};
  std::vector<Taker> refused = {};

  // Describes an option to CLI11.
  void describe(const Taker& t) {
    const std::string names(t.names);
    if (!t.has_value) {
      app.add_flag_callback(names, [&t] { call(t.take, main_name(t.names), {}); });
      return;
    }
    auto each = [&t](const Words& all) {
      for (const std::string& one : all) call(t.take, main_name(t.names), one);
    };
    CLI::Option* option = app.add_option_function<Words>(names, std::move(each))->expected(1)->allow_extra_args(false);
    if (t.repeats) option->take_all();
    else option->take_last();
  }

  Members& group(char letter) {
    for (Members& g : groups)
      if (g.info.letter == letter) return g;
    groups.emplace_back().info.letter = letter;
    return groups.back();
  }

  // A value from a configuration file: of an option, or of a member if `table` is the long name of a group.
  void take(const std::string& table, const std::string& name, const std::string& value) {
    if (table.empty()) {
      if (name == "config") throw BadOption{name, "a file cannot name another one"};
      for (const Taker& t : takers) {
        if (!has_name(t.names, "--" + name)) continue;
        if (t.has_value) t.take({name, value});
        else if (value == "y") t.take({name, {}});
        else if (value != "n") throw BadOption{name, "can be true or false, not '" + value + "'"};
        return;
      }
      std::vector<std::string_view> names;
      for (std::string_view n : all_names(takers))
        if (n.starts_with("--")) names.push_back(n.substr(2));
      throw BadOption{name, "there is no such option" + base::did_you_mean(name, names)};
    }
    std::vector<std::string_view> tables;
    for (const Members& group : groups) {
      if (has_name(group.names, "--" + table)) return take_member(group, name, value);
      tables.push_back(std::string_view(group.names).substr(group.names.find("--") + 2));
    }
    throw BadOption{"[" + table + "]", "there is no such table" + base::did_you_mean(table, tables)};
  }

  // The message for words that are neither options nor arguments of the command.
  std::string unexpected(const Words& words) const {
    const std::string& word = words.front();
    const std::string name = word.substr(0, word.starts_with('-') ? word.find('=') : word.npos);
    if (!word.starts_with('-')) return "unexpected argument '" + word + "'";
    if (const std::string about = about_wasmtime_option(0, name); !about.empty()) return name + ": " + about;
    std::vector<std::string_view> names = all_names(takers);
    names.insert(names.end(), {"--help", "--version"});
    std::string meant = base::did_you_mean(name, names);
    // Perhaps it belongs within a group: --max-memory-size for -W max-memory-size.
    for (size_t i = 0; i < groups.size() && meant.empty(); ++i)
      if (const std::string_view near = base::nearest(name, all_names(groups[i].members)); !near.empty())
        meant = "; did you mean '" + group_name(groups[i]) + " " + std::string(near) + "'?";
    return "there is no option '" + name + "'" + meant;
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
  impl_->takers.push_back({info.names, std::move(take), !info.type.empty(), info.repeats});
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

void Options::refuse(const char* names, Take why) { impl_->refused.push_back({names, std::move(why), true, true}); }

void Options::group(const char* names, const char* title, const char* help) {
  Members& members = impl_->group(names[1]);
  members.info.title = title;
  members.names = names;
  add({.names = names, .type = "NAME=VALUE,...", .help = help, .repeats = true}, [&members](const Given& given) {
    each_pair(given.text,
              [&](const std::string& name, const std::string& value) { take_member(members, name, value); });
  });
}

void Options::config_file(const char* name, const char* help) {
  // CLI11 calls the functions of options in the order in which they were added, so this one is before all others.
  add({.names = name, .type = "FILE", .help = help}, [this](const Given& given) {
    auto take = [&](const std::string& table, const std::string& key, const std::string& value) {
      try {
        impl_->take(table, key, value);
      } catch (const BadOption& bad) { throw BadOption{given.text + ": " + bad.option, bad.message}; }
    };
    read_config_file(given.option, given.text, take);
  });
}

void Options::add_member(char letter, const char* section, OptionInfo info, Take take) {
  Members& members = impl_->group(letter);
  members.members.push_back({info.names, std::move(take), !info.type.empty(), info.repeats});
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
  // Only those that occur: describing all to CLI11 takes longer than starting a small program.
  for (const std::vector<Taker>* list : {&impl_->takers, &impl_->refused})
    for (const Taker& t : *list)
      if (std::ranges::any_of(words, [&t](const std::string& word) { return may_name(word, t.names); }))
        impl_->describe(t);
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
    const Words left = impl_->app.remaining();
    const bool extra = e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !left.empty();
    print_error(printable(extra ? impl_->unexpected(left) : e.what()));
    print_note("ermine " + impl_->app.get_name() + " --help lists the options");
    return {true, kUsage};
  }
}

bool Options::takes_value(const std::string& name) const {
  for (const std::vector<Taker>* list : {&impl_->takers, &impl_->refused})
    for (const Taker& t : *list)
      if (t.has_value && has_name(t.names, name)) return true;
  return false;
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
