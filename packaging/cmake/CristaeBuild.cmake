# Compiler settings and the few functions with which a folder says what it builds.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

include(CristaeHardening)

# Files with costly headers are compiled several at a time, and headers once, except where tools look at single files.
set(CRISTAE_UNITY ON)
if(CRISTAE_LINT)
    set(CRISTAE_UNITY OFF)
    set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

find_program(CRISTAE_CCACHE ccache)
if(CRISTAE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache has to be told that precompiled headers are no reason to give up.
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${CRISTAE_CCACHE}")
endif()

add_library(cristae_options INTERFACE)
target_include_directories(cristae_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(cristae_options INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
target_compile_definitions(cristae_options INTERFACE CRISTAE_VERSION="${PROJECT_VERSION}")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 to 14 take std::string constants for accesses out of bounds (its bugs 105329 and 105651).
    target_compile_options(cristae_options INTERFACE
        -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
        # They take what is found in a list for a part of the temporary that it is looked up by (findExporter).
        target_compile_options(cristae_options INTERFACE -Wno-dangling-reference)
    endif()
endif()
if(CRISTAE_DEV OR CRISTAE_WERROR)
    target_compile_options(cristae_options INTERFACE -Werror)
endif()
if(CRISTAE_DEV)
    target_compile_options(cristae_options INTERFACE -UNDEBUG)
endif()
if(CRISTAE_SANITIZE)
    target_compile_options(cristae_options INTERFACE
        -fsanitize=address,undefined -fno-omit-frame-pointer -UNDEBUG -D_GLIBCXX_ASSERTIONS)
    target_link_options(cristae_options INTERFACE -fsanitize=address,undefined)
endif()

# cristae_library(NAME sources... [LINK targets...] [PRIVATE_LINK targets...])
# A static library of one folder; LINK names the folders below it.
function(cristae_library name)
    cmake_parse_arguments(arg "" "" "LINK;PRIVATE_LINK" ${ARGN})
    add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PUBLIC cristae_options ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
    # The standard library, JSON and fmt are in nearly every file: compiled once, in the lowest folder.
    if(TARGET cristae_base AND NOT name STREQUAL cristae_base)
        target_precompile_headers(${name} REUSE_FROM cristae_base)
    else()
        target_precompile_headers(${name} PRIVATE
            <algorithm> <filesystem> <functional> <map> <memory> <optional> <string> <vector> <fmt/format.h> <nlohmann/json.hpp>)
    endif()
endfunction()

# cristae_register(TARGET FOLDER folder TYPE Type HEADER header LIST function NAMES a b_c ...)
# Adds folder/a.cpp, folder/b_c.cpp to TARGET and generates `std::vector<std::unique_ptr<Type>> function()`,
# which calls makeAType(), makeBCType() in that order. So a new item is one new file and one name here.
function(cristae_register target)
    cmake_parse_arguments(arg "" "FOLDER;TYPE;HEADER;LIST" "NAMES" ${ARGN})
    set(declarations "")
    set(calls "")
    foreach(name IN LISTS arg_NAMES)
        target_sources(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/${arg_FOLDER}/${name}.cpp")
        string(REPLACE "_" ";" words "${name}")
        set(camel "")
        foreach(word IN LISTS words)
            string(SUBSTRING "${word}" 0 1 first)
            string(SUBSTRING "${word}" 1 -1 rest)
            string(TOUPPER "${first}" first)
            string(APPEND camel "${first}${rest}")
        endforeach()
        string(APPEND declarations "std::unique_ptr<${arg_TYPE}> make${camel}${arg_TYPE}();\n")
        string(APPEND calls "    items.push_back(make${camel}${arg_TYPE}());\n")
    endforeach()
    set(generated "${CMAKE_CURRENT_BINARY_DIR}/${arg_LIST}.cpp")
    file(CONFIGURE OUTPUT "${generated}" CONTENT [[// Generated: the registered items of one kind, in the order of the CMake list.
#include "@arg_HEADER@"

namespace cristae {
@declarations@
std::vector<std::unique_ptr<@arg_TYPE@>> @arg_LIST@() {
    std::vector<std::unique_ptr<@arg_TYPE@>> items;
@calls@    return items;
}
} // namespace cristae
]] @ONLY)
    target_sources(${target} PRIVATE "${generated}")
endfunction()
