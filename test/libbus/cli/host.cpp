// A host on a sample store, as a separate process. It prints the path of the store, and runs until
// its standard input ends. With an argument, it only copies the store there, and runs no host.
#include "sample_store.hpp"

#include <filesystem>
#include <iostream>

int main(int argc, char** argv) {
    test::SampleStore store;
    if (argc > 1) {
        std::filesystem::copy_file(store.path(), argv[1]);
        return 0;
    }
    store.run_host();
    std::cout << store.path() << std::endl;
    std::cin.get();
    store.end_host();
}
