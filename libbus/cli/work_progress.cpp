#include <bus/runtime/system_runtime.hpp>

#include <cli/work_progress.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
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

std::uint64_t size_of(const std::string& file) {
    std::error_code missing;
    const std::uintmax_t size = std::filesystem::file_size(file, missing);
    return missing ? 0 : size;
}

void run_with_progress(Shared& shared, std::string what, std::uint64_t total,
                       const std::function<void()>& work,
                       const std::function<std::uint64_t()>& done) {
    constexpr Duration look_every = std::chrono::milliseconds{100};
    const auto progress = begin_progress(shared, std::move(what), total);
    if (!progress) {
        work();
        return;
    }
    SystemRuntime runtime{1};
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    std::exception_ptr error;
    const std::unique_ptr<Executor> other_thread = runtime.dedicated("bus-work");
    other_thread->post([&] {
        std::exception_ptr thrown;
        try {
            work();
        } catch (...) {
            thrown = std::current_exception();
        }
        const std::lock_guard lock{mutex};
        error = thrown;
        ended = true;
        changed.notify_all();
    });
    std::unique_lock lock{mutex};
    do {
        show_progress(shared, *progress, std::min(done(), total));
    } while (!runtime.wait(
        lock, changed, [&] { return ended; }, look_every));
    if (error) {
        std::rethrow_exception(error);
    }
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
