# libermine.a for embedders: the objects of the folders of src/ that include/ needs, in one archive, with the public
# headers, a CMake package (find_package(ermine)) and a pkg-config file.
get_property(folders GLOBAL PROPERTY ERMINE_LIBRARIES)
set(objects)
foreach(folder IN LISTS folders)
  list(APPEND objects $<TARGET_OBJECTS:${folder}>)
endforeach()

add_library(libermine STATIC ${objects})
set_target_properties(libermine PROPERTIES OUTPUT_NAME ermine EXPORT_NAME ermine LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
add_library(ermine::ermine ALIAS libermine)
target_include_directories(libermine INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(libermine INTERFACE cxx_std_20)
target_link_libraries(libermine PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
# (Sanitizers' builds are not installed.)
if(NOT ERMINE_SANITIZE)
  add_custom_command(TARGET libermine POST_BUILD VERBATIM COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM}
    -DOBJCOPY=${CMAKE_OBJCOPY} -DARCHIVE=$<TARGET_FILE:libermine> -P ${CMAKE_CURRENT_LIST_DIR}/own_symbols.cmake)
endif()
if(ERMINE_SANITIZE)
  target_link_options(libermine INTERFACE $<BUILD_INTERFACE:-fsanitize=${ERMINE_SANITIZE}>)
endif()

# libermine.so has the C API, and nothing else can be seen in it.
if(TARGET ermine_capi)
  add_library(libermine_shared SHARED ${objects})
  set_target_properties(libermine_shared PROPERTIES OUTPUT_NAME ermine EXPORT_NAME ermine_shared LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION 0 LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set(exports ${PROJECT_SOURCE_DIR}/src/capi/exports.map)
  set_property(TARGET libermine_shared PROPERTY LINK_DEPENDS ${exports})
  target_link_options(libermine_shared PRIVATE -Wl,--version-script=${exports} -Wl,--gc-sections -Wl,-z,defs)
  target_include_directories(libermine_shared INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(libermine_shared PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
  if(ERMINE_SANITIZE)
    target_link_options(libermine_shared PUBLIC $<BUILD_INTERFACE:-fsanitize=${ERMINE_SANITIZE}>)
    set_property(TARGET libermine_shared PROPERTY EXCLUDE_FROM_ALL ON)
  endif()
  add_library(ermine::ermine_shared ALIAS libermine_shared)
endif()

# libextism.so has the C interface of Extism's library. Its SONAME is the file's name, since programs that were linked
# with the original, which has none, need that.
if(TARGET ermine_extism)
  find_package(OpenSSL 3 REQUIRED)
  add_library(extism SHARED $<TARGET_OBJECTS:ermine_extism> ${objects})
  set_target_properties(extism PROPERTIES LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
  set(exports ${PROJECT_SOURCE_DIR}/src/extism/exports.map)
  set_property(TARGET extism PROPERTY LINK_DEPENDS ${exports})
  # Engines have threads: it cannot be unloaded.
  target_link_options(extism PRIVATE -Wl,--version-script=${exports} -Wl,--gc-sections -Wl,-z,defs -Wl,-z,nodelete)
  target_link_libraries(extism PRIVATE OpenSSL::Crypto Threads::Threads ${CMAKE_DL_LIBS})
  if(ERMINE_SANITIZE)
    set_property(TARGET extism PROPERTY EXCLUDE_FROM_ALL ON)
  endif()
endif()

include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ermine)
install(TARGETS libermine EXPORT ermine ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
if(TARGET ermine_capi AND NOT ERMINE_SANITIZE)
  install(TARGETS libermine_shared EXPORT ermine LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library
    NAMELINK_COMPONENT development)
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT ermine NAMESPACE ermine:: FILE ermine-targets.cmake DESTINATION ${package_dir}
  COMPONENT development)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ermine-config.cmake.in ermine-config.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(ermine-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ermine-config.cmake ${PROJECT_BINARY_DIR}/ermine-config-version.cmake
  DESTINATION ${package_dir} COMPONENT development)
file(RELATIVE_PATH PREFIX_FROM_PC /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/cmake/ermine.pc.in ermine.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ermine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
if(TARGET ermine_capi AND NOT ERMINE_SANITIZE)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/ermine-c.pc.in ermine-c.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/ermine-c.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endif()
# Programs for Extism include its header as <extism.h>.
if(TARGET extism AND NOT ERMINE_SANITIZE)
  install(TARGETS extism LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT extism)
  install(FILES ${PROJECT_SOURCE_DIR}/include/ermine/extism.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT extism)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/extism.pc.in extism.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/extism.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT extism)
endif()
if(TARGET ermine)
  install(TARGETS ermine RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)
  install(FILES ${PROJECT_SOURCE_DIR}/docs/man/ermine.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT command)
  set(completions ${PROJECT_SOURCE_DIR}/docs/completions)
  install(FILES ${completions}/ermine.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT command RENAME ermine)
  install(FILES ${completions}/_ermine DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT command)
  install(FILES ${completions}/ermine.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT command)
endif()
