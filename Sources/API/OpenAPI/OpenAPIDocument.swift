import Bootstrap
import FoundationEssentials
import Jobs
import Store

/// `/openapi.json`: the routes there are, each with what `openapi.json` of this folder says of it.
///
/// Paths, their parameters and scopes come from the route table, states from the code; so they cannot be out of date.
struct OpenAPIDocument {
    /// What is said of one route; what all have in common is added.
    struct Operation: Decodable {
        let id: String
        let summary: String
        var query: [String: String]?
        var headers: [String: String]?
        /// The schema of the request's body.
        var body: String?
        var status: String?
        /// The schema of the answer.
        var answer: String?
        var media: String?
    }

    private struct Source: Decodable {
        let operations: [String: Operation]
        let schemas: [String: JSONValue]
    }

    /// By method and path: `GET /api/v1/jobs/{id}`.
    let operations: [String: Operation]
    private let schemas: [String: JSONValue]

    init() throws {
        let source = try JSONDecoder().decode(Source.self, from: Data(PackageResources.openapi_json))
        operations = source.operations
        schemas = source.schemas
    }

    /// The document of these routes.
    func json(_ routes: [RouteTable.Route]) throws -> [UInt8] {
        var paths: [String: [String: JSONValue]] = [:]
        for route in routes {
            paths[route.template, default: [:]][route.method.lowercased()] = operation(route)
        }
        return try JSONValue.object([
            "openapi": .string("3.1.0"),
            "info": .object(["title": .string("CloudOptim"), "version": .string(Release.version)]),
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": .object([
                "schemas": .object(schemas.merging(["Job": job]) { $1 }),
                "responses": .object(["Error": Self.response("What went wrong", "Error")]),
                "securitySchemes": .object([
                    "apiKey": .object([
                        "type": .string("apiKey"), "in": .string("header"), "name": .string("X-API-Key"),
                    ])
                ]),
            ]),
        ]).serialized()
    }

    private func operation(_ route: RouteTable.Route) -> JSONValue {
        guard let known = operations["\(route.method) \(route.template)"] else { return .object([:]) }
        var parameters = route.parameters.map { Self.parameter($0, "path", "", isRequired: true) }
        for (name, text) in (known.query ?? [:]).sorted(by: { $0.key < $1.key }) {
            parameters.append(Self.parameter(name, "query", text))
        }
        for (name, text) in (known.headers ?? [:]).sorted(by: { $0.key < $1.key }) {
            parameters.append(Self.parameter(name, "header", text))
        }
        var operation: [String: JSONValue] = [
            "operationId": .string(known.id), "summary": .string(known.summary),
            "parameters": .array(parameters),
            "responses": .object([
                known.status ?? "200": Self.response("Done", known.answer, known.media),
                "default": Self.reference("responses", "Error"),
            ]),
            "security": .array(route.scope == nil ? [] : [.object(["apiKey": .array([])])]),
        ]
        if let scope = route.scope { operation["x-scope"] = .string(scope.rawValue) }
        if let body = known.body {
            operation["requestBody"] = .object([
                "required": .bool(true), "content": Self.content(body, "application/json"),
            ])
        }
        return .object(operation)
    }

    /// All fields of a job are always there.
    private var job: JSONValue {
        guard case .object(var job)? = schemas["Job"], case .object(var fields)? = job["properties"] else {
            return .object([:])
        }
        let states = JobState.allCases.map { JSONValue.string($0.rawValue) }
        fields["state"] = .object(["type": .string("string"), "enum": .array(states)])
        job["properties"] = .object(fields)
        job["required"] = .array(fields.keys.sorted().map(JSONValue.string))
        return .object(job)
    }

    private static func parameter(
        _ name: String,
        _ place: String,
        _ text: String,
        isRequired: Bool = false
    ) -> JSONValue {
        .object([
            "name": .string(name), "in": .string(place), "required": .bool(isRequired),
            "schema": .object(["type": .string("string")]), "description": .string(text),
        ])
    }

    private static func response(_ text: String, _ schema: String?, _ media: String? = nil) -> JSONValue {
        var response: [String: JSONValue] = ["description": .string(text)]
        if let schema {
            response["content"] = content(schema, "application/json")
        } else if let media {
            response["content"] = .object([
                media: .object(["schema": .object(["type": .string("string")])])
            ])
        }
        return .object(response)
    }

    private static func content(_ schema: String, _ media: String) -> JSONValue {
        .object([media: .object(["schema": reference("schemas", schema)])])
    }

    private static func reference(_ kind: String, _ name: String) -> JSONValue {
        .object(["$ref": .string("#/components/\(kind)/\(name)")])
    }
}
