# What `cmake --install` leaves behind: the libraries, the headers, and a config package with the components
# bus, testing, sqlite and agents. They all link libbus_warnings through $<BUILD_INTERFACE:...>, or it would have to be installed too:
# a static library names even its private links to whoever links it. Included by the top-level CMakeLists.txt, so every target below exists by now or will not.
include(CMakePackageConfigHelpers)

set(libbus_config_folder "${CMAKE_INSTALL_LIBDIR}/cmake/libbus")
set(libbus_installed_components "")

foreach(component IN ITEMS bus testing sqlite agents)
    set(target "libbus_${component}")
    if(NOT TARGET ${target})
        continue()
    endif()
    list(APPEND libbus_installed_components ${component})
    # The empty prefix: the file is libbus_bus.a, not liblibbus_bus.a.
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${component} PREFIX "")

    install(TARGETS ${target} EXPORT libbusTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Development
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT Runtime NAMELINK_COMPONENT Development)

    # Below libbus/, so that <bus/...> and <agents/...> claim no folder of /usr/include.
    get_target_property(folder ${target} LIBBUS_HEADER_FOLDER)
    get_target_property(headers ${target} LIBBUS_PUBLIC_HEADERS)
    foreach(header IN LISTS headers)
        cmake_path(GET header PARENT_PATH below)
        install(FILES "${folder}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/libbus/${below}" COMPONENT Development)
    endforeach()
endforeach()

if(NOT libbus_installed_components)
    return()
endif()

install(EXPORT libbusTargets NAMESPACE libbus:: DESTINATION "${libbus_config_folder}" COMPONENT Development)
# A host's own targets have no version.
set(libbus_boost_version "${Boost_VERSION_STRING}")
configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/libbus/cmake/libbusConfig.cmake.in"
    "${PROJECT_BINARY_DIR}/libbusConfig.cmake"
    INSTALL_DESTINATION "${libbus_config_folder}"
    NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/libbusConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/libbusConfig.cmake"
    "${PROJECT_BINARY_DIR}/libbusConfigVersion.cmake"
    DESTINATION "${libbus_config_folder}" COMPONENT Development)
if(NOT LIBBUS_DEBIAN) # whose packages have a file of their own
    install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT Development)
endif()

# For those who build without CMake: pkg-config --cflags --libs libbus-sqlite. Folders that are
# not absolute are relative to where the file lies, so the installation can be moved.
function(libbus_install_pkg_config name description)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBRARIES;PRIVATE_LIBRARIES;REQUIRES")
    list(TRANSFORM arg_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE libs)
    list(TRANSFORM arg_PRIVATE_LIBRARIES PREPEND "-l" OUTPUT_VARIABLE private_libs)
    if(NOT BUILD_SHARED_LIBS) # a static library's own needs are the program's
        list(APPEND libs ${private_libs})
        set(private_libs "")
    endif()
    list(JOIN libs " " libs)
    list(JOIN private_libs " " private_libs)
    list(JOIN arg_REQUIRES ", " requires)
    foreach(dir IN ITEMS LIBDIR INCLUDEDIR)
        set(${dir} "\${prefix}/${CMAKE_INSTALL_${dir}}")
        if(IS_ABSOLUTE "${CMAKE_INSTALL_${dir}}") # as Nix has it
            set(${dir} "${CMAKE_INSTALL_${dir}}")
        endif()
    endforeach()
    if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
        set(prefix "${CMAKE_INSTALL_PREFIX}")
    else()
        file(RELATIVE_PATH up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
        string(REGEX REPLACE "/$" "" up "${up}")
        set(prefix "\${pcfiledir}/${up}")
    endif()
    configure_file("${PROJECT_SOURCE_DIR}/libbus/cmake/libbus.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT Development)
endfunction()

libbus_install_pkg_config(libbus "${PROJECT_DESCRIPTION}"
    LIBRARIES bus_bus boost_json PRIVATE_LIBRARIES boost_container pthread ${CMAKE_DL_LIBS})
if("testing" IN_LIST libbus_installed_components)
    libbus_install_pkg_config(libbus-testing "For tests of agents on libbus" LIBRARIES bus_testing REQUIRES libbus)
endif()
if("sqlite" IN_LIST libbus_installed_components)
    libbus_install_pkg_config(libbus-sqlite "The event store of libbus on SQLite" LIBRARIES bus_sqlite REQUIRES libbus sqlite3)
endif()
if("agents" IN_LIST libbus_installed_components)
    libbus_install_pkg_config(libbus-agents "Ready-made agents for libbus" LIBRARIES bus_agents REQUIRES libbus)
endif()
