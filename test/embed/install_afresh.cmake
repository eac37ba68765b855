# cmake -Dbuild=FOLDER -Dprefix=FOLDER [-Dbus=BINDIR -Dman=MANDIR -Dshare=DATAROOTDIR] -P install_afresh.cmake : installs the
# build into an emptied prefix. With the three folders of the installation, the command bus must be installed too: it must run
# from there, with its manual page and a completion that bash can read.
file(REMOVE_RECURSE "${prefix}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${build}" --prefix "${prefix}" COMMAND_ERROR_IS_FATAL ANY)
if(NOT bus)
    return()
endif()

set(program "${prefix}/${bus}/bus")
set(page "${prefix}/${man}/man1/bus.1")
set(completion "${prefix}/${share}/bash-completion/completions/bus")
# says(REGEX COMMAND...): the command runs, and its output matches
function(says regex)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
    if(NOT printed MATCHES "${regex}")
        message(FATAL_ERROR "'${ARGN}' does not say '${regex}':\n${printed}")
    endif()
endfunction()

says("dead-letters.*Exit codes" "${program}" --help)
says("\\.TH BUS 1" "${CMAKE_COMMAND}" -E cat "${page}")
says("complete -F _bus bus" bash -c "source '${completion}' && complete -p bus")
