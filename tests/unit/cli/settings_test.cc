// The table of options: complete, consistent, and connected to the right fields.
#include "cli/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/quantities.h"
#include "cli/run_options.h"
#include "ermine/error.h"

namespace ermine::cli {
namespace {

// All public fields of the structures that embedders fill in. A new field is a compiler error here: add it, and to
// settings.def either its option or the reason why it has none.
std::vector<const void*> fields_of(const Config& config) {
  const auto& [max_wasm_stack, max_gc_heap, consume_fuel, memory_reservation, memory_guard, tier, tier_up_calls,
               tier_up_rounds, optimize, optimize_after, opt_level, code_cache_size, parallelism, verify_code,
               report_bug, report_bug_context, mask_speculation, profile, debug_info, gc_stress,
               relaxed_simd_deterministic, feature_bits, component_feature_bits] = config;
  return {&max_wasm_stack,
          &max_gc_heap,
          &consume_fuel,
          &memory_reservation,
          &memory_guard,
          &tier,
          &tier_up_calls,
          &tier_up_rounds,
          &optimize,
          &optimize_after,
          &opt_level,
          &code_cache_size,
          &parallelism,
          &verify_code,
          &report_bug,
          &report_bug_context,
          &mask_speculation,
          &profile,
          &debug_info,
          &gc_stress,
          &relaxed_simd_deterministic,
          &feature_bits,
          &component_feature_bits};
}
std::vector<const void*> fields_of(const StoreLimits& limits) {
  const auto& [memory_bytes, instance_memory_bytes, total_memory_bytes, table_elements, total_table_elements, memories,
               tables, instances, gc_heap_bytes, fail_on_grow] = limits;
  return {&memory_bytes,
          &instance_memory_bytes,
          &total_memory_bytes,
          &table_elements,
          &total_table_elements,
          &memories,
          &tables,
          &instances,
          &gc_heap_bytes,
          &fail_on_grow};
}

TEST(SettingsTable, HasEveryFieldOnce) {
  Settings settings;
  std::multiset<const void*> listed;
  // (The field of --features is the whole Config, which has the address of its first field.)
  for (const SettingRow& row : setting_rows(settings))
    if (row.field.at != nullptr && std::string_view(row.flag) != "--features") listed.insert(row.field.at);
  for (const auto& fields : {fields_of(settings.config), fields_of(settings.limits)})
    for (size_t i = 0; i < fields.size(); ++i)
      EXPECT_EQ(listed.count(fields[i]), 1u) << "field " << i << " of Config or StoreLimits";
}

TEST(SettingsTable, NamesAreUnique) {
  Settings settings;
  std::set<std::string> names;
  auto add = [&names](const std::string& prefix, const std::string& list) {
    std::istringstream in(list);
    for (std::string name; std::getline(in, name, ',');) EXPECT_TRUE(names.insert(prefix + name).second) << name;
  };
  for (const SettingRow& row : setting_rows(settings)) {
    if (row.kind != SettingRow::kOption) continue;
    EXPECT_TRUE(*row.flag != '\0' || row.group != 0) << row.help << ": has neither a flag nor a group";
    EXPECT_EQ(*row.name != '\0', row.group != 0) << row.flag;
    add("", row.flag);
    add(std::string("-") + row.group + " ", row.name);
  }
  for (const OptionInfo& proposal : features_section(settings.config).options) add("-W ", std::string(proposal.names));
  EXPECT_TRUE(names.contains("--fuel") && names.contains("-W fuel") && names.contains("-W simd"));
}

// Each flag and each member of a group sets its field, and no other.
TEST(SettingsTable, EachOptionReachesItsField) {
  auto shown = [](Settings& settings) {
    std::vector<std::string> all;
    for (const SettingRow& row : setting_rows(settings))
      all.push_back(row.kind == SettingRow::kOption ? row.field.kind().show(row.field.at) : "");
    return all;
  };
  // A value of a list, not the default.
  auto other = [](const std::string& list, const std::string& initial) {
    const std::string last = list.substr(list.rfind('|') + 1);
    return last != initial ? last : list.substr(0, list.find('|'));
  };
  RunOptions untouched;
  const std::vector<SettingRow> rows = setting_rows(untouched);
  const std::vector<std::string> before = shown(untouched);
  size_t checked = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const SettingRow& row = rows[i];
    if (before[i].empty() || std::string_view(row.name).starts_with("cli")) continue;
    const std::string type = row.field.kind().type();
    const bool is_switch = type.empty();
    const std::string value = is_switch        ? before[i] == "y" ? "n" : "y"
                              : type == "SIZE" ? "1MiB"
                              : type == "N"    ? "7"
                              : type == "TIME" ? "9s"
                                               : other(type, before[i]);
    std::vector<Words> ways;
    if (*row.flag != '\0' && !is_switch) ways.push_back({row.flag, value});
    if (*row.flag != '\0' && is_switch && value == "y") ways.push_back({row.flag});
    if (row.group != 0) ways.push_back({std::string("-") + row.group, std::string(row.name) + "=" + value});
    for (Words words : ways) {
      const std::string way = words[0] + " " + words.back();
      words.push_back("module.wasm");
      RunOptions options;
      ASSERT_FALSE(parse_run_options(words, options).exit) << way;
      EXPECT_EQ(options.module, "module.wasm");
      std::vector<std::string> expected = before;
      expected[i] = value;
      EXPECT_EQ(shown(options), expected) << way;
      ++checked;
    }
  }
  EXPECT_GT(checked, 20u);
}

// A limit refuses values with which nothing could run, and says from where on they are accepted; or its help says what
// 0 means.
TEST(SettingsTable, LimitsHaveALeastValue) {
  Settings settings;
  size_t with_least = 0, with_zero = 0;
  for (const SettingRow& row : setting_rows(settings)) {
    if (row.kind != SettingRow::kOption) continue;
    const ErasedKind kind = row.field.kind();
    const std::string type = kind.type(), name = row.flag + std::string(row.name);
    if (type != "N" && type != "SIZE" && type != "TIME") continue;
    auto refusal = [&](const std::string& value) -> std::string {
      try {
        kind.set(row.field.at, {name, value});
      } catch (const BadOption& e) { return e.message; }
      return {};
    };
    const std::string range = kind.range == nullptr ? "" : kind.range();
    if (std::string_view(row.help).find("; 0: ") != std::string_view::npos) {
      EXPECT_TRUE(range.empty() || range.starts_with("at most ")) << name;
      EXPECT_EQ(refusal("0"), "") << name;
      ++with_zero;
      continue;
    }
    std::string least = range.substr(range.starts_with("at least ") ? 9 : 0);
    least = least.substr(0, least.find(' '));
    const std::optional<uint64_t> number = parse_size(least);
    const std::optional<std::chrono::nanoseconds> time = parse_duration(least);
    ASSERT_TRUE(type == "TIME" ? time && time->count() > 0 : number && *number > 0) << name << ": " << range;
    const std::string below = type == "TIME" ? std::to_string(time->count() - 1) + "ns" : std::to_string(*number - 1);
    for (const std::string& value : {std::string("0"), below})
      EXPECT_EQ(refusal(value), "'" + value + "' is out of its range: " + range) << name;
    EXPECT_EQ(refusal(least), "") << name;
    ++with_least;
  }
  EXPECT_EQ(with_least, 15u);
  EXPECT_EQ(with_zero, 13u);
}

TEST(SettingsTable, HelpReadsAlike) {
  Settings settings;
  auto check = [](std::string_view help, std::string_view name) {
    ASSERT_FALSE(help.empty()) << name;
    EXPECT_NE(help.back(), '.') << name;
    EXPECT_EQ(help.find('\n'), help.npos) << name;
  };
  for (const SettingRow& row : setting_rows(settings))
    if (row.kind != SettingRow::kSection) check(row.help, row.flag + std::string(row.name));
  for (const OptionInfo& proposal : features_section(settings.config).options) check(proposal.help, proposal.names);
}

TEST(SettingsTable, NamesOfTheLibraryAreInItsHeaders) {
  std::ostringstream headers;
  for (const auto& entry : std::filesystem::directory_iterator(ERMINE_SOURCE_DIR "/include/ermine"))
    if (entry.is_regular_file()) headers << std::ifstream(entry.path()).rdbuf();
  Settings settings;
  size_t checked = 0;
  for (const SettingRow& row : setting_rows(settings)) {
    std::istringstream in(row.library);
    for (std::string name; in >> name; ++checked) {
      if (name.ends_with(',')) name.pop_back();
      const size_t colons = name.find("::");
      ASSERT_NE(colons, std::string::npos) << name;
      EXPECT_NE(headers.str().find(name.substr(0, colons)), std::string::npos) << name;
      EXPECT_NE(headers.str().find(name.substr(colons + 2)), std::string::npos) << name;
    }
  }
  EXPECT_GT(checked, 30u);
}

TEST(SettingsTable, EveryLimitHasAnOption) {
#define LIMIT(id, setting) \
  if (Limit::id != Limit::kModuleBytes) EXPECT_NE(option_for(Limit::id), "") << setting;
#include "ermine/limits.def"
  EXPECT_EQ(option_for(Limit::kMemoryBytes), "-W max-memory-size=SIZE");
  EXPECT_EQ(option_for(Limit::kOpenFiles), "--max-open-files N");
  EXPECT_EQ(option_for(Limit::kGcHeapBytes), "-W max-gc-heap=SIZE");
  EXPECT_EQ(option_for(Limit::kNone), "");
}

// The command refuses numbers that an engine would replace.
TEST(Kinds, Ranges) {
  using Stack = Within<Size, Config::kMaxWasmStackRange>;
  EXPECT_EQ(Stack::range(), "64KiB to 1GiB");
  uint64_t field = 1;
  const std::string option = "-W x";
  for (const char* good : {"64KiB", "65536", "1GiB", "1_000_000"}) {
    Stack::set(field, {option, good});
    EXPECT_EQ(field, *good == '1' && good[1] == '_' ? 1'000'000 : good[0] == '6' ? 65536 : 1u << 30);
  }
  for (const char* bad : {"65535", "1073741825", "0", "-1", "", "1e6"}) {
    EXPECT_THROW(Stack::set(field, {option, bad}), BadOption) << bad;
    EXPECT_EQ(field, 1'000'000u);
  }
}

TEST(Kinds, Sizes) {
  EXPECT_EQ(Size::show(0), "0");
  EXPECT_EQ(Size::show(1000), "1000");
  EXPECT_EQ(Size::show(1024), "1KiB");
  EXPECT_EQ(Size::show(1536), "1536");
  EXPECT_EQ(Size::show(uint64_t{8} << 30), "8GiB");
  EXPECT_EQ(Size::show(~uint64_t{0}), "unlimited");
}

TEST(Kinds, DirectoriesHaveTwoNames) {
  auto grant = [](const char* text) { return parse_directory(text).value_or(DirectoryGrant{"-", "-"}); };
  EXPECT_EQ(grant("a").host_path, "a");
  EXPECT_EQ(grant("a").guest_path, "a");
  EXPECT_EQ(grant("a::b").host_path, "a");
  EXPECT_EQ(grant("a::b").guest_path, "b");
  EXPECT_EQ(grant("a").access, DirectoryAccess::kReadWrite);
  EXPECT_EQ(grant("a::b:ro").guest_path, "b");
  EXPECT_EQ(grant("a:ro").access, DirectoryAccess::kReadOnly);
  EXPECT_EQ(grant("a:rw").access, DirectoryAccess::kReadWrite);
  EXPECT_EQ(grant("a:rw").host_path, "a");
  for (const char* bad : {"", "::", "a::", "::b", ":ro"}) EXPECT_EQ(grant(bad).host_path, "-") << bad;
}

}  // namespace
}  // namespace ermine::cli
