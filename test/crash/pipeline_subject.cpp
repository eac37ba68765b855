#include "test/crash/pipeline_subject.hpp"

#include "demo/books/books.hpp"
#include "demo/marketplace/generator.hpp"
#include "demo/pipeline/graph_command.hpp"
#include "demo/pipeline/run_command.hpp"
#include "test/crash/findings.hpp"
#include <bus/agent/graph.hpp>
#include <bus/store/sqlite_store.hpp>

#include <sqlite3.h>

#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace crash {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t orders = 60;

/// The invoices of each order, read directly from the file of the books.
Census invoices(const fs::path& books) {
    sqlite3* opened = nullptr;
    sqlite3_open_v2(books.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db{opened, &sqlite3_close};
    sqlite3_stmt* prepared = nullptr;
    sqlite3_prepare_v2(db.get(), "SELECT order_id, count(*) FROM invoices GROUP BY order_id", -1,
                       &prepared, nullptr);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> rows{prepared,
                                                                          &sqlite3_finalize};
    Census result;
    int code = sqlite3_step(rows.get());
    for (; code == SQLITE_ROW; code = sqlite3_step(rows.get())) {
        const auto* text = sqlite3_column_text(rows.get(), 0);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(rows.get(), 0));
        result[std::string{text, text + size}] =
            static_cast<std::uint64_t>(sqlite3_column_int64(rows.get(), 1));
    }
    if (code != SQLITE_DONE) {
        throw std::runtime_error{books.string() + ": " + sqlite3_errmsg(db.get())};
    }
    return result;
}

/// A report without the order of its rows.
std::multiset<std::string> rows(const std::string& report) {
    std::multiset<std::string> result;
    std::istringstream in{report};
    for (std::string row; std::getline(in, row);) {
        result.insert(row);
    }
    return result;
}

class PipelineSubject final : public Subject {
public:
    std::string name() const override { return "pipeline"; }

    std::uint64_t variants() const override { return 4; }

    void prepare(const fs::path& shared) override {
        shared_ = shared;
        for (std::uint64_t variant = 0; variant < variants(); ++variant) {
            std::ofstream out{feed(variant)};
            demo::generate(orders, variant + 1, out);
        }
    }

    Command command(std::uint64_t variant, const fs::path& folder) const override {
        const bool from_input = variant % 2 == 1;
        Command command{{ORDER_PIPELINE, "run", from_input ? "-" : feed(variant).string(),
                         "--store", "sqlite:" + store(folder).string(), "--report",
                         (folder / "report.csv").string(), "--no-progress"},
                        std::nullopt};
        if (variant < 2) {
            command.words.insert(command.words.end(), {"--faults", "0.3", "--seed", "5"});
        }
        if (from_input) {
            command.in = feed(variant);
        }
        return command;
    }

    fs::path store(const fs::path& folder) const override { return folder / "orders.db"; }

    bool gave_up_on_store(int exit_code) const override {
        return exit_code == demo::exit_code::store;
    }

    Findings look(std::uint64_t /*variant*/, const fs::path& folder, const fs::path& calm,
                  Happened happened) const override {
        Findings findings;
        const std::string report = content(folder / "report.csv", findings);
        const std::string expected = content(calm / "report.csv", findings);
        if (happened.commits_failed ? rows(report) != rows(expected) : report != expected) {
            findings.complain("the report differs from that of the undisturbed run, " +
                              (calm / "report.csv").string());
        }
        compare(invoices(calm / "orders.books.db"), invoices(folder / "orders.books.db"),
                "invoice of order", findings);
        for (const std::string& sentence : demo::Books{folder / "orders.books.db"}.audit()) {
            findings.complain("books: " + sentence);
        }
        const auto store = bus::SqliteStore::open({.path = this->store(folder), .read_only = true});
        const auto undisturbed =
            bus::SqliteStore::open({.path = calm / "orders.db", .read_only = true});
        compare(events_and_rows(*undisturbed, Detail::aggregates),
                events_and_rows(*store, Detail::aggregates), "", findings);
        check_conservation(*store, *store, graph_, {}, findings);
        return findings;
    }

private:
    fs::path feed(std::uint64_t variant) const {
        return shared_ / ("feed-" + std::to_string(variant) + ".ndjson");
    }

    fs::path shared_;
    bus::EventGraph graph_ = demo::pipeline_graph();
};

} // namespace

std::unique_ptr<Subject> pipeline_subject() {
    return std::make_unique<PipelineSubject>();
}

} // namespace crash
