// The simulation. test/simulation/run builds and starts it.
#include "test/simulation/campaign.hpp"
#include "test/simulation/simulation.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <thread>

namespace {

namespace fs = std::filesystem;

/// A temporary folder. Its path always has the same length. It is in memory if there is room there,
/// because the real files need not be safe.
class Folder {
public:
    Folder() {
        constexpr std::size_t length = 64;
        const fs::path memory{"/dev/shm"};
        const bool use_memory = ::access(memory.c_str(), W_OK) == 0;
        std::string name = (use_memory ? memory : fs::temp_directory_path()) / "libbus-simulation-";
        name.append(name.size() + 6 < length ? length - 6 - name.size() : 0, '-').append("XXXXXX");
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error{"cannot make a temporary folder " + name};
        }
        path_ = name;
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

/// The first lines in which two logs differ.
void print_difference(const std::string& first, const std::string& second) {
    const auto [here, there] =
        std::mismatch(first.begin(), first.end(), second.begin(), second.end());
    const auto line = [](const std::string& text, std::size_t at) {
        const std::size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
        const std::size_t from = before == std::string::npos ? 0 : before + 1;
        return text.substr(from, text.find('\n', at) - from);
    };
    fmt::print("the first run:  {}\nthe second run: {}\n",
               line(first, static_cast<std::size_t>(here - first.begin())),
               line(second, static_cast<std::size_t>(there - second.begin())));
}

/// Runs one seed twice, and prints what happened.
int replay(std::uint64_t seed, std::uint64_t orders, bool verbose, const std::string& log_file) {
    const Folder folder;
    const simulation::Result result =
        simulation::run_seed(seed, orders, simulation::folder_of(0, folder.path()), verbose);
    const simulation::Result again =
        simulation::run_seed(seed, orders, simulation::folder_of(0, folder.path()));
    if (!log_file.empty()) {
        const std::unique_ptr<std::FILE, decltype(&std::fclose)> file{
            std::fopen(log_file.c_str(), "w"), &std::fclose};
        if (!file ||
            std::fwrite(result.log.data(), 1, result.log.size(), file.get()) != result.log.size()) {
            throw std::runtime_error{log_file + " cannot be written"};
        }
    }
    for (const std::string& trouble : result.troubles) {
        fmt::print("{}\n", trouble);
    }
    const bool same = result.log == again.log;
    if (!same) {
        fmt::print("two runs differ:\n");
        print_difference(result.log, again.log);
    }
    const bool good = same && result.troubles.empty();
    fmt::print("seed {}: {} starts, {} crashes, {} faults, log {:016x}, {}\n", seed, result.starts,
               result.crashes, result.faults, simulation::digest(result.log),
               good ? "as it should be" : "FAILED");
    return good ? 0 : 1;
}

struct Options {
    simulation::CampaignOptions campaign;
    std::optional<std::uint64_t> seed{};
    std::optional<std::uint64_t> worker{};
    bool verbose = false;
    std::string log{};
};

int run(Options& options, const char* program) {
    if (options.worker) {
        simulation::work(options.campaign, *options.worker);
        return 0;
    }
    if (options.seed) {
        return replay(*options.seed, options.campaign.orders, options.verbose, options.log);
    }
    const Folder folder;
    options.campaign.folder = folder.path();
    options.campaign.program = program;
    options.campaign.preset = SIMULATION_PRESET;
    return simulation::run_campaign(options.campaign) ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    CLI::App app{"Runs a whole host in one thread under a seed, and makes it crash.", "simulation"};
    Options options;
    options.campaign.jobs = std::max(std::thread::hardware_concurrency(), 1U);
    const auto above_zero = CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 62U);
    app.add_option("--seeds", options.campaign.seeds, "how many")->check(above_zero);
    app.add_option("--first-seed", options.campaign.first, "the first of them");
    app.add_option("--orders", options.campaign.orders, "orders of each seed")->check(above_zero);
    app.add_option("--jobs", options.campaign.jobs, "processes")->check(above_zero);
    app.add_option("--seed", options.seed, "this one only");
    app.add_flag("--verbose", options.verbose, "with --seed: what happened");
    app.add_option("--log", options.log, "with --seed: a file for the event log");
    app.add_option("--worker", options.worker)->group("");
    app.add_option("--from", options.campaign.from)->group("");
    app.add_option("--folder", options.campaign.folder)->group("");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    try {
        return run(options, argv[0]);
    } catch (const std::exception& error) {
        fmt::print(stderr, "simulation: {}\n", error.what());
        return 2;
    }
}
