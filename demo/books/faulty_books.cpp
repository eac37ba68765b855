#include "demo/books/faulty_books.hpp"

#include <fmt/format.h>

namespace demo {

template <typename Work>
auto FaultyBooks::under_plan(std::string_view order_id, std::string_view step, int attempt,
                             Work work) {
    const auto fail = [&](std::string_view what) {
        throw BooksUnavailable(
            fmt::format("books {}: {} at step {} of order {}, attempt {} (injected by the fault "
                        "plan); try again",
                        books_.path().string(), what, step, order_id, attempt),
            books_.path());
    };
    const auto fault = plan_.fault(order_id, step, attempt);
    if (fault == FaultPlan::Fault::before_effect)
        fail("no connection");
    auto answer = work();
    if (fault == FaultPlan::Fault::after_effect)
        fail("the connection broke before the answer");
    return answer;
}

Saved FaultyBooks::save_order(const OrderEntry& entry, int attempt) {
    return under_plan(entry.order_id, save_step, attempt, [&] { return books_.save_order(entry); });
}

Invoice FaultyBooks::create_invoice(const InvoiceRequest& request, int attempt) {
    return under_plan(request.order_id, invoice_step, attempt,
                      [&] { return books_.create_invoice(request); });
}

} // namespace demo
