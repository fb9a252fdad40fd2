import Glibc

/// Processor seconds that the servers and some processes have used so far.
struct CPUTimes {
    private let redis: Double
    private let postgres: Double
    private let own: Double
    private let children: [Double]

    init(_ bed: TestBed, children: [Int32] = []) {
        redis = ProcessUsage.seconds(of: bed.redisPID)
        postgres = ProcessUsage.familySeconds(of: bed.postgresPID)
        own = ProcessUsage.seconds(of: getpid())
        self.children = children.map(ProcessUsage.seconds)
    }

    /// What a job cost each of them.
    ///
    /// - Parameters:
    ///   - before: The same at the beginning.
    ///   - jobs: How many jobs were done in between.
    ///   - name: What this process is called.
    ///   - names: What the children are called; those of one name are added up.
    /// - Returns: Microseconds a job.
    func perJob(since before: Self, jobs: Int, own name: String? = nil, children names: [String] = [])
        -> [(name: String, value: Double?)]
    {
        var sums: [(name: String, seconds: Double)] = []
        if let name { sums.append((name, own - before.own)) }
        for (position, name) in names.enumerated() {
            let started = position < before.children.count ? before.children[position] : 0
            let seconds = children[position] - started
            if let known = sums.firstIndex(where: { $0.name == name }) {
                sums[known].seconds += seconds
            } else {
                sums.append((name, seconds))
            }
        }
        sums.append(("redis", redis - before.redis))
        sums.append(("postgres", postgres - before.postgres))
        return sums.map { ($0.name, $0.seconds * 1_000_000 / Double(max(jobs, 1))) }
    }
}
