#include "platform/library_needs.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "platform/mapped_file.h"

namespace ermine::platform {

namespace {

constexpr const char* kSystemList = "/etc/ld.so.cache";

struct LibraryNeeds {
  std::vector<std::string> names, directories;
};

// Reads of a file that may be anything.
class ElfFile {
 public:
  explicit ElfFile(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  template <class T>
  bool read(uint64_t at, T& out) const {
    if (at > bytes_.size() || sizeof(T) > bytes_.size() - at) return false;
    std::memcpy(&out, bytes_.data() + at, sizeof out);
    return true;
  }
  bool text(uint64_t at, std::string& out) const {
    if (at >= bytes_.size()) return false;
    const auto* const begin = reinterpret_cast<const char*>(bytes_.data() + at);
    const size_t length = strnlen(begin, bytes_.size() - at);
    out.assign(begin, length);
    return length < bytes_.size() - at;
  }

 private:
  const std::span<const uint8_t> bytes_;
};

void add_directories(const std::string& list, const std::string& origin, std::vector<std::string>& out) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(':', begin), list.size());
    std::string directory = list.substr(begin, end - begin);
    for (const std::string_view variable : {"$ORIGIN", "${ORIGIN}"})
      if (directory.starts_with(variable)) directory.replace(0, variable.size(), origin);
    if (!directory.empty()) out.push_back(std::move(directory));
    begin = end + 1;
  }
}

// Nothing: it is not a library of this machine.
std::optional<LibraryNeeds> read_needs(const std::string& path) {
  const Result<FileBytes> mapped = map_file(path, uint64_t{1} << 32);
  if (!mapped) return std::nullopt;
  const ElfFile file(mapped->bytes);
  ElfW(Ehdr) header;
  if (!file.read(0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != (sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32) ||
      header.e_phentsize != sizeof(ElfW(Phdr)))
    return std::nullopt;
  std::vector<ElfW(Phdr)> segments(header.e_phnum);
  for (size_t i = 0; i < segments.size(); ++i)
    if (!file.read(header.e_phoff + i * sizeof(ElfW(Phdr)), segments[i])) return std::nullopt;
  const auto dynamic = std::ranges::find(segments, uint32_t{PT_DYNAMIC}, &ElfW(Phdr)::p_type);
  if (dynamic == segments.end()) return LibraryNeeds{};
  std::vector<uint64_t> names, paths;
  uint64_t strings = 0;
  for (uint64_t at = 0; at < dynamic->p_filesz; at += sizeof(ElfW(Dyn))) {
    ElfW(Dyn) entry;
    if (!file.read(dynamic->p_offset + at, entry)) return std::nullopt;
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_NEEDED) names.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) paths.push_back(entry.d_un.d_val);
    if (entry.d_tag == DT_STRTAB)
      for (const ElfW(Phdr) & s : segments)
        if (s.p_type == PT_LOAD && entry.d_un.d_ptr - s.p_vaddr < s.p_filesz)
          strings = entry.d_un.d_ptr - s.p_vaddr + s.p_offset;
  }
  LibraryNeeds needs;
  const std::string origin = path.substr(0, path.rfind('/'));
  std::string text;
  for (const uint64_t at : names) {
    if (!file.text(strings + at, text)) return std::nullopt;
    needs.names.push_back(text);
  }
  for (const uint64_t at : paths) {
    if (!file.text(strings + at, text)) return std::nullopt;
    add_directories(text, origin, needs.directories);
  }
  return needs;
}

// The names of the libraries that are loaded. (Asking dlopen() for one that is not would read its file.)
std::vector<std::string> loaded_libraries() {
  std::vector<std::string> names;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        const std::string_view path = info->dlpi_name;
        static_cast<std::vector<std::string>*>(out)->emplace_back(path.substr(path.rfind('/') + 1));
        return 0;
      },
      &names);
  return names;
}

std::vector<std::string> system_directories() {
  std::vector<std::string> directories;
  void* const program = dlopen(nullptr, RTLD_LAZY);
  if (program == nullptr) return directories;
  Dl_serinfo size;
  if (dlinfo(program, RTLD_DI_SERINFOSIZE, &size) == 0) {
    std::vector<uint64_t> space(size.dls_size / sizeof(uint64_t) + 1);
    auto* const info = reinterpret_cast<Dl_serinfo*>(space.data());
    info->dls_size = size.dls_size, info->dls_cnt = size.dls_cnt;
    if (dlinfo(program, RTLD_DI_SERINFO, info) == 0)
      for (unsigned i = 0; i < info->dls_cnt; ++i) directories.emplace_back(info->dls_serpath[i].dls_name);
  }
  dlclose(program);
  return directories;
}

}  // namespace

std::string find_library(const std::string& file) {
  for (const std::string& directory : system_directories()) {
    std::string path = directory + "/" + file;
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  return {};
}

std::optional<std::vector<std::string>> places_of_library(const std::string& path) {
  const std::optional<LibraryNeeds> needs = read_needs(path);
  if (!needs) return std::nullopt;
  std::vector<std::string> places = needs->directories;
  const std::vector<std::string> system = system_directories(), loaded = loaded_libraries();
  places.insert(places.end(), system.begin(), system.end());
  std::erase_if(places, [](const std::string& place) { return access(place.c_str(), R_OK | X_OK) != 0; });
  for (const std::string& name : needs->names) {
    const auto has_it = [&](const std::string& d) { return access((d + "/" + name).c_str(), R_OK) == 0; };
    if (std::ranges::find(loaded, name) == loaded.end() && std::ranges::none_of(places, has_it)) return std::nullopt;
  }
  places.push_back(path);
  if (access(kSystemList, R_OK) == 0) places.emplace_back(kSystemList);
  return places;
}

}  // namespace ermine::platform
