# Every third-party library, by find_package, as an imported target. `./dev setup` installs them:
# from Debian, and Highway, prometheus-cpp and CivetWeb (of which Debian has no static libraries)
# into .deps/.

find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(hwy REQUIRED CONFIG)
find_package(gmp REQUIRED)
find_package(OpenSSL REQUIRED)

# Protobuf 22 and newer must be found by its own package file; older ones are found by CMake's.
find_package(Protobuf QUIET CONFIG)
if(NOT Protobuf_FOUND)
  find_package(Protobuf REQUIRED MODULE)
endif()
find_package(googleapis REQUIRED)

if(KERNELSERVE_GRPC)
  find_package(gRPC REQUIRED CONFIG)
  # Header-only, both: the distribution has them as shared libraries, and links even the header-only
  # spdlog with a shared fmt.
  find_package(fmt REQUIRED CONFIG)
  find_package(spdlog REQUIRED CONFIG)
  find_package(prometheus-cpp REQUIRED CONFIG)
  find_package(civetweb REQUIRED CONFIG)
  set_target_properties(spdlog::spdlog_header_only PROPERTIES
    INTERFACE_LINK_LIBRARIES "fmt::fmt-header-only;Threads::Threads")
endif()

if(KERNELSERVE_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
endif()

# Makes each imported library found so far link as the archive beside its shared object: the
# distribution's package files name shared objects only, although it ships both. What has no archive
# stays as it is, and fails the link with its name if the binary needs it.
function(prefer_static_archives)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$")
      continue()
    endif()
    get_target_property(configurations ${target} IMPORTED_CONFIGURATIONS)
    set(properties IMPORTED_LOCATION)
    foreach(configuration IN LISTS configurations)
      if(configuration)
        list(APPEND properties IMPORTED_LOCATION_${configuration})
      endif()
    endforeach()
    foreach(property IN LISTS properties)
      get_target_property(location ${target} ${property})
      if(location)
        string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${location}")
        if(EXISTS "${archive}")
          set_target_properties(${target} PROPERTIES ${property} "${archive}")
        endif()
      endif()
    endforeach()
  endforeach()
endfunction()

if(KERNELSERVE_STATIC)
  prefer_static_archives()
endif()
