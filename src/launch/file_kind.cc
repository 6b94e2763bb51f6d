#include "launch/file_kind.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/fixed_text.h"
#include "base/format.h"
#include "ermine/component.h"
#include "ermine/printable.h"

namespace ermine::launch {
namespace {

std::string_view view(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The first byte that is not a blank, or nothing.
const uint8_t* first_word(std::span<const uint8_t> bytes) {
  for (const uint8_t& b : bytes)
    if (b != ' ' && b != '\t' && b != '\n' && b != '\r') return &b;
  return nullptr;
}

// What a file is rather than a module, and what to do.
struct Kind {
  base::FixedText<24> begins_with;
  base::FixedText<40> name;
  base::FixedText<92> advice;
  size_t at = 0;  // offset of begins_with
};
constexpr std::string_view kUnpack = "unpack it first";
constexpr std::string_view kNative = "compile the program for WebAssembly, as clang, Go, Rust and others can";
constexpr std::string_view kPrecompiled = "run the module that it was made from";
constexpr std::string_view kSource = "compile it to WebAssembly first";
constexpr std::string_view kLink = "link a program with it and run that";
constexpr std::string_view kBitcode = "link it without -emit-llvm and -flto";
constexpr std::string_view kDownload = "perhaps a page was downloaded instead of the file";
using namespace std::string_view_literals;
constexpr Kind kKinds[] = {
    {"\x1f\x8b"sv, "a file compressed by gzip", kUnpack},
    {"\xfd\x37zXZ\0"sv, "a file compressed by xz", kUnpack},
    {"\x28\xb5\x2f\xfd"sv, "a file compressed by zstd", kUnpack},
    {"BZh"sv, "a file compressed by bzip2", kUnpack},
    {"PK\x03\x04"sv, "a zip archive", kUnpack},
    {"ustar"sv, "a tar archive", kUnpack, 257},
    {"!<arch>\n"sv, "a library of object files", kLink},
    {"!<thin>\n"sv, "a library of object files", kLink},
    {"\x7f"
     "ELF"sv,
     "machine code in an ELF file", kNative},
    {"MZ"sv, "a program for Windows", kNative},
    {"\xcf\xfa\xed\xfe"sv, "machine code in a Mach-O file", kNative},
    {"\xca\xfe\xba\xbe"sv, "a Java class or a universal Mach-O file", kNative},
    {"BC\xc0\xde"sv, "LLVM bitcode", kBitcode},
    {"\xde\xc0\x17\x0b"sv, "LLVM bitcode", kBitcode},
    {"\0aot"sv, "a precompiled module of WAMR", kPrecompiled},
    {"wasmer-universal"sv, "a precompiled module of Wasmer", kPrecompiled},
    {"#!"sv, "a script", "run the program that its first line names, compiled to WebAssembly, and give it the script"},
    {"#include"sv, "C or C++ source", kSource},
    {"#define"sv, "C or C++ source", kSource},
    {"int "sv, "C or C++ source", kSource},
    {"void "sv, "C or C++ source", kSource},
    {"//"sv, "source code", kSource},
    {"/*"sv, "source code", kSource},
    {"package "sv, "source code", kSource},
    {"use "sv, "source code", kSource},
    {"import "sv, "source code", kSource},
    {"fn "sv, "Rust source", kSource},
    {"def "sv, "Python source", kSource},
    {"<!"sv, "HTML or XML", kDownload},
    {"<html"sv, "HTML", kDownload},
    {"<?xml"sv, "XML", kDownload},
    {"version https://git-lfs"sv, "a placeholder of Git LFS", "git lfs pull fetches the file"},
    {"{"sv, "JSON or similar text", "a module is a .wasm or .wat file"},
};

const Kind* kind_of(std::string_view bytes) {
  for (const Kind& k : kKinds)
    if (bytes.size() > k.at && bytes.substr(k.at).starts_with(k.begins_with)) return &k;
  return nullptr;
}

std::string what_is_wrong(std::span<const uint8_t> bytes) {
  if (bytes.empty()) return "the file is empty; perhaps it was not written to the end";
  if (bytes.size() < 4 && "\0asm"sv.starts_with(view(bytes)))
    return "the file ends within its first four bytes; perhaps it was not written to the end";
  if (first_word(bytes) == nullptr) return "the file has only blanks";
  std::string head;
  for (uint8_t b : bytes.first(std::min<size_t>(bytes.size(), 4))) head += base::format(" {:02x}", b);
  return base::format(
      "not a WebAssembly module: it starts with the bytes{:t}; a binary starts with 00 61 73 6d, text with a "
      "parenthesis",
      head);
}

}  // namespace

bool is_binary(std::span<const uint8_t> bytes) {
  return bytes.size() >= 4 && std::memcmp(bytes.data(), "\0asm", 4) == 0;
}

bool looks_like_text(std::span<const uint8_t> bytes, const std::string& path) {
  const uint8_t* first = first_word(bytes);
  return path.ends_with(".wat") || path.ends_with(".wast") || (first != nullptr && (*first == '(' || *first == ';'));
}

bool may_be_text(std::span<const uint8_t> beginning, const std::string& path) {
  return first_word(beginning) == nullptr || looks_like_text(beginning, path);
}

std::optional<Error> not_accepted(std::span<const uint8_t> bytes, const std::string& path, Accepted accepted) {
  auto error = [&path](ErrorKind kind, std::string what) {
    return Error(Error(kind, std::move(what)).with_context(path));
  };
  if (accepted != Accepted::kComponentsToo && Component::is_component(bytes))
    return error(ErrorKind::kUnsupported, "this is a WebAssembly component, and a core module is needed here");
  if (is_binary(bytes)) return std::nullopt;
  if (const Kind* kind = kind_of(view(bytes)))
    return error(ErrorKind::kMalformed,
                 base::format("not a WebAssembly module but {:t}; {:t}", kind->name, kind->advice));
  if (looks_like_text(bytes, path)) return std::nullopt;
  return error(ErrorKind::kMalformed, what_is_wrong(bytes));
}

std::optional<Unlinked> unlinked(const Module& module) {
  if (module.custom_section("dylink.0"))
    return Unlinked{"shared-library", "a shared library, which a dynamic linker has to load",
                    "link the program statically"};
  if (!module.custom_section("linking")) return std::nullopt;
  // The linker keeps this section in a program with --emit-relocs. A program exports its memory, or imports it by the
  // same name; the memory of an object is __linear_memory or has no name.
  constexpr std::string_view kMemory = "memory";
  for (const ExportType& e : module.exports())
    if (e.name == kMemory && e.type.kind == ExternKind::kMemory) return std::nullopt;
  for (const ImportType& i : module.imports())
    if (i.name == kMemory && i.type.kind == ExternKind::kMemory) return std::nullopt;
  return Unlinked{"object", "an object file of a compiler, not a linked program",
                  "link it, as in clang -target wasm32-wasi FILE.o -o app.wasm"};
}

}  // namespace ermine::launch
