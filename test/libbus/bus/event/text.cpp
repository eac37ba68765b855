#include "test/support/allocations.hpp"
#include <bus/event/text.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

using bus::Text;
using namespace std::string_view_literals;

std::string taken_by_value(std::string text) {
    return text;
}

std::size_t viewed(std::string_view text) {
    return text.size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(a_text_takes_eight_bytes_and_an_empty_one_allocates_nothing) {
    static_assert(sizeof(Text) == sizeof(void*));
    const auto before = test::allocations();
    const Text none;
    const Text copy = none;
    const Text of_nothing = "";
    BOOST_TEST(test::allocations() == before);
    BOOST_TEST(none.empty());
    BOOST_TEST(none.size() == 0U);
    BOOST_TEST(none.view() == "");
    BOOST_TEST(*none.c_str() == '\0');
    BOOST_TEST(copy == of_nothing);
    BOOST_TEST((none.begin() == none.end()));
}

BOOST_AUTO_TEST_CASE(it_is_made_from_what_a_string_is_made_from) {
    const std::string string = "exec-123";
    const std::array<Text, 4> texts{Text{"exec-123"}, string, std::string_view{string},
                                    string.c_str()};
    for (const Text& text : texts) {
        BOOST_TEST(text == string);
        BOOST_TEST(text.size() == 8U);
        BOOST_TEST(std::string_view{text.c_str()} == "exec-123");
    }
    Text assigned;
    assigned = "a";
    assigned = string;
    BOOST_TEST(assigned == "exec-123");
    assigned = {};
    BOOST_TEST(assigned.empty());
}

BOOST_AUTO_TEST_CASE(it_turns_into_strings_and_views) {
    const Text text = "user-7";
    const std::string copied = text;
    const std::string braced{text};
    std::string assigned;
    assigned = text;
    assigned.append(text) += text;
    const std::function<std::string()> returned = [&] { return text; };
    BOOST_TEST(copied == "user-7");
    BOOST_TEST(braced == "user-7");
    BOOST_TEST(assigned == "user-7user-7user-7");
    BOOST_TEST(taken_by_value(text) == "user-7");
    BOOST_TEST(viewed(text) == 6U);
    BOOST_TEST(returned() == "user-7");
    BOOST_TEST(text.str() == "user-7");
    BOOST_TEST(std::string(text.begin(), text.end()) == "user-7");
}

BOOST_AUTO_TEST_CASE(copies_share_their_characters_and_allocate_nothing) {
    const Text text = "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90";
    const auto before = test::allocations();
    Text copy = text;
    Text other;
    other = copy;
    const Text moved = std::move(other);
    BOOST_TEST(test::allocations() == before);
    BOOST_TEST((copy.data() == text.data()));
    BOOST_TEST((moved.data() == text.data()));
    BOOST_TEST(other.empty()); // NOLINT(bugprone-use-after-move): it says what is left
    copy = "another";
    BOOST_TEST(copy == "another");
    BOOST_TEST(text == moved);
}

BOOST_AUTO_TEST_CASE(assigning_a_text_or_a_part_of_it_to_itself_keeps_it_whole) {
    Text text = "order-4711";
    const Text& same = text;
    text = same;
    BOOST_TEST(text == "order-4711");
    text = text.view().substr(6);
    BOOST_TEST(text == "4711");
}

BOOST_AUTO_TEST_CASE(it_is_compared_as_text_with_anything_that_is_text) {
    const Text a = "a";
    const Text b = "b";
    const Text also_a = std::string{"a"};
    BOOST_TEST((a == also_a));
    BOOST_TEST((a != b));
    BOOST_TEST((a < b));
    BOOST_TEST((b > "a"));
    BOOST_TEST(("a" == a));
    BOOST_TEST(("b"sv > a));
    BOOST_TEST((std::string{"a"} == a));
    BOOST_TEST((a != std::string{"b"}));
    BOOST_TEST((Text{"ab"} > a));
    BOOST_TEST((Text{} < a));
}

BOOST_AUTO_TEST_CASE(it_holds_any_bytes) {
    const std::string_view bytes{"a\0\xff", 3};
    const Text text = bytes;
    BOOST_TEST(text.size() == 3U);
    BOOST_TEST((text == bytes));
    BOOST_TEST((text != "a"));
    BOOST_TEST(text.str().size() == 3U);
}

BOOST_AUTO_TEST_CASE(it_is_added_printed_and_hashed_as_a_string) {
    const Text text = "ada";
    std::ostringstream out;
    out << text << ' ' << Text{};
    BOOST_TEST(out.str() == "ada ");
    BOOST_TEST("user " + text == "user ada");
    BOOST_TEST(text + "!" == "ada!");
    BOOST_TEST(std::string{"user "} + text + text == "user adaada");
    BOOST_TEST(text + text == "adaada");
    BOOST_TEST(std::hash<Text>{}(text) == std::hash<std::string_view>{}("ada"));
}

BOOST_AUTO_TEST_CASE(it_is_a_key_and_finds_keys) {
    std::unordered_map<Text, int> numbers;
    ++numbers["ada"];
    ++numbers[Text{"ada"}];
    BOOST_TEST(numbers["ada"] == 2);
    const std::set<Text, std::less<>> sorted{"b", "a"};
    BOOST_TEST(*sorted.begin() == "a");
    BOOST_TEST((sorted.find("b"sv) != sorted.end()));
    const std::map<std::string, int, std::less<>> by_string{{"ada", 1}};
    BOOST_TEST((by_string.find(Text{"ada"}) != by_string.end()));
    const std::map<std::string, int> plain{{"ada", 1}};
    BOOST_TEST(plain.at(Text{"ada"}) == 1);
}

BOOST_AUTO_TEST_CASE(texts_made_together_take_one_allocation_and_live_on_without_the_others) {
    Text last;
    {
        Text first;
        Text none = "before";
        const auto before = test::allocations();
        const std::array<Text::Making, 3> texts{
            {{first, "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90"}, {none, ""}, {last, "user-7"}}};
        Text::make_together(texts);
        BOOST_TEST(test::allocations() == before + 1);
        BOOST_TEST(first == "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90");
        BOOST_TEST(none.empty());
        const Text copy = last;
        last = copy;
    }
    BOOST_TEST(last == "user-7");
}

BOOST_AUTO_TEST_CASE(threads_copy_and_drop_what_they_share) {
    constexpr int rounds = 20'000;
    Text text = "0190c2f4-6a54-7b1e-9b4f-3f1d2c5e7a90";
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([mine = text, &wrong] {
            for (int round = 0; round < rounds; ++round) {
                const Text copy = mine;
                const Text again = copy;
                wrong += again.size() == 36 ? 0 : 1;
            }
        });
    }
    text = {}; // the last of the threads destroys the characters
    for (std::thread& thread : threads) {
        thread.join();
    }
    BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
