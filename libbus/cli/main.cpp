#include <cli/console.hpp>
#include <cli/program.hpp>

int main(int argc, char** argv) {
    bus::cli::SystemConsole console;
    return bus::cli::run({argv + 1, argv + argc}, console);
}
