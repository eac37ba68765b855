# cmake -Dbuild=FOLDER -Dprefix=FOLDER -P install_afresh.cmake : installs the build into an emptied prefix.
file(REMOVE_RECURSE "${prefix}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${build}" --prefix "${prefix}" COMMAND_ERROR_IS_FATAL ANY)
