#include "cli/option_kinds.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/format.h"
#include "base/suggestion.h"
#include "cli/quantities.h"
#include "wasm/features.h"

namespace ermine::cli {
namespace {

template <class T>
T require(std::optional<T> value, const Given& given, const char* like) {
  if (!value) throw BadOption{given.option, "'" + given.text + "' is not " + like};
  return *value;
}

bool is_on(const Given& given) {
  const std::string& text = given.text;
  if (text.empty() || text == "y" || text == "yes" || text == "true") return true;
  if (text == "n" || text == "no" || text == "false") return false;
  throw BadOption{given.option, "'" + text + "' is neither y nor n"};
}

[[noreturn]] void throw_out_of_range(const std::string& range, const Given& given) {
  throw BadOption{given.option, "'" + given.text + "' is out of its range: " + range};
}

std::string show_size(uint64_t value) {
  constexpr std::string_view kUnits[] = {"", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; unit + 1 < std::size(kUnits) && value != 0 && value % 1024 == 0; ++unit) value /= 1024;
  return std::to_string(value) + std::string(kUnits[unit]);
}

}  // namespace

void Switch::set(bool& field, const Given& given) { field = is_on(given); }
void Off::set(bool& field, const Given& given) { field = !is_on(given); }
void AlwaysOn::set(const bool&, const Given& given) {
  if (!is_on(given)) throw BadOption{given.option, "this cannot be switched off"};
}

void Count::set(uint64_t& field, const Given& given) {
  field = require(parse_count(given.text), given, "a whole number, as in 1000 or 1_000_000");
}
std::string Count::show(uint64_t value) { return value == UINT64_MAX ? "unlimited" : std::to_string(value); }

void Count32::set(uint32_t& field, const Given& given) {
  uint64_t count = 0;
  Count::set(count, given);
  field = static_cast<uint32_t>(std::min<uint64_t>(count, UINT32_MAX));
}

void Size::set(uint64_t& field, const Given& given) {
  field = require(parse_size(given.text), given, "a size, as in 65536, 64KiB or 2GiB");
}
std::string Size::show(uint64_t value) { return value == UINT64_MAX ? "unlimited" : show_size(value); }

void Duration::set(Type& field, const Given& given) {
  field = require(parse_duration(given.text), given, "a duration, as in 2s or 500ms");
}

void Duration::set_from(std::chrono::milliseconds least, Type& field, const Given& given) {
  Type value{};
  set(value, given);
  if (value < least) throw_out_of_range(show_least(least), given);
  field = value;
}
std::string Duration::show_least(std::chrono::milliseconds least) {
  return "at least " + std::to_string(least.count()) + "ms";
}

std::string Duration::show(Type value) {
  if (value == Type::max()) return "unlimited";
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

void check_target(wasi::net::Use use, const Given& given) {
  if (Result<wasi::net::Rule> rule = wasi::net::parse_rule(use, given.text); !rule)
    throw BadOption{given.option, rule.error().message()};
}
std::string target_type(wasi::net::Use use) {
  switch (use) {
    case wasi::net::Use::kLookup: return "HOST[+KIND]";
    case wasi::net::Use::kUdpListen: return "ADDRESS:PORT";
    case wasi::net::Use::kHttp: return "HOST[+KIND][:PORT]";
    default: return "HOST[+KIND]:PORT";
  }
}

std::string show_range(Config::Range range) {
  if (range.most == UINT64_MAX) return "at least " + show_size(range.least);
  return range.least == 0 ? "at most " + show_size(range.most)
                          : show_size(range.least) + " to " + show_size(range.most);
}
void check_range(Config::Range range, uint64_t value, const Given& given) {
  if (value >= range.least && value <= range.most) return;
  throw_out_of_range(show_range(range), given);
}

std::vector<Named<Tier>> tiers() {
  std::vector<Named<Tier>> all;
  for (const TierName& t : Config::tiers()) all.push_back({t.name, t.tier});
  return all;
}
std::vector<Named<uint32_t>> opt_levels() { return {{"0", 0}, {"1", 1}, {"2", 2}}; }
std::vector<Named<Profile>> profiles() { return {{"perfmap", Profile::kPerfMap}, {"jitdump", Profile::kJitDump}}; }
std::vector<Named<sandbox::Mode>> sandbox_modes() {
  using sandbox::Mode;
  return {{"required", Mode::kRequired}, {"best-effort", Mode::kBestEffort}, {"off", Mode::kOff}};
}
void throw_not_one_of(const std::vector<std::string_view>& names, const Given& given) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i)
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + std::string(names[i]);
  throw BadOption{given.option, "can be " + list + ", not '" + given.text + "'"};
}

std::optional<DirectoryGrant> parse_directory(std::string_view text) {
  DirectoryGrant d;
  if (text.ends_with(":ro") || text.ends_with(":rw")) {
    if (text.ends_with(":ro")) d.access = DirectoryAccess::kReadOnly;
    text.remove_suffix(3);
  }
  const size_t colons = text.find("::");
  d.host_path = text.substr(0, colons);
  d.guest_path = colons == text.npos ? text : text.substr(colons + 2);
  if (d.host_path.empty() || d.guest_path.empty() || d.guest_path.contains("::")) return std::nullopt;
  return d;
}

void Directories::set(Type& field, const Given& given) {
  DirectoryGrant d =
      require(parse_directory(given.text), given, "HOST or HOST::GUEST, with :ro or :rw at the end or without");
  // A colon may be a part of a name. In a name that does not exist it is rather a mistake.
  const bool renamed = d.guest_path != d.host_path;
  const std::string& last = renamed ? d.guest_path : d.host_path;
  const size_t colon = last.rfind(':');
  if (colon != last.npos && (renamed || access(d.host_path.c_str(), F_OK) != 0)) {
    const std::string after = last.substr(colon + 1);
    if (after.find('/') == after.npos && after.size() <= 3)
      throw BadOption{given.option, "':" + after + "' at the end of '" + given.text + "' is neither :ro nor :rw"};
    if (!renamed)
      throw BadOption{given.option, "there is no '" + d.host_path +
                                        "'; another name for the guest follows two colons: " +
                                        d.host_path.substr(0, colon) + "::" + after};
  }
  field.push_back(std::move(d));
}

void Environment::set(Type& field, const Given& given) {
  const size_t equals = given.text.find('=');
  if (equals == 0) throw BadOption{given.option, "'" + given.text + "' has no name"};
  std::string name = given.text.substr(0, equals);
  if (equals != std::string::npos) {
    field.emplace_back(name, given.text.substr(equals + 1));
  } else if (const char* value = std::getenv(name.c_str())) {
    field.emplace_back(name, value);
  }
}

void NamedFiles::set(Type& field, const Given& given) {
  const size_t equals = given.text.find('=');
  if (equals == std::string::npos || equals == 0) throw BadOption{given.option, "write NAME=FILE"};
  field.emplace_back(given.text.substr(0, equals), given.text.substr(equals + 1));
}

void NamedValues::set(Type& field, const Given& given) {
  const size_t equals = given.text.find('=');
  if (equals == std::string::npos || equals == 0) throw BadOption{given.option, "write NAME=VALUE"};
  field.emplace_back(given.text.substr(0, equals), given.text.substr(equals + 1));
}

// A name has no colon, and the kind of a URL no equals sign. What is no URL, the plug-in says.
void Stores::set(Type& field, const Given& given) {
  const std::string_view text = given.text;
  const size_t equals = text.find('=');
  if (equals < text.find(':')) add(field, text.substr(0, equals), text.substr(equals + 1));
  else add(field, {}, text);
}
void Stores::add(Type& field, std::string_view name, std::string_view url) {
  // Not emplace_back(): its code is longer.
  std::vector<KeyValueGrant> all(field.stores.size() + 1);
  std::ranges::move(field.stores, all.begin());
  all.back().name = name;
  all.back().url = url;
  field.stores.swap(all);
}
void DefaultStore::set(Type& field, const Given& given) {
  if (is_on(given)) Stores::add(field, {}, "memory:");
}

void LogNames::set(Logs& field, const Given& given) {
  if (given.text == "wasi") field.wasi = true;
  else if (given.text == "gc") field.gc = true;
  else throw_not_one_of({"wasi", "gc"}, given);
}

void set_feature(Config& config, std::string_view name, const Given& given) {
  const bool on = is_on(given);
  if (name == "all" || name == "all-proposals") {
    if (!on) throw BadOption{given.option, "only single proposals can be switched off"};
    return config.enable_all_features();
  }
  const std::vector<std::string_view> names = Config::feature_names();
  if (std::ranges::find(names, name) == names.end()) {
    const std::string meant = base::did_you_mean(name, names);
    throw BadOption{given.option, "there is no proposal '" + std::string(name) + "'" +
                                      (meant.empty() ? "; --features help lists them" : meant)};
  }
  if (Result<void> r = config.set_feature(name, on); !r) throw BadOption{given.option, r.error().message()};
}

void Features::set(Config& config, const Given& given) {
  each_pair(given.text, [&](std::string name, const std::string& value) {
    if (name == "help") throw HelpAsked{help_text(features_section(config))};
    const bool minus = name.starts_with('-');
    if (minus || name.starts_with('+')) name.erase(0, 1);
    const bool on = is_on({given.option, value}) != minus;
    set_feature(config, name, {given.option, on ? "y" : "n"});
  });
}

OptionSection features_section(const Config& config) {
  OptionSection section{"Proposals", {}};
  auto add = [&](const char* name, const char* help) {
    section.options.push_back({.names = name,
                               .help = help,
                               .initial = Switch::show(config.has_feature(name)),
                               .library = "Config::set_feature"});
  };
#define FEATURE(id, name, by_default, help) \
  if (wasm::Feature::id != wasm::Feature::Mvp) add(name, help);
#include "wasm/features.def"
#define FEATURE(id, name, by_default, help) add(name, help);
#include "wasm/component_features.def"
  return section;
}

}  // namespace ermine::cli
