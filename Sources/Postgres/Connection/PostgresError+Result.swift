import CLibPQ

extension PostgresError {
    /// The server's error.
    ///
    /// DETAIL, HINT and CONTEXT are left out: they may hold data.
    init(result: OpaquePointer) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue else { return nil }
            return PQresultErrorField(result, CInt(ascii)).map { String(cString: $0) }
        }
        let sqlState = field("C")
        let primary = field("M") ?? "no answer from the server"
        var message = primary
        if let sqlState, sqlState.hasPrefix("22") {
            // Data exceptions quote the datum in their primary message.
            message = Self.withoutQuotations(primary)
        }
        if let position = field("P") { message += " at character \(position)" }
        // The text is the only difference between the server's time limit and an operator's cancellation.
        let isOperators = primary == "canceling statement due to user request"
        let isTimeOut = sqlState == "57014" && !isOperators
        self.init(
            code: isTimeOut ? .timedOut : sqlState == "57014" ? .cancelled : .server,
            message: message,
            sqlState: sqlState,
            constraint: field("n")
        )
        isStalePlan =
            sqlState == "26000" || (sqlState == "0A000" && field("R") == "RevalidateCachedQuery")
    }

    /// The text with everything between double quotes replaced.
    static func withoutQuotations(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return text }
        // A datum may hold quotes itself: all from the first to the last goes.
        return parts[0] + "\"...\"" + (parts.last ?? "")
    }

    static func lost(_ message: String, sqlState: String? = nil, outcomeUnknown: Bool) -> PostgresError {
        PostgresError(
            code: .connectionLost,
            message: message,
            sqlState: sqlState,
            outcomeUnknown: outcomeUnknown
        )
    }
}
