import Postgres
import Testing

@Suite("Connection URLs") struct ConfigurationTests {
    @Test(arguments: [
        "mysql://host/db", "postgres://secret:x:y:z", "postgres://u:secret@host:0/db",
        "postgres://u:secret@host:65536/db", "postgres://u:secret@a:5432,b:http/db",
        "postgres://u:p@secret@host/db",
    ])
    func refuses(url: String) {
        let error = #expect(throws: PostgresError.self) { try PostgresConfiguration(url: url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        ("postgres://u@host/db", "u@host:5432/db"), ("postgresql://u:p@host:5433/db", "u@host:5433/db"),
        ("postgres://u@a:5432,b:5433/db", "u@a,b:5432,5433/db"),
    ])
    func takes(url: String, description: String) throws {
        #expect(try PostgresConfiguration(url: url).description == description)
    }
}
