// The main() of a fuzz target in builds without libFuzzer: feeds it the committed corpus, and the
// same seeded variations of each input on every run. It finds few new bugs, but notices if an old
// one comes back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Input = std::vector<std::uint8_t>;
constexpr int variations_per_input = 50;

Input read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("cannot read corpus file " + path.string());
    }
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<Input> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    if (std::filesystem::is_directory(folder)) {
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.is_regular_file()) {
                paths.push_back(entry.path());
            }
        }
    }
    std::sort(paths.begin(),
              paths.end());        // the directory's own order differs from machine to machine
    std::vector<Input> corpus{{}}; // always try the empty input
    for (const auto& path : paths) {
        corpus.push_back(read_file(path));
    }
    return corpus;
}

Input vary(Input input, std::mt19937_64& random) {
    const auto below = [&random](std::size_t end) {
        return static_cast<std::size_t>(random() % end);
    };
    for (auto changes = 1 + below(4); changes > 0 && !input.empty(); --changes) {
        const auto at = static_cast<std::ptrdiff_t>(below(input.size()));
        switch (below(4)) {
        case 0: input[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random()); break;
        case 1: input.insert(input.begin() + at, static_cast<std::uint8_t>(random())); break;
        case 2: input.erase(input.begin() + at); break;
        default: input.resize(static_cast<std::size_t>(at)); break;
        }
    }
    return input;
}

void replay(const std::filesystem::path& folder) {
    const auto corpus = read_corpus(folder);
    std::mt19937_64 random(20240229); // fixed, so that a failure repeats
    std::size_t runs = 0;
    for (const auto& input : corpus) {
        LLVMFuzzerTestOneInput(input.data(), input.size());
        ++runs;
        for (int i = 0; i < variations_per_input; ++i, ++runs) {
            const auto varied = vary(input, random);
            LLVMFuzzerTestOneInput(varied.data(), varied.size());
        }
    }
    std::printf("%zu corpus files of %s, %zu runs\n", corpus.size() - 1, folder.c_str(), runs);
}

} // namespace

int main(int argc, char* argv[]) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    try {
        replay(argv[1]);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
        return 1;
    }
}
