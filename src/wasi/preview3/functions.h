// The functions of WASI 0.3 that 0.2 has not; functions.def says which WIT function each is. What both have is written
// once, in preview2/, and its values are converted (types.h). A function that must end the program sets Call::stop.
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include "ermine/component/reply.h"
#include "wasi/preview2/functions.h"
#include "wasi/preview3/types.h"

namespace ermine::wasi::preview3 {

using preview2::Call;
using preview2::FileDescriptor;

struct Functions {
  // wasi:cli: streams.cc
  static std::tuple<Bytes, EndFuture<CliError>> read_stdin(Call& call);
  static EndFuture<CliError> write_stdout(Call& call, Bytes data);
  static EndFuture<CliError> write_stderr(Call& call, Bytes data);

  // wasi:clocks: time.cc
  static void wait_until(Call& call, component::Reply<> reply, uint64_t when);
  static void wait_for(Call& call, component::Reply<> reply, uint64_t duration);
  static uint64_t system_resolution(Call& call);
  static std::optional<std::string> timezone_id(Call& call);
  static std::optional<int64_t> timezone_offset(Call& call, Instant when);
  static std::string timezone_text(Call& call);

  // wasi:filesystem: paths.cc
  static preview2::FileResult<preview2::Own<FileDescriptor>> open_at(Call& call, FileDescriptor& d,
                                                                     preview2::PathFlags path_flags,
                                                                     preview2::Text path,
                                                                     preview2::OpenFlags open_flags,
                                                                     preview2::DescriptorFlags flags);
  static preview2::FileResult<void> remove_directory_at(Call& call, FileDescriptor& d, preview2::Text path);

  // wasi:filesystem: streams.cc
  static std::tuple<Bytes, EndFuture<ErrorCode>> read_via_stream(Call& call, FileDescriptor& d, uint64_t offset);
  static EndFuture<ErrorCode> write_via_stream(Call& call, FileDescriptor& d, Bytes data, uint64_t offset);
  static EndFuture<ErrorCode> append_via_stream(Call& call, FileDescriptor& d, Bytes data);
  static std::tuple<component::StreamReader<DirectoryEntry>, EndFuture<ErrorCode>> read_directory(Call& call,
                                                                                                  FileDescriptor& d);
};

}  // namespace ermine::wasi::preview3
