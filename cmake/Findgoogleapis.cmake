# Sets googleapis_DIR to the directory that holds google/rpc/status.proto: that of the PyPI package
# googleapis-common-protos, in the checkout's .venv or wherever python3 finds it.
set(KERNELSERVE_GOOGLEAPIS_DIR "" CACHE PATH "Directory that holds google/rpc/status.proto")

if(NOT EXISTS "${KERNELSERVE_GOOGLEAPIS_DIR}/google/rpc/status.proto")
  file(GLOB site_packages "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages")
  find_program(googleapis_PYTHON NAMES python3 NO_CACHE)
  if(googleapis_PYTHON)
    execute_process(
      COMMAND "${googleapis_PYTHON}" -c "import sys; print(';'.join(sys.path), end='')"
      OUTPUT_VARIABLE python_path ERROR_QUIET)
  endif()
  find_path(googleapis_FOUND_DIR google/rpc/status.proto
    PATHS "${PROJECT_SOURCE_DIR}/.deps/googleapis" ${site_packages} ${python_path} NO_CACHE)
  if(googleapis_FOUND_DIR)
    set(KERNELSERVE_GOOGLEAPIS_DIR "${googleapis_FOUND_DIR}" CACHE PATH
      "Directory that holds google/rpc/status.proto" FORCE)
  endif()
endif()
set(googleapis_DIR "${KERNELSERVE_GOOGLEAPIS_DIR}")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(googleapis REQUIRED_VARS googleapis_DIR
  REASON_FAILURE_MESSAGE "run ./dev setup, or: pip install googleapis-common-protos")
