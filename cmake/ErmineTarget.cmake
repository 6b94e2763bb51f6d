# ermine_library(name SOURCES … DEPENDS …): one folder of src/ as a static library. DEPENDS lists the libraries that the
# folder may use; nothing else is on its link line, and tools/check_includes.py compares the includes with it.
# INTERNAL: not a part of libermine, because include/ does not need it.
# KEEP_FAST: compiled for speed even if ERMINE_SMALL asks for small code.
# COLD: compiled for size in every release build.
# WARM: compiled for size as well, but by -Os instead of -Oz, so that loops and calls stay fast.
function(ermine_library name)
  cmake_parse_arguments(ARG "INTERNAL;KEEP_FAST;COLD;WARM" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ermine_options ${ARG_DEPENDS})
  # The engine uses neither exceptions nor RTTI.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
  # Nothing unwinds through the engine either: unwind tables would be a tenth of the command. Debuggers find them in
  # .debug_frame, a section that is never loaded and that strip removes.
  target_compile_options(${name} PRIVATE
    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-fno-asynchronous-unwind-tables;-fforce-dwarf-frame>")
  set(for_size FALSE)
  if(ARG_COLD OR ARG_WARM OR (ERMINE_SMALL AND NOT ARG_KEEP_FAST))
    set(for_size TRUE)
  endif()
  if(for_size AND CMAKE_BUILD_TYPE STREQUAL "Release")
    ermine_precompile(${name} engine_size)
  else()
    ermine_precompile(${name} engine)
  endif()
  if(ERMINE_SMALL AND NOT ARG_KEEP_FAST)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Oz> $<$<CONFIG:Release>:SHELL:-Xclang> $<$<CONFIG:Release>:SHELL:-fmerge-functions>
      $<$<CONFIG:Release>:SHELL:-mllvm> $<$<CONFIG:Release>:SHELL:-inline-threshold=15>)
  elseif(ARG_COLD)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Oz>)
  elseif(ARG_WARM)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
  # Code that is compiled for speed would grow.
  if(ERMINE_UNITY AND for_size)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON)
  endif()
  if(NOT ARG_INTERNAL)
    set_property(GLOBAL APPEND PROPERTY ERMINE_LIBRARIES ${name})
  endif()
endfunction()

# ermine_plugin(name SOURCES … DEPENDS …): libermine-NAME.so, which open_plugin() finds (src/platform/library_file.cc). The
# target is ermine_NAME, the component that installs it NAME.
# OF_ENGINE: compiled as the engine is, without exceptions and RTTI, and only what is used of it is kept.
# SHARED_CXX: with the system's C++ library, instead of a copy of it.
function(ermine_plugin name)
  cmake_parse_arguments(ARG "OF_ENGINE;SHARED_CXX" "" "SOURCES;DEPENDS" ${ARGN})
  set(target ermine_${name})
  add_library(${target} MODULE ${ARG_SOURCES})
  set_target_properties(${target} PROPERTIES PREFIX lib OUTPUT_NAME ermine-${name} CXX_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  target_link_libraries(${target} PRIVATE ermine_options ${ARG_DEPENDS})
  if(ARG_OF_ENGINE)
    set_target_properties(${target} PROPERTIES VISIBILITY_INLINES_HIDDEN ON)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -ffunction-sections -fdata-sections>)
    target_link_options(${target} PRIVATE -Wl,--gc-sections)
  endif()
  if(NOT ERMINE_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL)
    if(ARG_OF_ENGINE)
      target_link_options(${target} PRIVATE -Wl,-z,defs)
    endif()
    if(NOT ARG_SHARED_CXX)
      target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
    endif()
  endif()
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT ${name})
endfunction()
