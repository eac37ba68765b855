#include <cli/work_progress.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace bus::cli {

namespace {

constexpr std::chrono::seconds line_every{2};

terminal::Progress::Time time_of(Console& console) {
    return terminal::Progress::Time{console.now().time_since_epoch()};
}

} // namespace

WorkProgress::WorkProgress(Shared& shared, std::string what, std::optional<std::uint64_t> total)
    : shared_{shared} {
    shared.console().watch_interrupts();
    if (!shared.shows_progress()) {
        return;
    }
    terminal::ProgressOptions options{.what = std::move(what), .line_every = line_every};
    if (total) {
        options.total = static_cast<std::int64_t>(*total);
    }
    progress_.emplace([&console = shared.console()](std::string_view text) { console.err(text); },
                      shared.console().err_look(), std::move(options), time_of(shared.console()));
}

void WorkProgress::update(std::uint64_t done) {
    if (progress_) {
        progress_->update(static_cast<std::int64_t>(done), time_of(shared_.console()));
    }
    shared_.check_interrupted();
}

} // namespace bus::cli
