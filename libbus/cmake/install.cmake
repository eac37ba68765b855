# What `cmake --install` leaves behind: the libraries, the headers, and a config package with the components
# bus, testing, sqlite and agents. They all link libbus_warnings through $<BUILD_INTERFACE:...>, or it would have to be installed too:
# a static library names even its private links to whoever links it. Included by the top-level CMakeLists.txt, so every target below exists by now or will not.
include(GNUInstallDirs)
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
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
endforeach()

if(NOT libbus_installed_components)
    return()
endif()

set(libbus_headers_left_out "")
if(NOT "testing" IN_LIST libbus_installed_components)
    set(libbus_headers_left_out PATTERN "testing" EXCLUDE)
endif()
install(DIRECTORY "${PROJECT_SOURCE_DIR}/libbus/bus" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    FILES_MATCHING PATTERN "*.hpp" PATTERN "internal" EXCLUDE ${libbus_headers_left_out})
# The inner parts of the macro BUS_DESCRIBE_EVENT.
install(FILES "${PROJECT_SOURCE_DIR}/libbus/bus/event/internal/describe_members.hpp"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/bus/event/internal")
if("agents" IN_LIST libbus_installed_components)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/agents" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "internal" EXCLUDE)
endif()

install(EXPORT libbusTargets NAMESPACE libbus:: DESTINATION "${libbus_config_folder}")
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
    DESTINATION "${libbus_config_folder}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
