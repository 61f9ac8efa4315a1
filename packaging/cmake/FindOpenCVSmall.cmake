# FindOpenCVSmall: opencv_core and opencv_imgproc without OpenCV's own package files.
# Those demand every OpenCV module (1.5 GB of packages on Debian); the program needs two.
# Result: target OpenCVSmall::OpenCVSmall, OpenCVSmall_VERSION.
find_path(OpenCVSmall_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(OpenCVSmall_CORE_LIBRARY opencv_core)
find_library(OpenCVSmall_IMGPROC_LIBRARY opencv_imgproc)
mark_as_advanced(OpenCVSmall_INCLUDE_DIR OpenCVSmall_CORE_LIBRARY OpenCVSmall_IMGPROC_LIBRARY)

if(OpenCVSmall_INCLUDE_DIR AND EXISTS "${OpenCVSmall_INCLUDE_DIR}/opencv2/core/version.hpp")
    file(STRINGS "${OpenCVSmall_INCLUDE_DIR}/opencv2/core/version.hpp" lines REGEX "#define CV_VERSION_(MAJOR|MINOR|REVISION) ")
    string(REGEX REPLACE "[^0-9;]" "" OpenCVSmall_VERSION "${lines}")
    string(REPLACE ";" "." OpenCVSmall_VERSION "${OpenCVSmall_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVSmall
    REQUIRED_VARS OpenCVSmall_CORE_LIBRARY OpenCVSmall_IMGPROC_LIBRARY OpenCVSmall_INCLUDE_DIR
    VERSION_VAR OpenCVSmall_VERSION
    REASON_FAILURE_MESSAGE "install libopencv-core-dev and libopencv-imgproc-dev")

if(OpenCVSmall_FOUND AND NOT TARGET OpenCVSmall::OpenCVSmall)
    add_library(OpenCVSmall::OpenCVSmall INTERFACE IMPORTED)
    target_include_directories(OpenCVSmall::OpenCVSmall SYSTEM INTERFACE "${OpenCVSmall_INCLUDE_DIR}")
    target_link_libraries(OpenCVSmall::OpenCVSmall INTERFACE
        "${OpenCVSmall_IMGPROC_LIBRARY}" "${OpenCVSmall_CORE_LIBRARY}")
endif()
