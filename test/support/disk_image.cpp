#include "test/support/disk_image.hpp"

#include <fstream>
#include <stdexcept>

namespace test {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t sector = 512;

} // namespace

Bytes content(const fs::path& path) {
    std::ifstream in{path, std::ios::binary | std::ios::ate};
    Bytes bytes(in ? static_cast<std::size_t>(in.tellg()) : 0);
    in.seekg(0);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return bytes;
}

void write_back(const fs::path& path, const Image& image) {
    if (!image.exists) {
        fs::remove(path);
        return;
    }
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out.write(image.safe.data(), static_cast<std::streamsize>(image.safe.size()));
    out.close();
    if (!out) {
        throw std::runtime_error{"cannot write " + path.string()};
    }
}

void arrive(Image& image, const PowerLoss& loss, std::mt19937_64& dice) {
    std::bernoulli_distribution arrives{loss.kept};
    for (Change& change : image.pending) {
        const bool kept = arrives(dice);
        if (!kept && change.kind == Change::Kind::remove) {
            break; // later changes went into another file of that name, which is lost
        }
        if (kept && loss.torn && change.kind == Change::Kind::write && dice() % 4 == 0) {
            const std::size_t sectors = change.bytes.size() / sector;
            change.bytes.resize(sectors == 0 ? 0 : dice() % sectors * sector);
        }
        if (kept) {
            image.apply(change);
        }
    }
    image.pending.clear();
}

} // namespace test
