# Compiler flags: the interface library ermine_options carries the flags of all targets; ccache and lld are used if they
# are installed.
find_program(ERMINE_CCACHE ccache)
if(ERMINE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the checkout are hashed relative to it, so that one checkout can use the cache entries of another.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true
    CCACHE_SLOPPINESS=pch_defines,time_macros ${ERMINE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# Release is -O2. Handlers ask for -O3 themselves; elsewhere -O3 adds size, not speed.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")

# An embedder may link libermine.a into a shared object. Its few thread-local variables have a fixed offset from the thread
# pointer, which also works in libraries that are loaded later: the C library keeps some space for that.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(ermine_options INTERFACE)
target_compile_options(ermine_options INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -fvisibility=hidden
  -ftls-model=initial-exec
  $<$<BOOL:${ERMINE_WERROR}>:-Werror>
  # A switch over an enumeration that has no default must have all cases.
  -Werror=switch)
target_include_directories(ermine_options INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src>)

# x86-64-v2 (SSE4.2, popcnt; every server since 2009) makes SIMD and bit counting single instructions.
if(ERMINE_ARCH STREQUAL "default")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
    target_compile_options(ermine_options INTERFACE -march=x86-64-v2)
  endif()
elseif(ERMINE_ARCH)
  target_compile_options(ermine_options INTERFACE -march=${ERMINE_ARCH})
endif()

# Parts that a build may leave out.
set(ERMINE_LEFT_OUT "")
foreach(part PAIRS SIMD OBJECT_OPS THREADS)
  if(NOT ERMINE_${part})
    list(APPEND ERMINE_LEFT_OUT ERMINE_WITHOUT_${part})
  endif()
endforeach()
target_compile_definitions(ermine_options INTERFACE ${ERMINE_LEFT_OUT})

# Unused functions of the static libraries are not linked into the command.
target_compile_options(ermine_options INTERFACE -ffunction-sections -fdata-sections)
target_link_options(ermine_options INTERFACE -Wl,--gc-sections -Wl,--as-needed)
find_program(ERMINE_LLD ld.lld-19)
if(ERMINE_LLD)
  # Functions with the same code are merged (no code here compares function addresses), and relative relocations take
  # one bit instead of 24 bytes (glibc 2.36, Debian 12's, supports that).
  target_link_options(ermine_options INTERFACE -fuse-ld=lld -Wl,--icf=all -Wl,-z,pack-relative-relocs)
endif()

if(ERMINE_SANITIZE)
  # vptr checks need RTTI, which the engine is built without. object-size finds what AddressSanitizer finds, and takes a
  # quarter of the time that clang needs.
  target_compile_options(ermine_options INTERFACE -fsanitize=${ERMINE_SANITIZE} -fno-sanitize=vptr,object-size
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ermine_options INTERFACE -fsanitize=${ERMINE_SANITIZE})
endif()
if(ERMINE_FUZZ)
  target_compile_options(ermine_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
