// A host on a sample store, as a process of its own: says the store's path, and runs until its
// standard input ends. With an argument it copies the store there first, and runs no host.
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
