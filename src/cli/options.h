// The options of a command: names, help, and where their values go.
//
// A front for CLI11, whose headers stay in options.cc: each file that includes them constructs validators, and with
// <iostream> the locales of the C++ library, before main(), which was a tenth of running a small program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"

namespace ermine::cli {

// Thrown while a value is taken: "OPTION: MESSAGE" is printed, with a note about --help.
struct BadOption {
  std::string option, message;
};

// An option's value as a quantity (quantities.h), or BadOption.
uint64_t count_of(const std::string& option, const std::string& text);
uint64_t size_of(const std::string& option, const std::string& text);
std::chrono::nanoseconds duration_of(const std::string& option, const std::string& text);

class Options {
 public:
  using Take = std::function<void(const std::string&)>;

  Options(const char* description, const char* name);
  ~Options();

  // `names` as in "-o,--output"; without dashes it is an argument by its place. `type` stands for the value in the
  // help.
  void argument(const char* name, std::string& to, const char* help, const char* type);
  void arguments(const char* name, Words& to, const char* help, const char* type);
  void value(const char* names, std::string& to, const char* help, const char* type);
  void value(const char* names, Take take, const char* help, const char* type);  // the last one given
  void values(const char* names, Take take, const char* help, const char* type);  // each one given
  void flag(const char* names, bool& to, const char* help, bool value = true);
  void help_flag(const char* names, const char* help);
  // Those of this command; what all commands have in common is added.
  void exit_codes(const char* own);
  void footer(const char* text);

  Parsed parse(Words words);
  bool given(const char* name) const;
  // Whether this option takes the next word as its value.
  bool takes_value(const std::string& name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ermine::cli
