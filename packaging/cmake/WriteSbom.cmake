# Run by the installation when everything else is in place: writes share/doc/cristae/cristae.cdx.json, a list of what lies
# there (CycloneDX 1.5). It describes the files found, and names for what is not ours where it came from.
# Given: version, wheel_lists (sha256sum files of the LibTorch that is inside), plugin_packages (Debian names), architecture
# (the folder of libraries: x86_64-linux-gnu).
cmake_minimum_required(VERSION 3.25)
set(prefix "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}")
set(components "")
set(direct_packages "")

# Sets RESULT to the JSON string of TEXT.
function(json_string result text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n" text "${text}")
    set(${result} "\"${text}\"" PARENT_SCOPE)
endfunction()

# add_component(TYPE NAME [FILE] [REF ref] [VERSION v] [PURL purl] [SHA256 sum] [SPDX id] [LICENCE words] [OUTSIDE])
# FILE: the name is the path of a file in the installation. OUTSIDE: needed, but not in this package.
function(add_component type name)
    cmake_parse_arguments(PARSE_ARGV 2 arg "FILE;OUTSIDE" "REF;VERSION;PURL;SHA256;SPDX;LICENCE" "")
    if(arg_FILE)
        file(SHA256 "${prefix}/${name}" arg_SHA256)
    endif()
    if(NOT arg_REF)
        set(arg_REF "${name}")
    endif()
    json_string(name "${name}")
    json_string(ref "${arg_REF}")
    set(json "{\"type\": \"${type}\", \"bom-ref\": ${ref}, \"name\": ${name}")
    if(arg_VERSION)
        string(APPEND json ", \"version\": \"${arg_VERSION}\"")
    endif()
    if(arg_OUTSIDE)
        string(APPEND json ", \"properties\": [{\"name\": \"cristae:inside\", \"value\": \"false\"}]")
    endif()
    if(arg_SHA256)
        string(APPEND json ", \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"${arg_SHA256}\"}]")
    endif()
    if(arg_SPDX)
        string(APPEND json ", \"licenses\": [{\"license\": {\"id\": \"${arg_SPDX}\"}}]")
    elseif(arg_LICENCE)
        json_string(licence "${arg_LICENCE}")
        string(APPEND json ", \"licenses\": [{\"license\": {\"name\": ${licence}}}]")
    endif()
    if(arg_PURL)
        string(APPEND json ", \"purl\": \"${arg_PURL}\"")
    endif()
    string(APPEND components "${json}},\n    ")
    set(components "${components}" PARENT_SCOPE)
endfunction()

# The programs, the engine and the libraries that travel along.
file(GLOB_RECURSE binaries RELATIVE "${prefix}" "${prefix}/bin/cristae*" "${prefix}/lib/cristae/*.so*")
list(SORT binaries)
set(own_binaries "")
set(inside "")
foreach(path IN LISTS binaries)
    cmake_path(GET path FILENAME name)
    list(APPEND inside "${name}")
    if(path MATCHES "^lib/cristae/(torch|nvidia)/")
        add_component(file "${path}" FILE)
    else()
        add_component(file "${path}" FILE SPDX GPL-3.0-or-later)
        list(APPEND own_binaries "${path}")
    endif()
endforeach()

# The wheels that those libraries were unpacked from, as they were checked when they were fetched.
foreach(list IN LISTS wheel_lists)
    if(NOT EXISTS "${prefix}/lib/cristae/torch")
        break()
    endif()
    file(STRINGS "${list}" lines REGEX "^[0-9a-f]+  ")
    foreach(line IN LISTS lines)
        string(REGEX MATCH "^([0-9a-f]+)  (([^-]+)-([^-]+)-.*)$" line "${line}")
        set(sum "${CMAKE_MATCH_1}")
        set(wheel_version "${CMAKE_MATCH_4}")
        string(REPLACE "_" "-" project "${CMAKE_MATCH_3}")
        set(licence LICENCE "NVIDIA proprietary software licence")
        if(project STREQUAL "torch")
            set(licence SPDX BSD-3-Clause)
        endif()
        add_component(library "${project}" REF "pkg:pypi/${project}@${wheel_version}" VERSION "${wheel_version}"
            PURL "pkg:pypi/${project}@${wheel_version}" SHA256 ${sum} ${licence})
    endforeach()
endforeach()

# Models, with the licence of their card: a safetensors file begins with the length of its JSON header.
file(GLOB models RELATIVE "${prefix}" "${prefix}/share/cristae/models/*.safetensors")
foreach(path IN LISTS models)
    file(READ "${prefix}/${path}" length LIMIT 4 HEX)
    string(REGEX REPLACE "(..)(..)(..)(..)" "0x\\4\\3\\2\\1" length "${length}")
    math(EXPR length "${length}")
    file(READ "${prefix}/${path}" header OFFSET 8 LIMIT ${length})
    string(JSON card GET "${header}" __metadata__ cristae.card)
    string(JSON licence GET "${card}" licence)
    add_component(machine-learning-model "${path}" FILE LICENCE "${licence}")
endforeach()

# Sample micrographs, with the licences that their index states.
if(EXISTS "${prefix}/share/cristae/samples/index.json")
    file(READ "${prefix}/share/cristae/samples/index.json" index)
    string(JSON count LENGTH "${index}")
    math(EXPR last "${count} - 1")
    foreach(i RANGE ${last})
        string(JSON name GET "${index}" ${i} file)
        string(JSON licence GET "${index}" ${i} licence)
        add_component(data "share/cristae/samples/${name}" FILE LICENCE "${licence}")
    endforeach()
endif()

# Debian packages with the shared libraries that our own binaries name, the plug-ins and the font of the window.
set(distribution debian)
if(EXISTS /etc/os-release)
    file(STRINGS /etc/os-release distribution REGEX "^ID=")
    string(REGEX REPLACE "^ID=|\"" "" distribution "${distribution}")
endif()
find_program(readelf readelf)
find_program(dpkg_query dpkg-query)
set(packages ${plugin_packages})
foreach(path IN LISTS own_binaries)
    if(readelf AND dpkg_query)
        execute_process(COMMAND "${readelf}" -dW "${prefix}/${path}" OUTPUT_VARIABLE text)
        string(REGEX MATCHALL "\\(NEEDED\\)[^\n]*" needed "${text}")
        foreach(line IN LISTS needed)
            string(REGEX REPLACE ".*\\[|\\]" "" library "${line}")
            if(NOT library IN_LIST inside)
                execute_process(COMMAND "${dpkg_query}" -S "*/${architecture}/${library}" OUTPUT_VARIABLE owner ERROR_QUIET)
                string(REGEX MATCH "^[^:, ]+" owner "${owner}")
                list(APPEND packages ${owner})
            endif()
        endforeach()
    endif()
endforeach()
list(REMOVE_DUPLICATES packages)
list(SORT packages)
foreach(package IN LISTS packages)
    execute_process(COMMAND "${dpkg_query}" -W "-f=\${Version} \${Architecture}" "${package}"
        OUTPUT_VARIABLE found ERROR_QUIET RESULT_VARIABLE missing)
    if(missing)
        add_component(library "${package}" OUTSIDE)
    else()
        string(REGEX MATCH "^([^ ]+) (.*)$" found "${found}")
        string(REPLACE "+" "%2B" escaped "${package}@${CMAKE_MATCH_1}")
        add_component(library "${package}" VERSION "${CMAKE_MATCH_1}" OUTSIDE PURL "pkg:deb/${distribution}/${escaped}?arch=${CMAKE_MATCH_2}")
    endif()
endforeach()

string(REGEX REPLACE ",\n    $" "" components "${components}")
set(target "${prefix}/share/doc/cristae/cristae.cdx.json")
message(STATUS "Writing: ${target}")
file(WRITE "${target}" "{
  \"bomFormat\": \"CycloneDX\",
  \"specVersion\": \"1.5\",
  \"version\": 1,
  \"metadata\": {
    \"component\": {\"type\": \"application\", \"bom-ref\": \"cristae\", \"name\": \"cristae\", \"version\": \"${version}\",
      \"licenses\": [{\"license\": {\"id\": \"GPL-3.0-or-later\"}}]}
  },
  \"components\": [
    ${components}
  ]
}
")
