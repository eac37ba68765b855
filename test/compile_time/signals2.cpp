// docs/examples/01_hello with only a signal; test/compile_time/run compares the two.
#include <boost/signals2.hpp>

#include <iostream>
#include <string>

struct UserCreatedEvent {
    std::string name;
};

int main() {
    boost::signals2::signal<void(const UserCreatedEvent&)> created;
    const boost::signals2::scoped_connection greeter = created.connect(
        [](const UserCreatedEvent& event) { std::cout << "Hello, " << event.name << "!\n"; });
    created(UserCreatedEvent{"Ada"});
}
