#include <bus/event/codec.hpp>
#include <bus/store/event_store.hpp>
#include <bus/store/salvage.hpp>
#include <bus/store/sqlite/mixed.hpp>
#include <bus/store/sqlite/open.hpp>
#include <bus/store/sqlite/pages.hpp>
#include <bus/store/sqlite/salvage_rows.hpp>
#include <bus/store/sqlite/verify/context.hpp>
#include <bus/store/sqlite/verify/salvage_pages.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace bus {

namespace {

namespace fs = std::filesystem;
using sqlite::SalvagedRow;
using sqlite::SalvagePages;

constexpr std::size_t most_row_bytes = 1'000'000'000;

/// Where an event is in the file.
struct Place {
    Position position = 0;
    std::uint32_t page = 0;
    std::uint16_t cell = 0;
    bool free = false; ///< in a page that is free
};

class Salvage {
public:
    Salvage(const fs::path& path, const std::function<void(const StoredEvent&)>& use,
            const std::function<void(const VerifyProgress&)>& progress)
        : path_{path}, use_{use}, progress_{progress}, pages_{path} {}

    SalvageReport run() {
        add_log();
        scan();
        if (!log_ && places_.empty()) {
            throw StoreError{"cannot save anything from " + path_.string() +
                             ": no page in it holds an event or the end of a log of libbus"};
        }
        order();
        find_ends();
        look_up_names();
        write();
        return std::move(report_);
    }

private:
    void tell(std::string_view doing, std::uint64_t done, std::uint64_t total) const {
        constexpr std::uint64_t every = 1024;
        if (progress_ && done % every == 0) {
            progress_({doing, done, total});
        }
    }

    /// Reads the write-ahead log, unless it belongs to another file. If the file is too damaged to
    /// tell, the log is taken to be the store's.
    void add_log() {
        const fs::path log = fs::path{path_}.concat("-wal");
        std::error_code error;
        if (const std::uintmax_t size = fs::file_size(log, error); error || size == 0) {
            return;
        }
        try {
            sqlite::Connection connection{path_, sqlite::Access::read_only, {}};
            if (sqlite::fit_of_log(connection) == sqlite::LogFit::mixed) {
                report_.doubts.push_back("the write-ahead log " + log.string() +
                                         " does not belong to the file, and was not read");
                return;
            }
        } catch (const StoreError&) { // NOLINT(bugprone-empty-catch)
        }
        pages_.add_log(log);
    }

    void scan() {
        const std::vector<bool> free = pages_.free_pages();
        for (std::uint32_t page = 1; page <= pages_.count(); ++page) {
            tell("reading pages", page, pages_.count());
            scan_page(page, page < free.size() && free[page]);
        }
    }

    void scan_page(std::uint32_t number, bool free) {
        const auto found = pages_.read(number);
        if (!found) {
            return;
        }
        const std::string page{*found}; // reading overflow pages reuses the buffer
        for (const std::size_t cell : sqlite::leaf_cells(page, number == 1)) {
            const std::optional<SalvagedRow> row = row_at(page, cell);
            if (!row) {
                continue;
            }
            if (row->event) {
                places_.push_back(
                    {row->event->position, number, static_cast<std::uint16_t>(cell), free});
            } else if (row->name && !free) {
                names_.emplace(row->name->first, row->name->second);
            } else if (row->log && (!log_ || log_->last_position < row->log->last_position)) {
                log_ = row->log;
            } else if (row->index_of_names) {
                index_of_names_ = *row->index_of_names;
            } else if (row->changed) {
                changed_.push_back(*row->changed);
            }
        }
    }

    std::optional<SalvagedRow> row_at(std::string_view page, std::size_t cell) {
        const auto row = sqlite::leaf_row(
            page, cell, [this](std::uint32_t other) { return pages_.read(other); }, most_row_bytes);
        return row ? sqlite::salvaged(*row) : std::nullopt;
    }

    /// Sorts by position and removes duplicates. An event in a page in use is preferred to one in a
    /// free page.
    void order() {
        std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) {
            return std::pair{a.position, a.free} < std::pair{b.position, b.free};
        });
        places_.erase(
            std::unique(places_.begin(), places_.end(),
                        [](const Place& a, const Place& b) { return a.position == b.position; }),
            places_.end());
        std::sort(changed_.begin(), changed_.end());
    }

    void find_ends() {
        if (log_) {
            // Events outside of this range were removed, and are in pages that are not in use.
            std::erase_if(places_, [this](const Place& place) {
                return place.position <= log_->pruned_through ||
                       place.position > log_->last_position;
            });
            report_.first_position = log_->pruned_through + 1;
            report_.last_position = log_->last_position;
            return;
        }
        report_.first_position = places_.front().position;
        report_.last_position = places_.back().position;
        report_.doubts.emplace_back(
            "the row that says where the log begins and ends cannot be read: events may be missing "
            "before the first and after the last one, and pruned events may be among the saved "
            "ones");
    }

    /// Looks up names whose rows are lost in the index of names, which also has them, but without
    /// checksums.
    void look_up_names() {
        std::set<std::uint32_t> seen;
        std::vector<std::uint32_t> pages{index_of_names_};
        bool any = false;
        while (!pages.empty()) {
            const std::uint32_t number = pages.back();
            pages.pop_back();
            const auto content = seen.insert(number).second ? pages_.read(number) : std::nullopt;
            const auto page = content ? sqlite::index_page(*content) : std::nullopt;
            if (!page) {
                continue;
            }
            for (const std::string_view key : page->keys) {
                if (auto name = sqlite::salvaged_name(key)) {
                    any = names_.insert(std::move(*name)).second || any;
                }
            }
            pages.insert(pages.end(), page->below.begin(), page->below.end());
        }
        if (any) {
            report_.doubts.emplace_back(
                "names of event types or aggregate types were taken from an index, and nothing "
                "says whether they are what was written");
        }
    }

    void write() {
        Position next = report_.first_position;
        for (const Place& place : places_) {
            tell("writing events", report_.events, places_.size());
            if (place.position > next) {
                miss(next, place.position - 1);
            }
            write(place);
            next = place.position + 1;
        }
        if (next <= report_.last_position) {
            miss(next, report_.last_position);
        }
    }

    void write(const Place& place) {
        const auto found = pages_.read(place.page);
        const std::string page{found.value_or(std::string_view{})};
        std::optional<SalvagedRow> row =
            place.cell < page.size() ? row_at(page, place.cell) : std::nullopt;
        if (!row || !row->event) {
            leave_out(place.position, place.position, "its page could not be read again");
            return;
        }
        StoredEvent& event = *row->event;
        const auto type = names_.find(row->event_type);
        const auto aggregate = names_.find(row->aggregate_type);
        if (type == names_.end() || aggregate == names_.end()) {
            leave_out(place.position, place.position,
                      "the name of its type (" + std::to_string(row->event_type) +
                          ") or of its aggregate type (" + std::to_string(row->aggregate_type) +
                          ") cannot be read");
            return;
        }
        event.record.event_type = type->second;
        event.record.aggregate_type = aggregate->second;
        if (const std::string wrong = sqlite::json_error(event.record.data); !wrong.empty()) {
            leave_out(place.position, place.position, "its data is no JSON: " + wrong);
            return;
        }
        try {
            use_(event);
        } catch (const CodecError& error) {
            leave_out(place.position, place.position, error.what());
            return;
        }
        ++report_.events;
        report_.unchecked += row->unchecked ? 1U : 0U;
    }

    void miss(Position first, Position last) {
        const auto from = std::lower_bound(changed_.begin(), changed_.end(), first);
        leave_out(first, last,
                  from != changed_.end() && *from <= last
                      ? "what stands there is not what was written"
                      : "no page that can be read has them");
    }

    void leave_out(Position first, Position last, std::string why) {
        std::vector<LeftOut>& all = report_.left_out;
        if (!all.empty() && all.back().last + 1 == first && all.back().why == why) {
            all.back().last = last;
        } else {
            all.push_back({first, last, std::move(why)});
        }
    }

    fs::path path_;
    const std::function<void(const StoredEvent&)>& use_;
    const std::function<void(const VerifyProgress&)>& progress_;
    SalvagePages pages_;
    std::vector<Place> places_;
    std::vector<Position> changed_; ///< positions of rows that are not as they were written
    std::map<std::int64_t, std::string> names_;
    std::uint32_t index_of_names_ = 0;
    std::optional<sqlite::LogRow> log_;
    SalvageReport report_;
};

} // namespace

SalvageReport salvage(const fs::path& path, const std::function<void(const StoredEvent&)>& use,
                      const std::function<void(const VerifyProgress&)>& progress) {
    return Salvage{sqlite::resolve(path), use, progress}.run();
}

} // namespace bus
