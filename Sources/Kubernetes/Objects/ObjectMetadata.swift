public import FoundationEssentials

/// What every object carries, as far as it is used here.
public struct ObjectMetadata: Sendable, Decodable {
    /// The name, unique among its kind in its namespace.
    public var name: String
    /// The namespace; empty for what belongs to the cluster.
    public var namespace: String
    /// The identity: another object of the same name has another.
    public var uid: String
    /// The version for optimistic locking; opaque.
    public var resourceVersion: String
    /// The labels.
    public var labels: [String: String]
    /// Those annotations that rules here read; others, which may be large, are dropped in decoding.
    public var annotations: [String: String]
    /// When it was created.
    public var createdAt: Date?
    /// When its deletion was requested (or will be due).
    public var deletedAt: Date?
    /// How long its deletion leaves it to stop, once requested.
    public var deletionGracePeriodSeconds: Int?
    /// Who must still agree to its deletion.
    public var finalizers: [String] = []
    /// Counts the changes of what is wanted.
    public var generation: Int?
    /// The owner that controls it, if any.
    public var controller: OwnerReference?

    /// The object that controls another.
    public struct OwnerReference: Hashable, Sendable, Decodable {
        /// As in `ReplicaSet`.
        public var kind: String
        /// The owner's name.
        public var name: String
        /// The owner's identity.
        public var uid: String
        var controller: Bool?

        /// Makes a reference to a controller.
        public init(kind: String, name: String, uid: String) {
            self.kind = kind
            self.name = name
            self.uid = uid
            controller = true
        }
    }

    /// Makes metadata, for tests of rules.
    public init(
        name: String,
        namespace: String = "",
        uid: String = "",
        labels: [String: String] = [:],
        annotations: [String: String] = [:],
        controller: OwnerReference? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        resourceVersion = ""
        self.labels = labels
        self.annotations = annotations
        self.controller = controller
    }

    private enum CodingKeys: String, CodingKey {
        case name, namespace, uid, resourceVersion, labels, annotations, creationTimestamp, deletionTimestamp
        case deletionGracePeriodSeconds, finalizers, generation, ownerReferences
    }

    /// Decodes `metadata`; what is absent is empty.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decodeIfPresent(String.self, forKey: .name) ?? ""
        namespace = try container.decodeIfPresent(String.self, forKey: .namespace) ?? ""
        uid = try container.decodeIfPresent(String.self, forKey: .uid) ?? ""
        resourceVersion = try container.decodeIfPresent(String.self, forKey: .resourceVersion) ?? ""
        labels = try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:]
        annotations = try container.decodeIfPresent(UsedAnnotations.self, forKey: .annotations)?.values ?? [:]
        createdAt = try container.decodeIfPresent(Timestamp.self, forKey: .creationTimestamp)?.date
        deletedAt = try container.decodeIfPresent(Timestamp.self, forKey: .deletionTimestamp)?.date
        deletionGracePeriodSeconds = try container.decodeIfPresent(
            Int.self,
            forKey: .deletionGracePeriodSeconds
        )
        finalizers = try container.decodeIfPresent([String].self, forKey: .finalizers) ?? []
        generation = try container.decodeIfPresent(Int.self, forKey: .generation)
        controller = try container.decodeIfPresent([OwnerReference].self, forKey: .ownerReferences)?
            .first { $0.controller == true }
    }
}

/// Reads only the annotations that some rule knows.
private struct UsedAnnotations: Decodable {
    let values: [String: String]

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var values: [String: String] = [:]
        for name in KnownAnnotations.all {
            values[name] = try container.decodeIfPresent(String.self, forKey: Key(stringValue: name))
        }
        self.values = values
    }
}

/// A time as RFC 3339 text, with or without a fraction of a second (which is dropped).
struct Timestamp: Decodable {
    let date: Date

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        var text = try container.decode(String.self)
        if let point = text.firstIndex(of: ".") {
            let afterFraction = text[point...].dropFirst().drop { $0.isNumber }
            text = String(text[..<point]) + afterFraction
        }
        date = try Date(text, strategy: .iso8601)
    }
}
