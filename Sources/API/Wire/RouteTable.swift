import Store
import Synchronization

/// The routes there are: to tell 405 from 404, and to describe them.
final class RouteTable: Sendable {
    /// One of them.
    struct Route: Sendable {
        let method: String
        /// Those that begin with `:` match anything.
        let segments: [String]
        /// What a key needs; nil for a route that is open to anybody.
        let scope: APIKeyRecord.Scope?

        /// The path as OpenAPI writes it: `/jobs/{id}`.
        var template: String {
            "/" + segments.map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : $0 }.joined(separator: "/")
        }

        /// What stands for anything.
        var parameters: [String] { segments.filter { $0.hasPrefix(":") }.map { String($0.dropFirst()) } }
    }

    private let routes = Mutex<[Route]>([])

    /// Notes a route.
    func add(_ method: String, _ path: String, needs scope: APIKeyRecord.Scope? = nil) {
        routes.withLock { $0.append(Route(method: method, segments: Self.segments(path), scope: scope)) }
    }

    /// All of them, in the order they were noted.
    var all: [Route] { routes.withLock { $0 } }

    /// The methods of a path; nil if there is no such path.
    func methods(at path: String) -> [String]? {
        let segments = Self.segments(path)
        let found = all.filter { route in
            route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }
        // As the router does, prefer what is written out to what matches anything.
        guard let fewest = found.map(\.parameters.count).min() else { return nil }
        return Set(found.filter { $0.parameters.count == fewest }.map(\.method)).sorted()
    }

    private static func segments(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init)
    }
}
