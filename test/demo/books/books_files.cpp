// The books as a file: opened again, and files of other programs.
#include "test/demo/books/sample_books.hpp"
#include "test/support/needs.hpp"

#include <boost/test/unit_test.hpp>
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

using namespace demo;
using namespace books_test;

namespace {

/// Another program with a connection of its own.
class Stranger {
public:
    explicit Stranger(const std::filesystem::path& path) { sqlite3_open(path.c_str(), &handle_); }

    ~Stranger() { sqlite3_close(handle_); }

    Stranger(const Stranger&) = delete;
    Stranger& operator=(const Stranger&) = delete;

    void execute(const char* sql) {
        BOOST_REQUIRE_EQUAL(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    }

private:
    sqlite3* handle_ = nullptr;
};

std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
}

void one_invoice(Books& books, const std::string& id) {
    books.save_order(order(id));
    books.create_invoice(request(id));
}

} // namespace

BOOST_AUTO_TEST_CASE(books_opened_again_hold_what_was_written_and_continue_the_numbering) {
    const Folder folder;
    {
        Books books(folder / "books.db");
        one_invoice(books, "A");
    }
    Books books(folder / "books.db");
    BOOST_TEST(books.save_order(order("A")).existed);
    BOOST_TEST(books.create_invoice(request("A")).existed);
    books.save_order(order("B"));
    BOOST_TEST(books.create_invoice(request("B")).number == "INV/2025/00002");
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(an_empty_file_becomes_books) {
    const Folder folder;
    write(folder / "books.db", "");
    Books books(folder / "books.db");
    one_invoice(books, "A");
    BOOST_TEST(books.counts().invoices == 1);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_a_database_is_named_and_left_alone) {
    const Folder folder;
    for (const auto& text : {std::string("short"), std::string(5000, 'x')}) {
        write(folder / "notes.txt", text);
        const auto open = [&] { const Books books(folder / "notes.txt"); };
        BOOST_CHECK_EXCEPTION(open(), BooksUnusable, says("not a SQLite database"));
        BOOST_CHECK_EXCEPTION(open(), BooksUnusable, says((folder / "notes.txt").string()));
        BOOST_CHECK(bytes_of(folder / "notes.txt") == text);
    }
}

BOOST_AUTO_TEST_CASE(a_database_of_another_program_is_left_alone) {
    const Folder folder;
    Stranger(folder / "other.db").execute("CREATE TABLE t(x); INSERT INTO t VALUES (1)");
    const auto before = bytes_of(folder / "other.db");
    const auto open = [&] { const Books books(folder / "other.db"); };
    BOOST_CHECK_EXCEPTION(open(), BooksUnusable, says("another program"));
    BOOST_CHECK(bytes_of(folder / "other.db") == before);
}

BOOST_AUTO_TEST_CASE(a_newer_schema_is_refused_with_both_versions) {
    const Folder folder;
    { const Books books(folder / "books.db"); }
    Stranger(folder / "books.db").execute("PRAGMA user_version=2");
    const auto open = [&] { const Books books(folder / "books.db"); };
    BOOST_CHECK_EXCEPTION(open(), BooksUnusable, says("schema version 2"));
    BOOST_CHECK_EXCEPTION(open(), BooksUnusable, says("versions up to 1"));
}

BOOST_AUTO_TEST_CASE(a_path_where_no_file_can_be_is_refused_with_advice) {
    const Folder folder;
    write(folder / "file", "");
    const auto open = [](const std::filesystem::path& path) { const Books books(path); };
    BOOST_CHECK_EXCEPTION(open(folder / "absent/books.db"), BooksUnusable, says("folder exists"));
    BOOST_CHECK_EXCEPTION(open(folder / "file/books.db"), BooksUnusable, says("folder exists"));
    BOOST_CHECK_EXCEPTION(open(folder.path()), BooksUnusable, says(folder.path().string()));
    BOOST_CHECK_EXCEPTION(open(""), BooksUnusable, says("path is empty"));
}

BOOST_AUTO_TEST_CASE(a_folder_or_file_without_write_permission_is_refused,
                     *test::needs("another user than root", [] { return ::geteuid() != 0; })) {
    namespace fs = std::filesystem;
    const Folder folder;
    const auto open = [&](const char* name) { const Books books(folder / name); };
    { const Books books(folder / "books.db"); }
    fs::permissions(folder / "books.db", fs::perms::owner_read);
    BOOST_CHECK_THROW(open("books.db"), BooksUnusable);
    fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
    BOOST_CHECK_THROW(open("new.db"), BooksUnusable);
    fs::permissions(folder.path(), fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_transient_and_leaves_nothing_half_written) {
    const Folder folder;
    std::string last;
    {
        Books books(folder / "books.db", {.max_pages = 40});
        const auto fill = [&] {
            for (int i = 0; i < 1000; ++i) {
                last = "A" + std::to_string(i);
                one_invoice(books, last);
            }
        };
        BOOST_CHECK_EXCEPTION(fill(), BooksUnavailable, says("free some space"));
        // The connection still works after the failure.
        BOOST_TEST(books.audit().empty());
        BOOST_CHECK_THROW(one_invoice(books, last), BooksUnavailable);
    }
    Books books(folder / "books.db");
    BOOST_TEST(books.counts().invoices > 0);
    one_invoice(books, last);
    BOOST_TEST(books.invoice_of(last)->lines.size() == 4u);
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(books_locked_by_another_program_are_unavailable_until_it_ends) {
    const Folder folder;
    Books books(folder / "books.db", {.busy_timeout = std::chrono::milliseconds(20)});
    Stranger stranger(folder / "books.db");
    stranger.execute("BEGIN IMMEDIATE");
    BOOST_CHECK_EXCEPTION(books.save_order(order("A")), BooksUnavailable, says("another program"));
    BOOST_TEST(books.counts().orders == 0);
    stranger.execute("ROLLBACK");
    BOOST_TEST(!books.save_order(order("A")).existed);
}

BOOST_AUTO_TEST_CASE(the_audit_finds_holes_and_wrong_sums) {
    const Folder folder;
    Books books(folder / "books.db");
    for (const char* id : {"A", "B", "C", "D"})
        one_invoice(books, id);
    BOOST_TEST(books.audit().empty());
    {
        Stranger stranger(folder / "books.db");
        stranger.execute("DELETE FROM invoices WHERE order_id IN ('B', 'D');"
                         "UPDATE invoice_lines SET amount = '396.01' "
                         "WHERE type = 'Principal' AND invoice_id = 1");
    }
    const auto holes = books.numbering_holes();
    BOOST_REQUIRE(holes.size() == 2u);
    BOOST_TEST(holes[0].series == "INV/2025");
    BOOST_TEST(holes[0].first == 2);
    BOOST_TEST(holes[1].last == 4);
    const auto troubles = books.audit();
    BOOST_REQUIRE(troubles.size() == 3u);
    BOOST_TEST(troubles[2].find("INV/2025/00001 sum to 306.630") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_invalid_amount_means_a_damaged_file) {
    const Folder folder;
    Books books(folder / "books.db");
    one_invoice(books, "A");
    Stranger(folder / "books.db").execute("UPDATE invoice_lines SET amount = '12,5O'");
    BOOST_CHECK_EXCEPTION(books.totals(), BooksUnusable, says("'12,5O'"));
}
