# Common properties of all tests, however ctest is started: machine code is verified before it runs, also in builds
# without assertions, and a bug that the engine itself detects fails the test, whatever its other results are.
include(GoogleTest)
set(verifies 1)
if(CMAKE_CROSSCOMPILING AND NOT EXISTS ${ERMINE_EMULATED_LIBRARIES}/libcapstone.so.4)
  message(STATUS "Tests run without the verifier of machine code: tools/unpack_packages fetches the library it needs")
  set(verifies 0)
endif()
set(ERMINE_TEST_PROPERTIES ENVIRONMENT ERMINE_VERIFY_CODE=${verifies} FAIL_REGULAR_EXPRESSION "bug of the engine")

# Same arguments as add_test(NAME name COMMAND …).
function(ermine_add_test NAME name)
  add_test(NAME ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES ${ERMINE_TEST_PROPERTIES})
endfunction()

# Adds the tests of a GoogleTest binary. Its own sources are not optimised, unless OPTIMISED in a build without
# sanitizers: that would take longer than it saves when they run.
function(ermine_discover_tests target)
  cmake_parse_arguments(ARG "OPTIMISED" "" "" ${ARGN})
  if(ERMINE_SANITIZE OR NOT ARG_OPTIMISED)
    ermine_precompile(${target} tests)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES ${ERMINE_TEST_PROPERTIES})
endfunction()
