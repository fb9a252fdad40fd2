import Synchronization

/// The paths and methods there are, to tell 405 from 404.
final class RouteTable: Sendable {
    private let routes = Mutex<[(segments: [String], method: String)]>([])

    /// Notes a route; segments that begin with `:` match anything.
    func add(_ method: String, _ path: String) {
        routes.withLock { $0.append((Self.segments(path), method)) }
    }

    /// The methods of a path; nil if there is no such path.
    func methods(at path: String) -> [String]? {
        let segments = Self.segments(path)
        let found = routes.withLock { routes in
            routes.filter { route in
                route.segments.count == segments.count
                    && zip(route.segments, segments).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
            }
        }
        // As the router does, prefer what is written out to what matches anything.
        func placeholders(_ route: (segments: [String], method: String)) -> Int {
            route.segments.count { $0.hasPrefix(":") }
        }
        guard let fewest = found.map(placeholders).min() else { return nil }
        return Set(found.filter { placeholders($0) == fewest }.map(\.method)).sorted()
    }

    private static func segments(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init)
    }
}
