// A guest that calls every WASI function on request of its test: each is exported under its own name.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ermine/wasi.h"
#include "tests/api/wat.h"

namespace ermine::test {

struct Function {
  const char* name;
  const char* params;  // i: i32, l: i64
};

// The signatures of the specification, deliberately written a second time.
inline constexpr Function kFunctions[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "ii"},
    {"environ_get", "ii"},
    {"environ_sizes_get", "ii"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "ili"},
    {"fd_advise", "illi"},
    {"fd_allocate", "ill"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "ill"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "il"},
    {"fd_filestat_set_times", "illi"},
    {"fd_pread", "iiili"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiili"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiili"},
    {"fd_renumber", "ii"},
    {"fd_seek", "ilii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiilli"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiillii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_exit", "i"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};
static_assert(std::size(kFunctions) == 46);

// A module that imports all of them from `version` and exports them again, with a memory.
inline std::string wat_of_all(const std::string& version) {
  std::string wat = "(module\n";
  auto params = [](const Function& f) {
    std::string text;
    for (const char* p = f.params; *p != '\0'; ++p) text += *p == 'i' ? " (param i32)" : " (param i64)";
    if (std::string_view(f.name) != "proc_exit") text += " (result i32)";
    return text;
  };
  for (const Function& f : kFunctions)
    wat += "(import \"" + version + "\" \"" + f.name + "\" (func $" + f.name + params(f) + "))\n";
  wat += "(memory (export \"memory\") 1 2)\n";
  for (const Function& f : kFunctions) {
    wat += std::string("(func (export \"") + f.name + "\")" + params(f);
    for (size_t i = 0; f.params[i] != '\0'; ++i) wat += " (local.get " + std::to_string(i) + ")";
    wat += std::string(" (call $") + f.name + "))\n";
  }
  return wat + ")";
}

class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "ermine-guest-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "no temporary directory";
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Guest {
 public:
  explicit Guest(WasiConfig config) : wasi_(must(Wasi::create(std::move(config)))) {
    must(wasi_.add_to_linker(linker_));
    instance_.emplace(must(linker_.instantiate(store_, wat(engine_, wat_of_all("wasi_snapshot_preview1")))));
  }
  // The result of the function; arguments in the order of its parameters.
  Result<uint32_t> try_call(const std::string& name, const std::vector<uint64_t>& arguments) {
    const Func f = *instance_->get_func(name);
    std::vector<Val> values;
    for (size_t i = 0; i < arguments.size(); ++i)
      values.push_back(f.type().params[i] == ValType::i64() ? Val(static_cast<int64_t>(arguments[i]))
                                                            : Val(static_cast<int32_t>(arguments[i])));
    ERMINE_ASSIGN(std::vector<Val> results, f.call(values));
    return results.empty() ? 0 : static_cast<uint32_t>(results[0].i32());
  }
  uint32_t call(const std::string& name, const std::vector<uint64_t>& arguments) {
    return must(try_call(name, arguments));
  }
  template <class T>
  T at(uint32_t address) {
    T value;
    std::memcpy(&value, bytes() + address, sizeof value);
    return value;
  }
  template <class T>
  void put(uint32_t address, T value) {
    std::memcpy(bytes() + address, &value, sizeof value);
  }
  void put_text(uint32_t address, std::string_view text) { std::memcpy(bytes() + address, text.data(), text.size()); }
  std::string text(uint32_t address, size_t size) { return {reinterpret_cast<const char*>(bytes()) + address, size}; }
  // One buffer, whose description is written at `at`.
  void buffer(uint32_t at, uint32_t address, uint32_t size) {
    put(at, address);
    put(at + 4, size);
  }
  uint8_t* bytes() { return instance_->get_memory("memory")->data(); }
  Wasi& wasi() { return wasi_; }

 private:
  Engine engine_;
  Linker linker_{engine_};
  Store store_{engine_};
  Wasi wasi_;
  std::optional<Instance> instance_;
};

}  // namespace ermine::test
