/// What a scan decides about: a machine, with what was seen of it, or a disk.
public protocol GhostSubject: Hashable, Sendable {
    /// Why one is left alone, by the words that are stored.
    associatedtype Doubts: RawRepresentable<String>, Hashable, Sendable

    /// Its id at AWS.
    var resourceID: String { get }
}

extension Evidence: GhostSubject {
    /// Of a machine.
    public typealias Doubts = Doubt

    /// The machine's.
    public var resourceID: String { machine.id }
}

extension Disk: GhostSubject {
    /// Of a disk.
    public typealias Doubts = DiskDoubt

    /// The volume's.
    public var resourceID: String { id }
}

/// What is to be done about a machine or a disk.
public enum GhostAction<Subject: GhostSubject>: Hashable, Sendable {
    /// Seen for the first time.
    case detect(Subject, AbsenceClock)
    /// Seen again; `isNewlyFlagged` if it is announced by that.
    case see(Sighting, Subject, AbsenceClock, isNewlyFlagged: Bool)
    /// Seen absent for its whole grace: a job may end it.
    case ready(Sighting, Subject, AbsenceClock)
    /// To be left alone because its tag says so: the sighting is nil if it was not known.
    case keep(Sighting?, Subject, AbsenceClock)
    /// Nobody's no more, or its absence begins anew with the next scan.
    case clear(Sighting, Subject.Doubts)
}
