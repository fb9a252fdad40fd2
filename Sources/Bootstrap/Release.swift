/// This build.
public enum Release {
    /// Its version, as shown by `--version` and in the list of workers.
    public static let version = "0.1.0"
}
