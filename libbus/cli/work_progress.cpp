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

std::unique_ptr<terminal::Progress> begin_progress(Shared& shared, std::string what,
                                                   std::optional<std::uint64_t> total) {
    if (!shared.shows_progress()) {
        return nullptr;
    }
    terminal::ProgressOptions options{.what = std::move(what), .line_every = line_every};
    if (total) {
        options.total = static_cast<std::int64_t>(*total);
    }
    return std::make_unique<terminal::Progress>(
        [&console = shared.console()](std::string_view text) { console.err(text); },
        shared.console().err_look(), std::move(options), time_of(shared.console()));
}

void show_progress(Shared& shared, terminal::Progress& progress, std::uint64_t done) {
    progress.update(static_cast<std::int64_t>(done), time_of(shared.console()));
}

WorkProgress::WorkProgress(Shared& shared, std::string what, std::optional<std::uint64_t> total)
    : shared_{shared}, progress_{begin_progress(shared, std::move(what), total)} {
    shared.console().watch_interrupts();
}

void WorkProgress::update(std::uint64_t done) {
    if (progress_) {
        show_progress(shared_, *progress_, done);
    }
    shared_.check_interrupted();
}

} // namespace bus::cli
