// Completions for shells, from the same descriptions as --help. Each script completes commands, their options, values
// that have names, and the members of groups such as -W; everything else is a file.
#include <initializer_list>

#include "cli/command.h"
#include "cli/reference/reference.h"

namespace ermine::cli {
namespace {

// Replaces each "%%" by the next value; scripts have braces of their own.
std::string format(std::string_view pattern, std::initializer_list<std::string_view> values) {
  std::string out;
  for (const std::string_view value : values) {
    const size_t at = pattern.find("%%");
    (out += pattern.substr(0, at)) += value;
    pattern.remove_prefix(at + 2);
  }
  return out += pattern;
}

constexpr std::string_view kWritten =
    "Written by \"make reference\" from src/cli/settings.def and the files of the commands. Edit those.";

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& p : parts) out += (out.empty() ? "" : " ") + p;
  return out;
}

// The values of an option whose type lists them, "auto|interp"; empty for any other.
std::vector<std::string> choices(const OptionInfo& option) {
  return option.type.contains('|') ? split(option.type, '|') : std::vector<std::string>();
}
// The group that is meant by "-W,--wasm"; null for another option.
const OptionGroup* group_of(const CommandInfo& command, const OptionInfo& option) {
  for (const OptionGroup& group : command.groups)
    if (option.names.starts_with(std::string("-") + group.letter + ",")) return &group;
  return nullptr;
}
// "fuel=", or "simd" for a switch.
std::vector<std::string> members(const OptionGroup& group) {
  std::vector<std::string> names;
  for (const OptionSection& section : group.sections)
    for (const OptionInfo& o : section.options)
      for (const std::string& name : split(o.names, ',')) names.push_back(name + (o.type.empty() ? "" : "="));
  return names;
}
template <class F>
void each_option(const CommandInfo& command, F f) {
  for (const OptionSection& section : command.sections)
    for (const OptionInfo& option : section.options) f(option);
}

// A command for completion: one with operations has the options of all of them.
struct Completed {
  CommandInfo info;
  std::vector<std::string> operations;
};
std::vector<Completed> completed(const Reference& reference) {
  std::vector<Completed> out;
  for (const CommandInfo& command : reference.commands) {
    const size_t space = command.name.find(' ');
    if (space == command.name.npos) {
      out.push_back({command, {}});
      continue;
    }
    const std::string_view name = command.name.substr(0, space);
    if (out.empty() || out.back().info.name != name) {
      out.push_back({command, {}});
      out.back().info.name = name;
      out.back().info.summary = kComponentSummary;
    } else {
      for (const OptionSection& section : command.sections)
        for (const OptionInfo& option : section.options) {
          bool is_known = false;
          each_option(out.back().info, [&](const OptionInfo& known) { is_known |= known.names == option.names; });
          if (!is_known) out.back().info.sections.back().options.push_back(option);
        }
    }
    out.back().operations.emplace_back(command.name.substr(space + 1));
  }
  return out;
}

// -- bash -------------------------------------------------------------------------------------------------------------

std::string bash_case(const Completed& completed) {
  const CommandInfo& command = completed.info;
  std::vector<std::string> all = {"-h", "--help"};
  std::string values;  // cases for the word after an option
  std::vector<std::string> plain;
  each_option(command, [&](const OptionInfo& o) {
    const std::vector<std::string> names = split(o.names, ',');
    all.insert(all.end(), names.begin(), names.end());
    if (o.type.empty()) return;
    std::string either;
    for (const std::string& n : names) either += (either.empty() ? "" : "|") + n;
    if (const OptionGroup* group = group_of(command, o))
      values += format("        %%) _ermine_members \"$current\" %%; return ;;\n",
                       {either, "'" + joined(members(*group)) + "'"});
    else if (const auto words = choices(o); !words.empty())
      values +=
          format("        %%) COMPREPLY=($(compgen -W '%%' -- \"$current\")); return ;;\n", {either, joined(words)});
    else plain.push_back(either);
  });
  if (!plain.empty()) {
    std::string either;
    for (const std::string& p : plain) either += (either.empty() ? "" : "|") + p;
    values += format("        %%) return ;;\n", {either});
  }
  std::string operations;
  if (!completed.operations.empty())
    operations = format("      ((COMP_CWORD == 2)) && COMPREPLY=($(compgen -W '%%' -- \"$current\")) && return\n",
                        {joined(completed.operations)});
  return format(
      "    %%)\n%%      case $previous in\n%%      esac\n      [[ $current == -* ]] && COMPREPLY=($(compgen -W "
      "'%%' "
      "-- \"$current\"))\n      ;;\n",
      {command.name, operations, values, joined(all)});
}

}  // namespace

std::string bash_completion(const Reference& reference) {
  std::vector<std::string> names;
  std::string cases;
  for (const Completed& c : completed(reference)) {
    names.emplace_back(c.info.name);
    cases += bash_case(c);
  }
  return format(
      R"(# Completion of ermine for bash: source this file, or install it as bash-completion/completions/ermine.
# %%

# Members of a group: the part after the last comma.
_ermine_members() {
  local begin=
  [[ $1 == *,* ]] && begin=${1%,*},
  COMPREPLY=($(compgen -P "$begin" -W "$2 help" -- "${1##*,}"))
  [[ ${COMPREPLY-} == *= ]] && compopt -o nospace 2>/dev/null
}

_ermine() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  # "--tier=b" is three words for bash.
  if [[ $current == = ]]; then current=; elif [[ $previous == = ]]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi
  COMPREPLY=()
  if ((COMP_CWORD == 1)) && [[ $current != -* ]]; then
    COMPREPLY=($(compgen -W '%% help' -- "$current") $(compgen -f -X '!*.wa[st]*' -- "$current"))
    return
  fi
  local command=${COMP_WORDS[1]}
  [[ $command == -* ]] && command=run
  case $command in
%%  esac
}

complete -o default -F _ermine ermine
)",
      {kWritten, joined(names), cases});
}

// -- zsh --------------------------------------------------------------------------------------------------------------

namespace {

// Text within single quotes and brackets.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') (out += '\\') += c;
    else if (c == '\'') out += "'\\''";
    else out += c;
  }
  return out;
}

std::string zsh_value(const CommandInfo& command, const OptionInfo& o) {
  if (o.type.empty()) return {};
  if (const OptionGroup* group = group_of(command, o)) {
    std::string values = "_values -s , member help\\[list\\ them\\]";
    for (const OptionSection& section : group->sections)
      for (const OptionInfo& m : section.options)
        for (const std::string& name : split(m.names, ',')) values += " " + name + (m.type.empty() ? "" : "\\:value");
    return ":member:{ " + values + " }";
  }
  if (const auto words = choices(o); !words.empty()) return ":value:(" + joined(words) + ")";
  return ":" + zsh_text(o.type) + ":_files";
}

}  // namespace

std::string zsh_completion(const Reference& reference) {
  std::string names, cases;
  for (const Completed& one : completed(reference)) {
    const CommandInfo& c = one.info;
    names += format("    '%%:%%'\n", {c.name, zsh_text(c.summary)});
    std::string options = "        '(- *)'{-h,--help}'[Show the help]'";
    each_option(c, [&](const OptionInfo& o) {
      const std::string text = "[" + zsh_text(o.help) + "]" + zsh_value(c, o);
      for (const std::string& name : split(o.names, ',')) {
        // A value may follow a short name directly, a long one after "=".
        const std::string joint = o.type.empty() ? "" : name.starts_with("--") ? "=" : "+";
        options += " \\\n        '" + std::string(o.repeats ? "*" : "") + name + joint + text + "'";
      }
    });
    if (!one.operations.empty()) options += " \\\n        '1:operation:(" + joined(one.operations) + ")'";
    cases +=
        format("    %%)\n      _arguments -s -S \\\n%% \\\n        '*:file:_files'\n      ;;\n", {c.name, options});
  }
  return format(R"(#compdef ermine
# Completion of ermine for zsh: put this file as _ermine into a directory of $fpath.
# %%

_ermine() {
  local -a commands=(
%%  )
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe command commands
    _files -g '*.(wasm|wat)'
    return
  fi
  local command=$words[2]
  if [[ $command == -* ]]; then
    command=run
  else
    words=("${(@)words[2,-1]}")
    ((CURRENT--))
  fi
  case $command in
%%    *) _files ;;
  esac
}

_ermine "$@"
)",
                {kWritten, names, cases});
}

// -- fish -------------------------------------------------------------------------------------------------------------

namespace {

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string fish_completion(const Reference& reference) {
  std::string out =
      format(R"(# Completion of ermine for fish: put this file as ermine.fish into ~/.config/fish/completions.
# %%

# Members of a group: the part after the last comma.
function __ermine_members
  set -l begin (string replace -r '[^,]*$' '' -- (commandline -ct))
  for member in $argv
    echo $begin$member
  end
end

)",
             {kWritten});
  const std::vector<Completed> all = completed(reference);
  for (const auto& [c, operations] : all)
    out += format("complete -c ermine -n __fish_use_subcommand -a %% -d '%%'\n", {c.name, fish_text(c.summary)});
  for (const auto& [c, operations] : all) {
    out += format("\nset -l seen '__fish_seen_subcommand_from %%'\n", {c.name});
    if (!operations.empty()) out += format("complete -c ermine -n $seen -a '%%'\n", {joined(operations)});
    each_option(c, [&, &c = c](const OptionInfo& o) {
      std::string line = "complete -c ermine -n $seen";
      for (const std::string& name : split(o.names, ','))
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (const OptionGroup* group = group_of(c, o)) {
        line += " -x -a '(__ermine_members help " + joined(members(*group)) + ")'";
      } else if (const auto words = choices(o); !words.empty()) {
        line += " -x -a '" + joined(words) + "'";
      } else if (!o.type.empty()) {
        line += " -r";
      }
      out += line + " -d '" + fish_text(o.help) + "'\n";
    });
  }
  return out;
}

}  // namespace ermine::cli
