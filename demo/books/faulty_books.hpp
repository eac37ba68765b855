#pragma once

#include "demo/books/books.hpp"
#include "demo/books/fault_plan.hpp"

namespace demo {

/// The books as the steps of the pipeline see them: the same two calls, which fail with
/// BooksUnavailable as a fault plan says. After a failure after the effect, the work is done but
/// the answer is lost. The repeat then shows whether the books return what exists.
///
/// Thread safe, as Books is. The books must outlive this object.
class FaultyBooks {
public:
    /// The names of the two steps, as the fault plan gets them.
    static constexpr std::string_view save_step = "save";
    static constexpr std::string_view invoice_step = "invoice";

    FaultyBooks(Books& books, const FaultPlan& plan) noexcept : books_(books), plan_(plan) {}

    /// Books::save_order under the plan. @param attempt counts from 1
    Saved save_order(const OrderEntry& entry, int attempt);

    /// Books::create_invoice under the plan. @param attempt counts from 1
    Invoice create_invoice(const InvoiceRequest& request, int attempt);

private:
    template <typename Work>
    auto under_plan(std::string_view order_id, std::string_view step, int attempt, Work work);

    Books& books_;
    FaultPlan plan_;
};

} // namespace demo
