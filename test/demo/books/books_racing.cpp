// Several agents at the same time, and books that lose answers.
#include "demo/books/faulty_books.hpp"
#include "test/demo/books/sample_books.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace demo;
using namespace books_test;

namespace {

void at_once(int threads, const auto& work) {
    std::vector<std::jthread> running;
    running.reserve(static_cast<std::size_t>(threads));
    for (int i = 0; i < threads; ++i)
        running.emplace_back([&work, i] { work(i); });
}

} // namespace

BOOST_AUTO_TEST_CASE(four_threads_racing_for_the_same_orders_leave_one_invoice_each_and_no_hole) {
    const Folder folder;
    Books books(folder / "books.db");
    constexpr int orders = 60;
    std::atomic<int> created = 0;
    std::atomic<int> refused = 0;
    at_once(4, [&](int thread) {
        for (int i = 0; i < orders; ++i) {
            // Each thread in a different order, and sometimes with lines that are refused.
            const std::string id = "A" + std::to_string((i * (2 * thread + 1) + thread) % orders);
            books.save_order(order(id));
            if (i % 5 == thread) {
                auto wrong = request(id);
                wrong.lines[0].amount = dec("1.00");
                try {
                    books.create_invoice(wrong);
                } catch (const BooksRefused&) {
                    ++refused;
                }
            }
            if (!books.create_invoice(request(id)).existed)
                ++created;
        }
    });
    const auto counts = books.counts();
    BOOST_TEST(refused == 4 * orders / 5);
    BOOST_TEST(counts.orders == created.load());
    BOOST_TEST(counts.invoices == created.load());
    BOOST_TEST(counts.partners == 1);
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(two_programs_on_the_same_file_share_the_numbering) {
    const Folder folder;
    at_once(2, [&](int program) {
        // Opened inside: creating the file is part of the race.
        Books books(folder / "books.db", {.busy_timeout = std::chrono::seconds(20)});
        for (int i = 0; i < 40; ++i) {
            const std::string id = std::to_string(program) + "-" + std::to_string(i);
            books.save_order(order(id));
            books.create_invoice(request(id));
        }
    });
    Books books(folder / "books.db");
    BOOST_TEST(books.counts().invoices == 80);
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(lost_answers_and_refusals_still_end_in_one_invoice_per_order) {
    Books books(":memory:");
    FaultyBooks faulty(books, FaultPlan(0.6, 7));
    int failures = 0;
    int answers_after_effect = 0;
    const auto insist = [&](const auto& call) {
        for (int attempt = 1;; ++attempt) {
            BOOST_REQUIRE(attempt <= FaultPlan::first_safe_attempt);
            try {
                return call(attempt);
            } catch (const BooksUnavailable&) {
                ++failures;
            }
        }
    };
    constexpr int orders = 300;
    for (int i = 0; i < orders; ++i) {
        const std::string id = "A" + std::to_string(i);
        insist([&](int attempt) { return faulty.save_order(order(id), attempt); });
        const auto invoice =
            insist([&](int attempt) { return faulty.create_invoice(request(id), attempt); });
        if (invoice.existed)
            ++answers_after_effect;
    }
    BOOST_TEST(failures > orders);
    BOOST_TEST(answers_after_effect > 0);
    BOOST_TEST(books.counts().orders == orders);
    BOOST_TEST(books.counts().invoices == orders);
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(an_injected_failure_says_where_it_hit) {
    Books books(":memory:");
    FaultyBooks faulty(books, FaultPlan(1, 1));
    BOOST_CHECK_EXCEPTION(faulty.save_order(order("A"), 3), BooksUnavailable,
                          says("step save of order A, attempt 3"));
    BOOST_TEST(faulty.save_order(order("A"), 4).database_id > 0);
}
