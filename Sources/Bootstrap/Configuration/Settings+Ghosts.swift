extension Settings {
    /// How often each active cluster is scanned for machines that serve nobody.
    public func ghostScanInterval() throws(SettingError) -> Duration {
        // A schedule has whole seconds.
        .seconds((try decimal(.ghostScanInterval, in: 0.01...168, default: 6) * 3600).rounded())
    }
}
