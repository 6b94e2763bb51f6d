# Builds for AArch64 on another Linux machine: clang with Debian's cross libraries (tools/packages.txt: aarch64).
# Programs of the build and the tests run under qemu's user-mode emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(triple aarch64-linux-gnu)
set(libraries /usr/${triple})

set(CMAKE_C_COMPILER_TARGET ${triple})
set(CMAKE_CXX_COMPILER_TARGET ${triple})
set(CMAKE_ASM_COMPILER_TARGET ${triple})
# Debian's loader and libraries for another machine are not at the paths that a program asks for. The address space has
# 64 GiB (-R), because qemu 7 keeps a record of every page that was ever reserved, and memories reserve millions.
# build/arm64 has the libraries that Debian has no cross package for: tools/unpack_packages emulated arm64 build/arm64.
set(ERMINE_EMULATED_ROOT ${CMAKE_CURRENT_LIST_DIR}/../../build/arm64)
cmake_path(NORMAL_PATH ERMINE_EMULATED_ROOT)
set(ERMINE_EMULATED_LIBRARIES ${ERMINE_EMULATED_ROOT}/usr/lib/${triple})
find_program(ERMINE_QEMU_AARCH64 qemu-aarch64)
if(ERMINE_QEMU_AARCH64)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${ERMINE_QEMU_AARCH64} -R 0x1000000000 -L ${libraries}
    -E LD_LIBRARY_PATH=${ERMINE_EMULATED_LIBRARIES}:${ERMINE_EMULATED_ROOT}/lib/${triple})
endif()

set(CMAKE_FIND_ROOT_PATH ${libraries})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
# {fmt}, CLI11 and nlohmann-json are used as headers only, so the packages of the build machine are sufficient.
execute_process(COMMAND dpkg-architecture -qDEB_BUILD_MULTIARCH OUTPUT_VARIABLE build_machine
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT build_machine)
  set(build_machine ${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu)
endif()
list(APPEND CMAKE_PREFIX_PATH /usr/lib/${build_machine}/cmake)
