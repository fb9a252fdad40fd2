/// A volume that is still attached to a node whose pods are gone.
public struct AttachedVolume: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The name of the attachment.
    public var attachment: String
    /// The persistent volume; `nil` for one that a pod itself describes.
    public var volume: String?

    /// Makes one.
    public init(attachment: String, volume: String?) {
        self.attachment = attachment
        self.volume = volume
    }

    /// A name for people.
    public var description: String { volume ?? attachment }
}
