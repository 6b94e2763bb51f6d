// WASI of the C API: what a program is granted, with streams and directories that are the embedder's (ermine.h).
#include "capi/objects.h"
#include "ermine/virtual_directory.h"
#include "ermine/wasi_stream.h"

using ermine::DirectoryAccess;
using ermine::Result;
using ermine::VirtualDirectory;
using ermine::WasiStreamResult;
using ermine::capi::bytes_of;
using ermine::capi::succeeded;
using ermine::capi::view_of;

struct ermine_wasi_config_t {
  ermine::WasiConfig config;
};
struct ermine_virtual_directory_t {
  std::shared_ptr<VirtualDirectory> directory;
};

namespace {

// A function of C that takes what a program writes.
class CallbackStream final : public ermine::WasiOutputStream {
 public:
  CallbackStream(ermine_wasi_write_callback_t callback, std::shared_ptr<void> env)
      : callback_(callback), env_(std::move(env)) {}
  WasiStreamResult write(const uint8_t* from, size_t size) override {
    const ptrdiff_t taken = callback_(env_.get(), from, size);
    if (taken < 0) return ermine::component::Unexpected(static_cast<std::errc>(-taken));
    return static_cast<size_t>(taken);
  }

 private:
  const ermine_wasi_write_callback_t callback_;
  const std::shared_ptr<void> env_;
};

std::shared_ptr<CallbackStream> new_stream(ermine_wasi_write_callback_t callback, void* env, void (*finalizer)(void*)) {
  return std::make_shared<CallbackStream>(callback, ermine::capi::with_finalizer(env, finalizer));
}

DirectoryAccess access_of(bool read_only) {
  return read_only ? DirectoryAccess::kReadOnly : DirectoryAccess::kReadWrite;
}

}  // namespace

extern "C" {

ermine_wasi_config_t* ermine_wasi_config_new(void) { return new ermine_wasi_config_t; }
void ermine_wasi_config_delete(ermine_wasi_config_t* config) { delete config; }
void ermine_wasi_config_set_argv(ermine_wasi_config_t* config, size_t count, const char* const arguments[]) {
  config->config.args({arguments, arguments + count});
}
void ermine_wasi_config_set_env(ermine_wasi_config_t* config, size_t count, const char* const names[],
                                const char* const values[]) {
  for (size_t i = 0; i < count; ++i) config->config.env(names[i], values[i]);
}
void ermine_wasi_config_inherit_env(ermine_wasi_config_t* config) { config->config.inherit_env(); }
void ermine_wasi_config_inherit_stdio(ermine_wasi_config_t* config) { config->config.inherit_stdio(); }
void ermine_wasi_config_set_stdio(ermine_wasi_config_t* config, int in, int out, int err) {
  config->config.stdio(in, out, err);
}
void ermine_wasi_config_preopen_dir(ermine_wasi_config_t* config, const char* host_path, const char* guest_path,
                                    bool read_only) {
  config->config.preopen_dir(host_path, guest_path, access_of(read_only));
}
void ermine_wasi_config_listen(ermine_wasi_config_t* config, const char* address) { config->config.listen(address); }
void ermine_wasi_config_max_open_files_set(ermine_wasi_config_t* config, uint32_t count) {
  config->config.max_open_files(count);
}
void ermine_wasi_config_max_written_bytes_set(ermine_wasi_config_t* config, uint64_t bytes) {
  config->config.max_written_bytes(bytes);
}
ermine_wasi_t* ermine_wasi_new(ermine_wasi_config_t* config) {
  Result<ermine::Wasi> wasi = ermine::Wasi::create(std::move(config->config));
  delete config;
  return succeeded(wasi) ? new ermine_wasi_t{*std::move(wasi)} : nullptr;
}
void ermine_wasi_delete(ermine_wasi_t* wasi) { delete wasi; }

// ---- In memory

void ermine_wasi_config_set_stdin_bytes(ermine_wasi_config_t* config, wasm_byte_vec_t* bytes) {
  config->config.stdin_stream(std::make_shared<ermine::MemoryInputPipe>(std::string(view_of(*bytes))));
  wasm_byte_vec_delete(bytes);
}
void ermine_wasi_config_set_stdout_custom(ermine_wasi_config_t* config, ermine_wasi_write_callback_t callback,
                                          void* env, void (*finalizer)(void*)) {
  config->config.stdout_stream(new_stream(callback, env, finalizer));
}
void ermine_wasi_config_set_stderr_custom(ermine_wasi_config_t* config, ermine_wasi_write_callback_t callback,
                                          void* env, void (*finalizer)(void*)) {
  config->config.stderr_stream(new_stream(callback, env, finalizer));
}

ermine_virtual_directory_t* ermine_virtual_directory_new(uint64_t max_bytes) {
  return new ermine_virtual_directory_t{VirtualDirectory::create({.max_bytes = max_bytes})};
}
void ermine_virtual_directory_delete(ermine_virtual_directory_t* directory) { delete directory; }
bool ermine_virtual_directory_write_file(ermine_virtual_directory_t* directory, const char* path, size_t path_size,
                                         const char* contents, size_t size) {
  return succeeded(directory->directory->write_file({path, path_size}, {contents, size}));
}
bool ermine_virtual_directory_read_file(const ermine_virtual_directory_t* directory, const char* path, size_t path_size,
                                        wasm_byte_vec_t* out) {
  const Result<std::string> contents = directory->directory->read_file({path, path_size});
  if (!succeeded(contents)) return false;
  *out = bytes_of(*contents);
  return true;
}
void ermine_wasi_config_preopen_virtual_dir(ermine_wasi_config_t* config, const ermine_virtual_directory_t* directory,
                                            const char* guest_path, bool read_only) {
  config->config.preopen_dir(directory->directory, guest_path, access_of(read_only));
}

}  // extern "C"
