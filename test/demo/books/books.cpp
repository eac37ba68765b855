#include "demo/books/books.hpp"

#include "test/demo/books/sample_books.hpp"

#include <boost/test/unit_test.hpp>

using namespace demo;
using namespace books_test;

namespace {

struct InMemory {
    Books books{":memory:"};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(books_calls, InMemory)

BOOST_AUTO_TEST_CASE(an_order_is_saved_once_and_a_repeat_returns_what_exists) {
    const auto first = books.save_order(order("A"));
    const auto other = books.save_order(order("B"));
    const auto repeat = books.save_order(order("A"));
    BOOST_TEST(!first.existed);
    BOOST_TEST(repeat.existed);
    BOOST_TEST(repeat.database_id == first.database_id);
    BOOST_TEST(other.database_id != first.database_id);
    BOOST_TEST(books.counts().orders == 2);
}

BOOST_AUTO_TEST_CASE(a_repeat_with_other_content_is_refused_and_names_the_member) {
    books.save_order(order("A"));
    auto changed = order("A");
    changed.net_proceeds = dec("306.620");
    BOOST_CHECK_EXCEPTION(books.save_order(changed), BooksRefused,
                          says("net_proceeds is '306.62' there and '306.620' here"));
    changed = order("A");
    changed.buyer_email = "b@example.org";
    BOOST_CHECK_EXCEPTION(books.save_order(changed), BooksRefused, says("buyer_email"));
    BOOST_TEST(books.save_order(order("A")).existed);
}

BOOST_AUTO_TEST_CASE(an_order_without_id_or_currency_is_refused) {
    BOOST_CHECK_THROW(books.save_order(order("")), BooksRefused);
    auto entry = order("A");
    entry.currency.clear();
    BOOST_CHECK_THROW(books.save_order(entry), BooksRefused);
    BOOST_TEST(books.counts().orders == 0);
}

BOOST_AUTO_TEST_CASE(an_invoice_holds_a_line_for_each_entry_with_its_exact_text) {
    books.save_order(order("A"));
    const auto invoice = books.create_invoice(request("A"));
    BOOST_TEST(invoice.number == "INV/2025/00001");
    BOOST_TEST(!invoice.existed);
    BOOST_TEST(invoice.invoice_date == "2025-09-01");

    const auto held = books.invoice_of("A");
    BOOST_REQUIRE(held);
    BOOST_TEST(held->invoice_id == invoice.invoice_id);
    BOOST_TEST(held->partner_id == invoice.partner_id);
    BOOST_TEST(held->net_proceeds.to_string() == "306.62");
    BOOST_REQUIRE(held->lines.size() == 4u);
    BOOST_TEST(held->lines[1].type == "ShippingCharge");
    BOOST_TEST(held->lines[1].amount.to_string() == "32.000");
    BOOST_CHECK(held->lines[2].kind == LineKind::fee);
    BOOST_CHECK(held->lines[3].kind == LineKind::promotion);
    BOOST_TEST(!books.invoice_of("B"));
}

BOOST_AUTO_TEST_CASE(an_invoice_requested_again_is_the_same_one_even_with_a_new_key) {
    books.save_order(order("A"));
    const auto first = books.create_invoice(request("A"));
    const auto repeat = books.create_invoice(request("A"));
    BOOST_TEST(repeat.existed);
    BOOST_TEST(repeat.number == first.number);
    BOOST_TEST(repeat.invoice_id == first.invoice_id);

    auto later = request("A");
    later.idempotency_key = "another";
    later.invoice_date = std::chrono::year(2026) / 1 / 1;
    BOOST_TEST(books.create_invoice(later).number == first.number);
    BOOST_TEST(books.counts().invoices == 1);
    BOOST_TEST(books.counts().invoice_lines == 4);
}

BOOST_AUTO_TEST_CASE(an_invoice_requested_again_with_other_content_is_refused) {
    books.save_order(order("A"));
    books.create_invoice(request("A"));
    auto changed = request("A");
    changed.lines[0].type = "Tax";
    BOOST_CHECK_EXCEPTION(books.create_invoice(changed), BooksRefused, says("set of lines"));
    changed = request("A");
    changed.order_total = dec("408.01");
    BOOST_CHECK_EXCEPTION(books.create_invoice(changed), BooksRefused, says("order total"));
}

BOOST_AUTO_TEST_CASE(an_idempotency_key_serves_one_order_only) {
    books.save_order(order("A"));
    books.save_order(order("B"));
    books.create_invoice(request("A"));
    auto second = request("B");
    second.idempotency_key = request("A").idempotency_key;
    BOOST_CHECK_EXCEPTION(books.create_invoice(second), BooksRefused, says("INV/2025/00001"));
    BOOST_TEST(!books.invoice_of("B"));
}

BOOST_AUTO_TEST_CASE(lines_that_do_not_sum_to_the_net_are_refused_and_use_no_number) {
    books.save_order(order("A"));
    auto wrong = request("A");
    wrong.lines[2].amount = dec("-101.37");
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused,
                          says("sum to 306.630, not to its net 306.62"));
    BOOST_TEST(books.create_invoice(request("A")).number == "INV/2025/00001");
}

BOOST_AUTO_TEST_CASE(lines_without_an_exact_sum_are_refused) {
    books.save_order(order("A"));
    auto wide = request("A");
    wide.lines[0].amount = dec("1000000000000000000000000000000000");
    BOOST_CHECK_EXCEPTION(books.create_invoice(wide), BooksRefused, says("no exact sum"));
}

BOOST_AUTO_TEST_CASE(an_invoice_must_agree_with_its_saved_order) {
    BOOST_CHECK_EXCEPTION(books.create_invoice(request("A")), BooksRefused, says("not saved"));
    books.save_order(order("A"));
    auto wrong = request("A");
    wrong.currency = "EUR";
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused, says("saved in GBP"));
    wrong = request("A");
    wrong.net_proceeds = dec("306.63");
    wrong.lines[2].amount = dec("-101.37");
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused, says("saved with net 306.62"));
    BOOST_TEST(books.counts().invoices == 0);
}

BOOST_AUTO_TEST_CASE(an_invoice_without_lines_key_or_date_is_refused) {
    books.save_order(order("A"));
    auto wrong = request("A");
    wrong.lines.clear();
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused, says("no lines"));
    wrong = request("A");
    wrong.idempotency_key.clear();
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused, says("idempotency key"));
    wrong = request("A");
    wrong.invoice_date = std::chrono::year(2025) / 2 / 30;
    BOOST_CHECK_EXCEPTION(books.create_invoice(wrong), BooksRefused, says("date"));
}

BOOST_AUTO_TEST_CASE(a_refund_becomes_a_credit_note_with_a_series_of_its_own) {
    books.save_order(order("A"));
    books.save_order(refunded_order("R"));
    books.create_invoice(request("A"));
    const auto note = books.create_invoice(refund("R"));
    BOOST_CHECK(note.kind == InvoiceKind::credit_note);
    BOOST_TEST(note.number == "RINV/2025/00001");
    BOOST_TEST(note.net_proceeds.to_string() == "-306.62");
    BOOST_TEST(books.counts().invoices == 1);
    BOOST_TEST(books.counts().credit_notes == 1);
    BOOST_CHECK(books.invoice_of("R")->kind == InvoiceKind::credit_note);
}

BOOST_AUTO_TEST_CASE(each_year_has_a_number_series_of_its_own) {
    books.save_order(order("A"));
    books.save_order(order("B"));
    books.create_invoice(request("A"));
    auto next_year = request("B");
    next_year.invoice_date = std::chrono::year(2026) / 1 / 1;
    BOOST_TEST(books.create_invoice(next_year).number == "INV/2026/00001");
}

BOOST_AUTO_TEST_CASE(
    partners_are_found_by_email_and_orders_without_one_share_that_of_the_marketplace) {
    const auto partner = [&](const char* id, const char* email, const char* marketplace) {
        auto entry = order(id);
        entry.buyer_email = email;
        entry.marketplace = marketplace;
        books.save_order(entry);
        return books.create_invoice(request(id)).partner_id;
    };
    const auto ann = partner("A", "ann@example.org", "Amazon.co.uk");
    BOOST_TEST(partner("B", "ann@example.org", "Amazon.eg") == ann);
    BOOST_TEST(partner("C", "bob@example.org", "Amazon.co.uk") != ann);
    const auto nobody = partner("D", "", "Amazon.co.uk");
    BOOST_TEST(partner("E", "", "Amazon.co.uk") == nobody);
    BOOST_TEST(partner("F", "", "Amazon.eg") != nobody);
    BOOST_TEST(books.counts().partners == 4);
}

BOOST_AUTO_TEST_CASE(totals_are_exact_and_by_currency) {
    for (int i = 0; i < 1000; ++i) {
        const std::string id = "A" + std::to_string(i);
        books.save_order(order(id));
        books.create_invoice(request(id));
    }
    books.save_order(refunded_order("R"));
    books.create_invoice(refund("R"));
    auto foreign = order("E");
    foreign.currency = "EGP";
    books.save_order(foreign);
    auto foreign_request = request("E");
    foreign_request.currency = "EGP";
    books.create_invoice(foreign_request);

    const auto totals = books.totals();
    BOOST_REQUIRE(totals.size() == 2u);
    BOOST_TEST(totals[0].currency == "EGP");
    BOOST_TEST(totals[0].net.to_string() == "306.62");
    BOOST_TEST(totals[1].currency == "GBP");
    BOOST_TEST(totals[1].invoices == 1000);
    BOOST_TEST(totals[1].credit_notes == 1);
    BOOST_TEST(totals[1].principal.to_string() == "395604.00");
    BOOST_TEST(totals[1].other_charges.to_string() == "31968.000");
    BOOST_TEST(totals[1].promotions.to_string() == "-19980.0");
    BOOST_TEST(totals[1].fees.to_string() == "-101278.62");
    BOOST_TEST(totals[1].net.to_string() == "306313.38");
    BOOST_TEST(books.audit().empty());
}

BOOST_AUTO_TEST_CASE(texts_from_outside_are_data_and_stay_as_they_are) {
    auto entry = order("A'); DROP TABLE orders; --");
    entry.marketplace = std::string("a\0b", 3) + "\xff\xc3";
    BOOST_TEST(!books.save_order(entry).existed);
    BOOST_TEST(books.save_order(entry).existed);
    auto wanted = request(entry.order_id);
    wanted.lines[0].type = "Prinzip\xc3\xa4l \"x\"";
    books.create_invoice(wanted);
    BOOST_TEST(books.invoice_of(entry.order_id)->lines[0].type == wanted.lines[0].type);
}

BOOST_AUTO_TEST_SUITE_END()
