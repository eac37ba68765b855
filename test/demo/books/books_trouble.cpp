// The books on a disk that fails.
#include "test/demo/books/sample_books.hpp"
#include "test/support/disk_image.hpp"
#include "test/support/faulty_disk.hpp"

#include <boost/test/unit_test.hpp>

using namespace demo;
using namespace books_test;

BOOST_AUTO_TEST_SUITE(books_trouble)

BOOST_AUTO_TEST_CASE(
    if_the_disk_fails_once_while_books_are_created_they_have_a_log_or_do_not_open) {
    int opened = 0;
    for (std::uint64_t change = 1; change <= 60; ++change) {
        const Folder folder;
        test::FaultyDisk disk{folder.path()};
        disk.fail_at_change(change);
        const auto file = folder.path() / "books.db";
        try {
            const Books books{file};
            ++opened;
            // Bytes 18 and 19 of a database say how it is written: 2, by a write-ahead log.
            BOOST_TEST(test::content(file).at(18) == 2, "change " << change);
        } catch (const BooksUnavailable&) {
            BOOST_TEST(disk.failed() == 1U);
        }
        BOOST_CHECK_NO_THROW(Books again{file});
    }
    BOOST_TEST(opened > 0);
    BOOST_TEST(opened < 60);
}

BOOST_AUTO_TEST_SUITE_END()
