// wasi:cli.
#include "wasi/preview2/functions.h"

namespace ermine::wasi::preview2 {

std::vector<std::tuple<std::string, std::string>> Functions::get_environment(Call& call) {
  std::vector<std::tuple<std::string, std::string>> out;
  for (const std::string& e : call.context.env()) {
    const size_t equals = e.find('=');
    out.emplace_back(e.substr(0, equals), e.substr(equals + 1));
    call.moved += e.size();
  }
  return out;
}
std::vector<std::string> Functions::get_arguments(Call& call) {
  for (const std::string& a : call.context.args()) call.moved += a.size();
  return call.context.args();
}
std::optional<std::string> Functions::initial_cwd(Call&) { return std::nullopt; }

void Functions::exit(Call& call, Expected<void, std::monostate> status) { call.stop = Error::exit(status ? 0 : 1); }
void Functions::exit_with_code(Call& call, uint8_t code) { call.stop = Error::exit(code); }

Own<InputStream> Functions::get_stdin(Call& call) { return call.make<InputStream>(call.context.stream(0)); }
Own<OutputStream> Functions::get_stdout(Call& call) { return call.make<OutputStream>(call.context.stream(1)); }
Own<OutputStream> Functions::get_stderr(Call& call) { return call.make<OutputStream>(call.context.stream(2)); }

namespace {
template <class T>
std::optional<Own<T>> terminal(Call& call, unsigned stream) {
  if (!call.context.stream(stream)->descriptor.terminal) return std::nullopt;
  return call.make<T>();
}
}  // namespace

std::optional<Own<TerminalInput>> Functions::get_terminal_stdin(Call& call) { return terminal<TerminalInput>(call, 0); }
std::optional<Own<TerminalOutput>> Functions::get_terminal_stdout(Call& call) {
  return terminal<TerminalOutput>(call, 1);
}
std::optional<Own<TerminalOutput>> Functions::get_terminal_stderr(Call& call) {
  return terminal<TerminalOutput>(call, 2);
}

}  // namespace ermine::wasi::preview2
