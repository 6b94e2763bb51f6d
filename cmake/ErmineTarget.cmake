# ermine_library(name SOURCES … DEPENDS …): one folder of src/ as a static library. DEPENDS are the arrows
# the folder may have; nothing else is on its link line.
add_library(ermine_options INTERFACE)
target_compile_options(ermine_options INTERFACE
  -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -fvisibility=hidden
  $<$<BOOL:${ERMINE_WERROR}>:-Werror>)
target_include_directories(ermine_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
if(ERMINE_SANITIZE)
  target_compile_options(ermine_options INTERFACE -fsanitize=${ERMINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(ermine_options INTERFACE -fsanitize=${ERMINE_SANITIZE})
endif()

function(ermine_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ermine_options ${ARG_DEPENDS})
  # The engine throws nothing and asks no object for its type.
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
endfunction()
