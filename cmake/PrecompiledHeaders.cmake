# ermine_precompile(target kind): the target's sources use a precompiled form of the standard library's headers; reading
# them was half of what most sources took to compile. Only headers that do not change are in it. Sources still include
# what they use: a build with ERMINE_PCH off compiles without the list. Kinds, because language options and
# whether the compiler optimises must be the same:
#   engine, engine_size  no exceptions; optimised for speed or for size
#   command              with exceptions, but no RTTI
#   programs             the same for executables and what only they use, optimised for speed
#   tests                executables with GoogleTest's headers, not optimised
# A source with other options of that sort needs SKIP_PRECOMPILE_HEADERS.
option(ERMINE_PCH "Compile the standard library's headers once" ON)

set(ERMINE_STANDARD_HEADERS algorithm array atomic bit cerrno charconv chrono cstddef cstdint cstdio cstdlib cstring deque
  functional iterator map memory mutex optional set span string string_view tuple type_traits unordered_map unordered_set
  utility variant vector)
list(TRANSFORM ERMINE_STANDARD_HEADERS REPLACE "(.+)" "<\\1>")

function(ermine_precompiled_headers kind)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS;OPTIONS" ${ARGN})
  set(source ${PROJECT_BINARY_DIR}/precompiled/${kind}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// A library must have a source.\n")
  add_library(ermine_precompiled_${kind} OBJECT ${source})
  target_link_libraries(ermine_precompiled_${kind} PRIVATE ermine_options ${ARG_LIBRARIES})
  # A compiler cache compares contents, not times.
  target_compile_options(ermine_precompiled_${kind} PRIVATE SHELL:-Xclang SHELL:-fno-pch-timestamp ${ARG_OPTIONS})
  list(TRANSFORM ARG_HEADERS REPLACE "(.+)" "<\\1>")
  target_precompile_headers(ermine_precompiled_${kind} PRIVATE ${ERMINE_STANDARD_HEADERS} ${ARG_HEADERS})
endfunction()

function(ermine_precompile target kind)
  if(NOT ERMINE_PCH)
    return()
  endif()
  if(NOT TARGET ermine_precompiled_${kind})
    if(kind STREQUAL "tests")
      ermine_precompiled_headers(tests LIBRARIES GTest::gtest HEADERS filesystem fstream thread gtest/gtest.h OPTIONS -O0 -fPIE)
    elseif(kind STREQUAL "programs")
      ermine_precompiled_headers(programs OPTIONS -fPIE)
    elseif(kind STREQUAL "command")
      ermine_precompiled_headers(command OPTIONS -fno-rtti $<$<CONFIG:Release>:-Oz>)
    elseif(kind STREQUAL "engine_size")
      ermine_precompiled_headers(engine_size OPTIONS -fno-exceptions -fno-rtti $<$<CONFIG:Release>:-Oz>)
    else()
      ermine_precompiled_headers(engine OPTIONS -fno-exceptions -fno-rtti)
    endif()
  endif()
  if(kind STREQUAL "tests" OR kind STREQUAL "programs")
    target_compile_options(${target} PRIVATE -fPIE)  # libraries as well
  endif()
  target_precompile_headers(${target} REUSE_FROM ermine_precompiled_${kind})
endfunction()
