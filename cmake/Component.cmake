# kernels/ and server/ are each one library with its unit tests, benchmarks and fuzzers standing
# beside the code they cover. Sources are told apart by name, so that a new one needs no line here.

# Sorts every .cc at or below the calling directory into the caller's variables
#   <prefix>_sources     the library
#   <prefix>_tests       *_test.cc
#   <prefix>_benchmarks  *_benchmark.cc
#   <prefix>_fuzzers     *_fuzz.cc
function(sort_sources prefix)
  file(GLOB_RECURSE all CONFIGURE_DEPENDS LIST_DIRECTORIES false *.cc)
  group_sources(${all})
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|benchmark|fuzz)\\.cc$")
  set(${prefix}_sources ${sources} PARENT_SCOPE)
  foreach(kind test benchmark fuzz)
    set(matching ${all})
    list(FILTER matching INCLUDE REGEX "_${kind}\\.cc$")
    set(${kind}s ${matching})
  endforeach()
  set(${prefix}_tests ${tests} PARENT_SCOPE)
  set(${prefix}_benchmarks ${benchmarks} PARENT_SCOPE)
  set(${prefix}_fuzzers ${fuzzs} PARENT_SCOPE)
endfunction()

# Under CMAKE_UNITY_BUILD, the files of a group are compiled as one. Which group a file is in
# depends on its name alone, so that a new file has no other group compiled again.
function(group_sources)
  foreach(source IN LISTS ARGN)
    file(RELATIVE_PATH name "${PROJECT_SOURCE_DIR}" "${source}")
    string(MD5 hash "${name}")
    string(SUBSTRING "${hash}" 0 1 digit)
    math(EXPR group "0x${digit} % 8")
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}")
    # Highway has these include themselves, once for each kind of processor.
    file(STRINGS "${source}" includes_itself REGEX "^#include \"hwy/foreach_target\\.h\"")
    if(includes_itself)
      set_source_files_properties("${source}" PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()

function(compile_in_groups target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

# One binary of all unit tests of a library. `SOURCES` may be empty: then there is none.
function(add_unit_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS OR NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  compile_in_groups(${name})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest_main)
  # Half of the time that a test takes to compile would go into optimizing its own checks.
  if(KERNELSERVE_SANITIZE)
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# Not part of `all`: `./dev bench` asks for it by name.
function(add_benchmarks name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS OR NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE
    ${arg_LIBRARIES} benchmark::benchmark benchmark::benchmark_main)
endfunction()

# A target <stem>_fuzz for each <stem>_fuzz.cc. Findings and seeds are files in <stem>_corpus/
# beside it. Under KERNELSERVE_FUZZ it is linked with libFuzzer; else with a driver that runs
# the files and directories given as arguments, as the test of the same name does with the corpus.
function(add_fuzzers)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "SOURCES;LIBRARIES")
  if(NOT KERNELSERVE_BUILD_TESTS)
    return()
  endif()
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "_fuzz\\.cc$" "_corpus" corpus "${source}")
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE ${arg_LIBRARIES})
    if(KERNELSERVE_FUZZ)
      target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
      target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/cmake/fuzz_replay.cc")
      add_test(NAME ${name} COMMAND ${name} "${corpus}")
    endif()
  endforeach()
endfunction()
