/// The text form of arrays, `{a,"b c",NULL}`.
///
/// Needed where an answer holds a type that only its text is known of, which makes all of it text.
/// Rules: https://www.postgresql.org/docs/15/arrays.html#ARRAYS-IO
enum ArrayLiteral {
    /// The elements' texts, nil being NULL; nil if it is no array of one dimension.
    static func parse(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]?]? {
        guard bytes.count >= 2, bytes[0] == UInt8(ascii: "{"), bytes[bytes.count - 1] == UInt8(ascii: "}")
        else { return nil }
        if bytes.count == 2 { return [] }
        var elements: [[UInt8]?] = []
        var element: [UInt8] = []
        var isQuoted = false
        var isInQuotes = false
        var index = 1
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\\"):
                index += 1
                guard index < bytes.count - 1 else { return nil }
                element.append(bytes[index])
            case UInt8(ascii: "\""):
                isInQuotes.toggle()
                isQuoted = true
            case UInt8(ascii: "{") where !isInQuotes: return nil
            case UInt8(ascii: ",") where !isInQuotes, UInt8(ascii: "}") where !isInQuotes:
                elements.append(!isQuoted && element.elementsEqual("NULL".utf8) ? nil : element)
                element.removeAll()
                isQuoted = false
            default: element.append(byte)
            }
            index += 1
        }
        return isInQuotes ? nil : elements
    }
}
