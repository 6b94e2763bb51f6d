// ermine strip: removes the custom sections of a module, or of a component and everything in it.

#include <regex.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "base/leb128.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/options.h"
#include "cli/output_file.h"
#include "cli/settings.h"
#include "ermine/printable.h"

namespace ermine::cli {
namespace {

constexpr uint8_t kCustom = 0;

struct Section {
  uint8_t id = 0;
  std::string_view name;                // of a custom section
  std::string_view whole;               // with id and size
  std::string_view contents;
};

// The sections of a component that contain a module or a component.
constexpr uint8_t kCoreModule = 1, kComponent = 4;
constexpr unsigned kMaxNesting = 100;

// A POSIX extended regular expression.
class Pattern {
 public:
  // Returns the error in the text, or nothing.
  std::string compile(const std::string& text) {
    if (std::string why = too_complex(text); !why.empty()) return why;
    auto compiled = std::make_unique<regex_t>();
    int error = regcomp(compiled.get(), text.c_str(), REG_EXTENDED | REG_NOSUB);
    if (error == 0) {
      compiled_.reset(compiled.release());
      return {};
    }
    char message[128];
    regerror(error, compiled.get(), message, sizeof message);
    return message;
  }
  bool matches(const std::string& text) const { return regexec(compiled_.get(), text.c_str(), 0, nullptr, 0) == 0; }

 private:
  // The C library compiles and matches by recursion, copies what is repeated, and tries all ways for back-references:
  // an expression of a few bytes could take all stack, memory or time.
  static std::string too_complex(const std::string& text) {
    constexpr size_t kMaxLength = 1000, kMaxNesting = 50, kMaxCopies = 10'000;
    if (text.size() > kMaxLength) return "it has more than " + std::to_string(kMaxLength) + " characters";
    size_t nesting = 0, copies = 1;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '\\') {
        ++i;
        if (i < text.size() && text[i] >= '0' && text[i] <= '9') return "back-references are not supported";
      } else if (c == '(') {
        if (++nesting > kMaxNesting)
          return "more than " + std::to_string(kMaxNesting) + " parentheses are open at once";
      } else if (c == ')' && nesting > 0) {
        --nesting;
      } else if (c == '{') {
        size_t most = 1;
        for (size_t number = 0; i + 1 < text.size() && text[i + 1] != '}'; ++i) {
          const char d = text[i + 1];
          number =
              d >= '0' && d <= '9' ? std::min<size_t>(number * 10 + static_cast<size_t>(d - '0'), kMaxCopies + 1) : 0;
          most = std::max(most, number);
        }
        copies *= most;
        if (copies > kMaxCopies)
          return "its repetitions together make more than " + std::to_string(kMaxCopies) + " copies";
      }
    }
    return {};
  }

  struct Free {
    void operator()(regex_t* r) const {
      regfree(r);
      delete r;
    }
  };
  std::unique_ptr<regex_t, Free> compiled_;
};

Error malformed(const char* what, size_t offset) { return Error(ErrorKind::kMalformed, what, offset); }

// Splits a module into sections without reading their contents.
Result<std::vector<Section>> split(std::string_view bytes) {
  if (bytes.size() < 8 || !bytes.starts_with(std::string_view("\0asm", 4))) return malformed("this is not a module", 0);
  const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
  const uint8_t* end = begin + bytes.size();
  const uint8_t* p = begin + 8;
  std::vector<Section> sections;
  while (p != end) {
    auto start = static_cast<size_t>(p - begin);
    Section s;
    s.id = *p++;
    uint64_t size;
    base::ReadStatus status;
    const uint8_t* contents = base::read_leb(p, end, 32, false, size, status);
    if (contents == nullptr || size > static_cast<uint64_t>(end - contents))
      return malformed("the size of a section is wrong", start);
    p = contents + size;
    s.whole = bytes.substr(start, static_cast<size_t>(p - begin) - start);
    s.contents = s.whole.substr(s.whole.size() - static_cast<size_t>(size));
    if (s.id == kCustom) {
      uint64_t length;
      const uint8_t* name = base::read_leb(contents, p, 32, false, length, status);
      if (name == nullptr || length > static_cast<uint64_t>(p - name))
        return malformed("the name of a custom section is wrong", start);
      s.name = {reinterpret_cast<const char*>(name), static_cast<size_t>(length)};
    }
    sections.push_back(s);
  }
  return sections;
}

// Which custom sections are removed.
struct Choice {
  std::vector<Pattern> deleted;  // if there is one, those that match; otherwise
  bool all = false;  // all, or those that nothing needs
  bool drops(std::string_view name) const {
    if (!deleted.empty()) {
      const std::string text(name);
      return std::any_of(deleted.begin(), deleted.end(), [&](const Pattern& p) { return p.matches(text); });
    }
    return all ||
           !(name == "name" || name == "dylink.0" || name == "component-name" || name.starts_with("component-type"));
  }
};

// Appends a module or component without the chosen sections. Its offset in the file is for errors.
Result<void> strip(std::string_view bytes, size_t offset, unsigned nesting, const Choice& choice, std::string& out) {
  Result<std::vector<Section>> sections = split(bytes);
  if (!sections) return Error(sections.error().kind(), sections.error().message(), sections.error().offset() + offset);
  const bool is_component = bytes[6] == 1;
  if (nesting > kMaxNesting) return Error(ErrorKind::kLimit, "components are nested too deeply", offset);
  out.append(bytes.substr(0, 8));
  for (const Section& s : *sections) {
    if (s.id == kCustom && choice.drops(s.name)) continue;
    if (!is_component || (s.id != kCoreModule && s.id != kComponent)) {
      out.append(s.whole);
      continue;
    }
    std::string inner;
    const auto inner_offset = static_cast<size_t>(s.contents.data() - bytes.data());
    ERMINE_TRY(strip(s.contents, offset + inner_offset, nesting + 1, choice, inner));
    out.push_back(static_cast<char>(s.id));
    size_t size = inner.size();
    for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>((size & 0x7f) | 0x80));
    out.push_back(static_cast<char>(size));
    out.append(inner);
  }
  return {};
}

}  // namespace

int strip_main(Words words) {
  Options options("strip", "Remove custom sections, which do not matter to running a module or component",
                  "[OPTIONS] FILE -o FILE");
  std::string input, output;
  Choice choice;
  Words patterns;
  options.argument("FILE", input, "A module or component, binary or text; - is standard input");
  options.value("-o,--output", output, "Write here instead of to standard output", "FILE");
  options.flag("-a,--all", choice.all, "Also the name section, which backtraces are made of");
  options.values("-d,--delete", patterns, "Only sections whose name matches this regular expression", "REGEX");
  Settings settings;
  add_settings(options, settings, Takers::kEvery);
  options.exit_codes("0, or 1 if the file cannot be read or split into sections");
  options.notes(
      "Without options every custom section is removed but those with names (\"name\", \"component-name\"), "
      "\"dylink.0\" "
      "and \"component-type...\". Of a component, also the modules and components in it are stripped.");
  options.example("ermine strip app.wasm -o small.wasm");
  if (Parsed p = options.parse(std::move(words)); p.exit) return p.code;

  for (const std::string& pattern : patterns) {
    choice.deleted.emplace_back();
    if (std::string problem = choice.deleted.back().compile(pattern); !problem.empty()) {
      print_error("'" + printable(pattern) + "' cannot be used as a regular expression: " + problem);
      return kUsage;
    }
  }
  OutputFile out(output);
  Result<void> usable = out.expect_binary();
  if (!usable) {
    print_error(usable.error());
    return kUsage;
  }
  auto fail = [](const Error& error) {
    print_error(error);
    return kFailed;
  };
  const Precautions& precautions = settings.precautions;
  if (int code = precautions.set_bounds(); code != kOk) return code;
  if (Result<void> r = out.open(); !r) return fail(r.error());
  Result<InputFile> file = InputFile::open(input);
  if (!file) return fail(file.error());
  if (int code = precautions.confine_to_reading(); code != kOk) return code;
  Result<std::vector<uint8_t>> bytes = read_module_bytes(*file, precautions.max_module_size, Accepted::kComponentsToo);
  if (!bytes) return fail(bytes.error());
  std::string_view module(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  std::string stripped;
  if (Result<void> r = strip(module, 0, 0, choice, stripped); !r) return fail(std::move(r).error().with_context(input));
  out.write(stripped);
  if (Result<void> r = out.finish(); !r) return fail(r.error());
  return kOk;
}

}  // namespace ermine::cli
