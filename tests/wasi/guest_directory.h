// A directory that is granted to guests, for tests that run with one of the host and with one in memory. Beside it is a
// file that no guest may reach.
#pragma once

#include <fstream>
#include <string>
#include <string_view>

#include "ermine/virtual_directory.h"
#include "tests/wasi/guest.h"
#include "wasi/virtual/tree_files.h"

namespace ermine::test {

class GuestDirectory {
 public:
  explicit GuestDirectory(bool in_memory) {
    if (in_memory) virtual_ = VirtualDirectory::create();
    std::filesystem::create_directory(host());
    std::ofstream(secret_path()) << "secret";
  }
  static std::string name(const testing::TestParamInfo<bool>& info) { return info.param ? "Virtual" : "Host"; }

  bool in_memory() const { return virtual_ != nullptr; }
  std::string host() const { return beside_.path() + "/in"; }
  std::string secret_path() const { return beside_.path() + "/secret"; }
  std::string secret() const { return read(secret_path()); }
  bool has_beside(const std::string& name) const { return std::filesystem::exists(beside_.path() + "/" + name); }

  void grant(WasiConfig& config, const std::string& name = "/",
             WasiDirAccess access = WasiDirAccess::kReadWrite) const {
    if (virtual_) config.preopen_dir(virtual_, name, access);
    else config.preopen_dir(host(), name, access);
  }
  WasiConfig config(WasiDirAccess access = WasiDirAccess::kReadWrite) const {
    WasiConfig config;
    grant(config, "/", access);
    return config;
  }
  void write(const std::string& name, std::string_view text = "") const {
    if (virtual_) must(virtual_->write_file(name, text));
    else std::ofstream(host() + "/" + name) << text;
  }
  void mkdir(const std::string& name) const {
    if (virtual_) must(virtual_->create_directory(name));
    else std::filesystem::create_directory(host() + "/" + name);
  }
  // The target may be absolute.
  void link(const std::string& target, const std::string& name) const {
    if (!virtual_) return std::filesystem::create_symlink(target, host() + "/" + name);
    wasi::host::GuestPath to, path;
    EXPECT_EQ(to.assign_link_target(target), wasi::host::HostError::kNone);
    EXPECT_EQ(path.assign(name), wasi::host::HostError::kNone);
    const auto root = wasi::host::TreeDirectory::root_of(virtual_->impl());
    EXPECT_EQ(root->symlink(to, path), wasi::host::HostError::kNone);
  }
  std::string contents(const std::string& name) const {
    return virtual_ ? must(virtual_->read_file(name)) : read(host() + "/" + name);
  }
  bool exists(const std::string& name) const {
    return virtual_ ? virtual_->find(name).has_value() : std::filesystem::exists(host() + "/" + name);
  }
  size_t size(const std::string& name) const { return contents(name).size(); }

 private:
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  TempDir beside_;
  std::shared_ptr<VirtualDirectory> virtual_;
};

}  // namespace ermine::test
