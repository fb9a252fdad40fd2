import AWS
import Testing

struct XMLReaderTests {
    private func read(_ text: String, limits: XMLReader.Limits = .init()) throws -> XMLElement {
        try XMLReader.read(Array(text.utf8), limits: limits)
    }

    @Test func readsElementsTextAndLists() throws {
        let root = try read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <a:Root xmlns:a="urn:x" other='1 > 0'>
              <set><item><key>a</key></item><item/><item></item></set>
              <text> kept &amp; &lt;as&gt; &quot;it&apos;s&quot; &#65;&#x1F600; <![CDATA[<b>&amp;]]> </text>
              <empty />
            </a:Root>
            <!-- another -->
            """
        )
        #expect(root.name == "Root")
        #expect(root.children.map(\.name) == ["set", "text", "empty"])
        #expect(root.child("set")?.children.count == 3)
        #expect(root.child("text")?.text == " kept & <as> \"it's\" A😀 <b>&amp; ")
        #expect(root.child("empty")?.text == "")
        #expect(root.text == "")
    }

    @Test(arguments: [
        "", " ", "text", "<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x", "x<a/>",
        "<a b></a>",
        "<a b=c/>", "<a b=\"c/>", "<a b='<'/>", "<a/ >", "< a/>", "<1/>", "<a", "<a b", "<a>&nbsp;</a>",
        "<a>&</a>",
        "<a>&amp</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#-5;</a>", "<a>&#+65;</a>",
        "<a>&#;</a>", "<a>\u{1}</a>", "<a><!-- </a>", "<a><![CDATA[ </a>", "<a><?php ?></a>", "<a:></a:>",
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><!ELEMENT b></a>",
        "<![CDATA[x]]><a/>", "<?xml version=\"1.0\"",
    ])
    func refuses(document: String) {
        #expect(throws: XMLReader.Failure.self) { try read(document) }
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(throws: XMLReader.Failure.self) {
            try XMLReader.read(Array("<a>".utf8) + [0xFF, 0xFE] + Array("</a>".utf8))
        }
        #expect(throws: XMLReader.Failure.self) {
            try XMLReader.read(Array("<a>".utf8) + [0xC3] + Array("</a>".utf8))
        }
    }

    @Test func isBounded() throws {
        var limits = XMLReader.Limits()
        limits.depth = 10
        limits.elements = 20
        limits.bytes = 1000
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(try read(nested(10), limits: limits).name == "a")
        #expect(throws: XMLReader.Failure.self) { try read(nested(11), limits: limits) }
        func wide(_ count: Int) -> String { "<a>" + String(repeating: "<b/>", count: count) + "</a>" }
        #expect(try read(wide(19), limits: limits).children.count == 19)
        #expect(throws: XMLReader.Failure.self) { try read(wide(20), limits: limits) }
        let long = "<a>" + String(repeating: "x", count: 1000) + "</a>"
        #expect(throws: XMLReader.Failure.self) { try read(long, limits: limits) }
        // A million levels end without a crash.
        #expect(throws: XMLReader.Failure.self) { try read(String(repeating: "<a>", count: 1_000_000)) }
    }

    /// What is written is read again, whatever it is.
    @Test(arguments: 0..<200 as Range<UInt64>) func readsWhatIsWritten(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let tree = Self.tree(&random, depth: 0)
        #expect(try read(Self.written(tree, &random)) == tree)
    }

    /// Damage is an error or another tree, never a crash or an endless loop.
    @Test(arguments: 0..<400 as Range<UInt64>) func survivesDamage(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(Self.written(Self.tree(&random, depth: 0), &random).utf8)
        for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert("<>&;/!?'\"[]#:=".utf8.randomElement(using: &random) ?? 0, at: index)
            default: bytes = Array(bytes[..<index])
            }
        }
        // Either way is fine.
        _ = try? XMLReader.read(bytes)
    }

    private static func tree(_ random: inout SeededGenerator, depth: Int) -> XMLElement {
        let names = ["a", "item", "nextToken", "x-y", "é", "_1"]
        let name = names.randomElement(using: &random) ?? "a"
        let count = depth < 4 ? Int.random(in: 0...4, using: &random) : 0
        if count > 0 {
            return XMLElement(name: name, children: (0..<count).map { _ in tree(&random, depth: depth + 1) })
        }
        let alphabet = Array("abc<>&\"' \n]]>é😀;#")
        let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? "x"
        }
        return XMLElement(name: name, text: String(text))
    }

    private static func written(_ element: XMLElement, _ random: inout SeededGenerator) -> String {
        let prefix = Bool.random(using: &random) ? "n:" : ""
        let space = ["", " ", "\n  "].randomElement(using: &random) ?? ""
        if element.children.isEmpty, element.text.isEmpty, Bool.random(using: &random) {
            return "<\(prefix)\(element.name)\(space)/>"
        }
        var content = ""
        if element.children.isEmpty {
            for scalar in element.text.unicodeScalars {
                switch Int.random(in: 0..<3, using: &random) {
                case 0 where !"<&".unicodeScalars.contains(scalar): content.unicodeScalars.append(scalar)
                case 1: content += "&#x\(String(scalar.value, radix: 16));"
                default: content += "<![CDATA[\(scalar)]]>"
                }
            }
        } else {
            for child in element.children {
                content += space + written(child, &random) + (Bool.random(using: &random) ? "<!-- < -->" : "")
            }
        }
        return "<\(prefix)\(element.name) a=\"1\"\(space)>\(content)</\(prefix)\(element.name)\(space)>"
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
