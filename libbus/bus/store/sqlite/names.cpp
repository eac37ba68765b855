#include <bus/store/sqlite/checksum.hpp>
#include <bus/store/sqlite/names.hpp>

namespace bus::sqlite {

NameIds::NameIds(Connection& connection)
    : find_{connection, "SELECT id FROM names WHERE name = ?1", "write names to"},
      next_{connection, "SELECT coalesce(max(id), 0) + 1 FROM names", "write names to"},
      insert_{connection, "INSERT INTO names VALUES (?1, ?2, ?3)", "write names to"} {}

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
        id = next();
        insert_.execute(id, name, checksum_of(id, name));
    }
    ids_.emplace(key_, id);
    return id;
}

std::int64_t NameIds::next() {
    Statement::Run run = next_.run();
    return run.next() ? run.integer(0) : 1;
}

void NameIds::clear() {
    ids_.clear();
}

} // namespace bus::sqlite
