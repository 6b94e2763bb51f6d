#include "cli/options.h"
#include "ermine/printable.h"

#include <cstdio>
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

#include "cli/quantities.h"

namespace ermine::cli {

struct Options::Impl {
  CLI::App app;
  std::string exit_codes = {}, footer = {};
};

namespace {

void take(const Options::Take& to, const std::string& value) {
  try {
    to(value);
  } catch (const BadOption& bad) { throw CLI::ValidationError(bad.option, bad.message); }
}

template <class T>
T require(std::optional<T> value, const std::string& option, const std::string& text, const char* like) {
  if (!value) throw BadOption{option, "'" + text + "' is not " + like};
  return *value;
}

}  // namespace

uint64_t count_of(const std::string& option, const std::string& text) {
  return require(parse_count(text), option, text, "a number");
}
uint64_t size_of(const std::string& option, const std::string& text) {
  return require(parse_size(text), option, text, "a size, as in 65536, 64KiB or 2GiB");
}
std::chrono::nanoseconds duration_of(const std::string& option, const std::string& text) {
  return require(parse_duration(text), option, text, "a duration, as in 2s or 500ms");
}

Options::Options(const char* description, const char* name) : impl_(new Impl{CLI::App(description, name)}) {}
Options::~Options() = default;

void Options::argument(const char* name, std::string& to, const char* help, const char* type) {
  impl_->app.add_option(name, to, help)->required()->type_name(type);
}

void Options::arguments(const char* name, Words& to, const char* help, const char* type) {
  impl_->app.add_option(name, to, help)->required()->type_name(type);
}

void Options::value(const char* names, std::string& to, const char* help, const char* type) {
  impl_->app.add_option(names, to, help)->type_name(type);
}

void Options::value(const char* names, Take to, const char* help, const char* type) {
  impl_->app
      .add_option_function<std::string>(
          names, [to = std::move(to)](const std::string& one) { take(to, one); }, help)
      ->type_name(type)
      ->expected(1)
      ->take_last();
}

void Options::values(const char* names, Take to, const char* help, const char* type) {
  impl_->app
      .add_option_function<Words>(
          names,
          [to = std::move(to)](const Words& all) {
            for (const std::string& one : all) take(to, one);
          },
          help)
      ->type_name(type)
      ->expected(1)
      ->take_all();
}

void Options::flag(const char* names, bool& to, const char* help, bool value) {
  impl_->app.add_flag_callback(names, [&to, value] { to = value; }, help);
}

void Options::help_flag(const char* names, const char* help) { impl_->app.set_help_flag(names, help); }
void Options::exit_codes(const char* own) { impl_->exit_codes = own; }
void Options::footer(const char* text) { impl_->footer = text; }

Parsed Options::parse(Words words) {
  try {
    // CLI11 takes them last first.
    impl_->app.parse(Words(words.rbegin(), words.rend()));
    return {};
  } catch (const CLI::CallForHelp&) {
    std::string help =
        impl_->app.help() + "\nExit codes: " + impl_->exit_codes + ";\n" + kCommonExitCodes + impl_->footer;
    std::fwrite(help.data(), 1, help.size(), stdout);
    return {true, kOk};
  } catch (const CLI::ParseError& e) {
    print_error(printable(e.what()));
    print_note("ermine " + impl_->app.get_name() + " --help lists the options");
    return {true, kUsage};
  }
}

bool Options::given(const char* name) const { return impl_->app.count(name) != 0; }

bool Options::takes_value(const std::string& name) const {
  const CLI::Option* option = impl_->app.get_option_no_throw(name);
  return option != nullptr && option->get_expected_min() > 0;
}

}  // namespace ermine::cli
