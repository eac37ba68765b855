#include "test/simulation/campaign.hpp"

#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace simulation {

namespace {

/// The results that the workers have reported.
class Tally {
public:
    Tally(const CampaignOptions& options, std::FILE* out)
        : options_{options}, out_{out}, terminal_{::isatty(::fileno(out)) == 1} {}

    void fail(std::uint64_t seed, const std::string& trouble) {
        const std::lock_guard lock{mutex_};
        wipe();
        if (failed_.insert(seed).second) {
            fmt::print(out_, "seed {} FAILED; replay it with: {}\n", seed, replay_of(seed));
        }
        fmt::print(out_, "  {}\n", trouble);
        std::fflush(out_);
    }

    void done(std::uint64_t seed, std::uint64_t crashes, std::uint64_t faults, std::uint64_t log) {
        std::optional<std::uint64_t> other;
        {
            const std::lock_guard lock{mutex_};
            const auto [entry, first] = logs_.try_emplace(seed, log);
            if (first) {
                return;
            }
            other = entry->second;
            logs_.erase(entry);
            ++seeds_;
            crashes_ += crashes;
            faults_ += faults;
            show();
        }
        if (*other != log) {
            fail(seed, fmt::format("two runs of it differ: their logs are {:016x} and {:016x}",
                                   *other, log));
        }
    }

    /// Prints the closing line; returns true if nothing has failed.
    bool close() {
        for (const auto& [seed, log] : logs_) {
            if (!failed_.contains(seed)) {
                fail(seed, "it ran only once");
            }
        }
        wipe();
        fmt::print(out_, "{} seeds, {} crashes, {} faults, {} failed\n", seeds_, crashes_, faults_,
                   failed_.size());
        return failed_.empty() && seeds_ == options_.seeds;
    }

private:
    [[nodiscard]] std::string replay_of(std::uint64_t seed) const {
        const CampaignOptions usual;
        std::string command = fmt::format("test/simulation/run --seed {} --verbose", seed);
        if (options_.orders != usual.orders) {
            command += fmt::format(" --orders {}", options_.orders);
        }
        if (options_.preset != usual.preset) {
            command += fmt::format(" --preset {}", options_.preset);
        }
        return command;
    }

    void wipe() const {
        if (terminal_) {
            fmt::print(out_, "\r\033[K");
        }
    }

    void show() const {
        if (terminal_) {
            fmt::print(out_, "\r\033[K{} of {} seeds, {} crashes, {} failed", seeds_,
                       options_.seeds, crashes_, failed_.size());
        } else if (seeds_ % 100 == 0 && seeds_ != options_.seeds) {
            fmt::print(out_, "{} of {} seeds\n", seeds_, options_.seeds);
        }
        std::fflush(out_);
    }

    const CampaignOptions& options_;
    std::FILE* out_;
    bool terminal_;
    std::mutex mutex_;
    std::map<std::uint64_t, std::uint64_t> logs_; ///< of seeds that ran once
    std::set<std::uint64_t> failed_;
    std::uint64_t seeds_ = 0;
    std::uint64_t crashes_ = 0;
    std::uint64_t faults_ = 0;
};

/// Reads the lines of a worker until it ends. Returns the seed at which it died.
std::optional<std::uint64_t> listen(std::FILE* worker, Tally& tally) {
    std::array<char, 4096> line{};
    std::uint64_t seed = 0;
    bool at_work = false;
    while (std::fgets(line.data(), line.size(), worker) != nullptr) {
        std::string text{line.data()};
        text.erase(text.find_last_not_of('\n') + 1);
        std::uint64_t crashes = 0;
        std::uint64_t faults = 0;
        std::uint64_t log = 0;
        if (std::sscanf(text.c_str(), "seed %" SCNu64, &seed) == 1) {
            at_work = true;
        } else if (std::sscanf(text.c_str(), "done %" SCNu64 " %" SCNu64 " %" SCNx64, &crashes,
                               &faults, &log) == 3) {
            at_work = false;
            tally.done(seed, crashes, faults, log);
        } else {
            tally.fail(seed, text);
        }
    }
    return at_work ? std::optional{seed} : std::nullopt;
}

void run_worker(const CampaignOptions& options, std::uint64_t worker, Tally& tally) {
    std::uint64_t from = options.first;
    for (;;) {
        const std::string command =
            fmt::format("exec '{}' --worker {} --jobs {} --first-seed {} --seeds {} --orders {} "
                        "--from {} --folder '{}'",
                        options.program, worker, options.jobs, options.first, options.seeds,
                        options.orders, from, options.folder.string());
        std::FILE* const pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) {
            throw std::runtime_error{"cannot start " + command};
        }
        const std::optional<std::uint64_t> died_at = listen(pipe, tally);
        const int status = ::pclose(pipe);
        if (!died_at) {
            if (status != 0) {
                tally.fail(from,
                           fmt::format("worker {} could not begin, status {}", worker, status));
            }
            return;
        }
        tally.fail(*died_at, WIFSIGNALED(status)
                                 ? fmt::format("its process died of signal {}", WTERMSIG(status))
                                 : fmt::format("its process ended with {}", WEXITSTATUS(status)));
        from = *died_at + 1;
    }
}

} // namespace

bool run_campaign(const CampaignOptions& options, std::FILE* out) {
    Tally tally{options, out};
    {
        std::vector<std::jthread> listeners;
        for (std::uint64_t worker = 0; worker < options.jobs; ++worker) {
            listeners.emplace_back(
                [&options, &tally, worker] { run_worker(options, worker, tally); });
        }
    }
    return tally.close();
}

} // namespace simulation
