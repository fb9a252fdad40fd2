import FoundationEssentials
import Store

/// What a termination records before it goes on.
enum TerminationStep {
    /// Nothing spoke against it: which ghost, and what was seen.
    static let looked = "looked"
    /// The ghost is this job's: whoever would keep it is told that it is too late.
    static let taken = "taken"
    /// EC2 says that it would be allowed.
    static let tried = "tried"
    /// The copy of a disk has begun.
    static let copying = "copying"
    /// The copy of a disk is complete.
    static let copied = "copied"
    /// From here on it may have happened.
    static let acting = "acting"
    /// It has happened.
    static let ended = "ended"

    /// Which ghost it is.
    struct Subject: Codable, Sendable {
        var ghost: UUID
        var instance: String
        var group: String?
    }

    /// What was asked for, and when.
    struct Act: Codable, Sendable {
        var group: String?
        var at: Date
    }

    /// A copy of a disk.
    struct Copy: Codable, Sendable {
        var snapshot: String
        var at: Date
    }

    /// How it ended.
    struct End: Codable, Sendable {
        var state: String
        var at: Date
    }
}
