#include <bus/store/internal/sqlite_names.hpp>

namespace bus::sqlite {

NameIds::NameIds(Connection& connection)
    : connection_{connection},
      find_{connection, "SELECT id FROM names WHERE name = ?1", "write names to"},
      insert_{connection, "INSERT INTO names (name) VALUES (?1)", "write names to"} {}

std::int64_t NameIds::id(std::string_view name) {
    key_.assign(name);
    if (const auto known = ids_.find(key_); known != ids_.end()) {
        return known->second;
    }
    std::int64_t id = 0;
    {
        Statement::Run run = find_.run(name);
        id = run.next() ? run.integer(0) : 0;
    }
    if (id == 0) {
        insert_.execute(name);
        id = connection_.inserted_id();
    }
    ids_.emplace(key_, id);
    return id;
}

void NameIds::clear() {
    ids_.clear();
}

} // namespace bus::sqlite
