#include "wasi/host/program.h"

#include "ermine/printable.h"

namespace ermine::wasi::host {

Result<Program> Program::create(HostGrants&& grants) {
  Program program;
  ERMINE_ASSIGN(program.opened_, open_grants(grants));
  constexpr size_t kStreams = 3, kMostGranted = 4096;
  if (kStreams + program.opened_.directories.size() + program.opened_.listeners.size() > kMostGranted)
    return Error(ErrorKind::kLimit, "more directories and sockets than files may be open")
        .with_limit(Limit::kOpenFiles);
  program.args_ = std::move(grants.arguments);
  program.env_ = std::move(grants.environment);
  program.config_ = std::move(grants.config);
  program.trace_ = std::move(grants.trace);
  program.output = OutputLimit(grants.max_written_bytes);
  program.max_open_files_ = grants.max_open_files;
  program.http_grants_ = std::move(grants.http);
  if (grants.tls) program.tls_ = grants.tls->impl();
  program.grants_directories_ = !program.opened_.directories.empty();
  program.grants_listeners_ = !program.opened_.listeners.empty();
  return program;
}

void Program::set_variable(std::string_view name, std::string_view value) {
  const std::string prefix = std::string(name) + '=';
  std::erase_if(env_, [&](const std::string& e) { return e.starts_with(prefix); });
  env_.push_back(prefix + std::string(value));
}

void Program::record_refusal(std::string& first, std::string_view path) {
  if (first.empty()) first = printable(path);
}

}  // namespace ermine::wasi::host
