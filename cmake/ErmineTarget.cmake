# ermine_library(name SOURCES … DEPENDS …): one folder of src/ as a static library. DEPENDS are the arrows
# the folder may have; nothing else is on its link line, and tools/check_includes.py holds the includes to it.
# INTERNAL: no part of libermine, as nothing in include/ leads to it.
# KEEP_FAST: compiled for speed even where ERMINE_SMALL asks for small code. COLD: small code in every release. WARM:
# likewise, but not at the cost of every loop and call.
function(ermine_library name)
  cmake_parse_arguments(ARG "INTERNAL;KEEP_FAST;COLD;WARM" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ermine_options ${ARG_DEPENDS})
  # The engine throws nothing and asks no object for its type.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
  # Nothing unwinds through it either: the tables would be a tenth of the command.
  # A debugger has them nevertheless, in a section that is never loaded and that strip removes.
  target_compile_options(${name} PRIVATE
    "$<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-fno-asynchronous-unwind-tables;-fforce-dwarf-frame>")
  if(ERMINE_SMALL AND NOT ARG_KEEP_FAST)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Oz> $<$<CONFIG:Release>:SHELL:-Xclang> $<$<CONFIG:Release>:SHELL:-fmerge-functions>
      $<$<CONFIG:Release>:SHELL:-mllvm> $<$<CONFIG:Release>:SHELL:-inline-threshold=15>)
  elseif(ARG_COLD)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Oz>)
  elseif(ARG_WARM)
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-Os>)
  endif()
  if(NOT ARG_INTERNAL)
    set_property(GLOBAL APPEND PROPERTY ERMINE_LIBRARIES ${name})
  endif()
endfunction()
