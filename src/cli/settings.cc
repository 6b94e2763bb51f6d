#include "cli/settings.h"

#include "cli/wasmtime_options.h"
#include "ermine/error.h"

namespace ermine::cli {
namespace {

using StackSize = Within<Size, Config::kMaxWasmStackRange>;
using HeapSize = Within<Size, Config::kMaxGcHeapRange>;
using CodeSize = Within<Size, Config::kCodeCacheSizeRange>;
using TierChoice = OneOf<Tier, tiers>;
using OptLevel = OneOf<uint32_t, opt_levels>;
using ProfileChoice = OneOf<Profile, profiles>;
using SandboxMode = OneOf<sandbox::Mode, sandbox_modes>;

OptionInfo info_of(const SettingRow& row, bool as_member) {
  const ErasedKind kind = row.field.kind();
  OptionInfo info{
      .names = as_member ? row.name : row.flag, .type = kind.type(), .help = row.help, .library = row.library};
  // The default of a flag is not shown: it is off.
  if (!info.type.empty() || as_member) info.initial = kind.show(row.field.at);
  if (kind.range != nullptr) info.range = kind.range();
  info.repeats = kind.repeats;
  return info;
}

}  // namespace

std::vector<SettingRow> setting_rows(Settings& s) {
  std::vector<SettingRow> rows;
  using enum Takers;
  using enum SettingRow::Kind;
  auto option = [&rows](Takers takers, const char* flag, char group, const char* name, const char* library,
                        const char* help, Field field) {
    rows.push_back({kOption, takers, group, "", flag, name, library, help, field});
  };
  auto without = [&rows](const char* library, const char* reason, void* at) {
    rows.push_back({.kind = kNoOption, .library = library, .help = reason, .field = {at}});
  };
#define SECTION(title_) rows.push_back({.kind = kSection, .title = title_});
#define GROUP(takers_, flag_, title_, help_) \
  rows.push_back({.kind = kGroup, .takers = takers_, .title = title_, .flag = flag_, .help = help_});
#define CONFIG(member, kind, takers, flag, group, name, help) \
  option(takers, flag, group, name, "Config::" #member, help, field<kind>(s.config.member));
#define LIMIT(member, kind, takers, flag, group, name, help) \
  option(takers, flag, group, name, "StoreLimits::" #member, help, field<kind>(s.limits.member));
#define OTHER(member, kind, takers, flag, group, name, help, library) \
  option(takers, flag, group, name, library, help, field<kind>(s.member));
#define NO_CONFIG(member, reason) without("Config::" #member, reason, &s.config.member);
#define NO_LIMIT(member, reason) without("StoreLimits::" #member, reason, &s.limits.member);
#include "cli/settings.def"
  return rows;
}

void add_settings(Options& options, Settings& settings, Takers takers) {
  const char* section = "";
  if (takers == Takers::kRun) {
    options.section("Options from a file");
    options.config_file("--config",
                        "Take options from a TOML file: long names at its top, those of groups in tables "
                        "such as [wasm]");
    refuse_wasmtime_groups(options);
  }
  for (const SettingRow& row : setting_rows(settings)) {
    if (row.kind == SettingRow::kSection) options.section(section = row.title);
    if (row.takers > takers) continue;
    if (row.kind == SettingRow::kGroup) options.group(row.flag, row.title, row.help);
    if (row.kind != SettingRow::kOption) continue;
    auto take = [field = row.field](const Given& given) { field.kind().set(field.at, given); };
    if (*row.flag != '\0') options.add(info_of(row, false), take);
    if (row.group != 0 && takers >= Takers::kExecuting)
      options.add_member(row.group, section, info_of(row, true), take);
  }
  if (takers < Takers::kExecuting) return;
  for (OptionInfo& proposal : features_section(settings.config).options) {
    auto take = [&config = settings.config, name = proposal.names](const Given& given) {
      set_feature(config, name, given);
    };
    options.add_member('W', "Proposals", std::move(proposal), take);
  }
  options.add_member('W', "Proposals", {.names = "all-proposals,all", .help = "All of them"},
                     [&config = settings.config](const Given& given) { set_feature(config, "all", given); });
}

std::string option_for(Limit limit) {
  Settings settings;
  for (const SettingRow& row : setting_rows(settings)) {
    if (row.kind != SettingRow::kOption || *row.library == '\0') continue;
    if (!limit_setting(limit).contains(row.library)) continue;
    const std::string type = row.field.kind().type();
    if (*row.flag != '\0') return std::string(row.flag) + " " + type;
    return std::string("-") + row.group + " " + row.name + "=" + type;
  }
  return {};
}

}  // namespace ermine::cli
