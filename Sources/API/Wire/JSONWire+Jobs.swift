import HTTPTypes
import Hummingbird
import NIOCore
import Store

extension JSONWire {
    /// Makes an answer of one job.
    static func response(
        _ job: JobBody,
        status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var writer = JSONWriter(reserving: 1024)
        try job.write(to: &writer)
        return response(text: writer.bytes, status: status, headers: headers)
    }

    /// Makes an answer of a page of jobs, with where the next page begins.
    static func response(_ jobs: [JobBody], nextCursor: String?) throws -> Response {
        var writer = JSONWriter(reserving: 1024 * (jobs.count + 1))
        writer.beginObject()
        writer.name("jobs")
        writer.beginArray()
        for job in jobs { try job.write(to: &writer) }
        writer.endArray()
        writer.name("next_cursor")
        writer.string(nextCursor)
        writer.endObject()
        return response(text: writer.bytes, status: .ok, headers: [:])
    }

    /// Reads a body as whatever value it is.
    ///
    /// - Throws: ``APIError`` if it is no JSON.
    static func value(from bytes: [UInt8]) throws(APIError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            switch error.code {
            case .malformed: throw .invalid("body", "is not valid JSON")
            case .tooDeep: throw .invalid("body", "is nested too deeply")
            case .notANumber: throw .invalid("body", "holds a number that is too large")
            }
        }
    }

    /// Makes an answer of JSON text.
    static func response(text: [UInt8], status: HTTPResponse.Status, headers: HTTPFields) -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: text))
        )
    }
}
