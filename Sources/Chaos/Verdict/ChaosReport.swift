/// The table at the end of a run.
struct ChaosReport {
    let verdict: JournalVerdict
    let ledger: Ledger.Counts
    let crashed: Int
    let drained: Duration?

    func print() {
        func line(_ name: String, _ value: Int, mustBeZero: Bool = false) {
            let padding = String(repeating: " ", count: max(1, 44 - name.count))
            Swift.print("\(name)\(padding)\(value)\(mustBeZero && value != 0 ? "   <-- broken" : "")")
        }
        Swift.print("")
        line("accepted", ledger.ids.count)
        line("  of these told again after a lost answer", ledger.repeated)
        line("answers that said unavailable", ledger.unavailable)
        line("requests without an answer", ledger.unanswered)
        line("requests refused", ledger.refusals.count)
        line("cancelled by a client", ledger.cancelled)
        line("in the journal", verdict.journaled)
        for (status, count) in verdict.outcomes.sorted(by: { $0.key < $1.key }) { line("  \(status)", count) }
        line("ticks of a schedule of one a second", verdict.ticks)
        line("runs whose worker was lost", verdict.lostRuns)
        Swift.print("drained after the last fault              \(drained.map(ChaosCommand.time) ?? " never")")
        Swift.print("")
        line("accepted, but not in the journal", verdict.missing, mustBeZero: true)
        line("without an outcome (lost)", verdict.open, mustBeZero: true)
        line("with two outcomes", verdict.doubled, mustBeZero: true)
        line("with two successful runs", verdict.effectDoubled, mustBeZero: true)
        line("attempts used up twice", verdict.attemptsDoubled, mustBeZero: true)
        line("overlaps of an exclusive key", verdict.overlaps, mustBeZero: true)
        line("fencing tokens given twice", verdict.fencesReissued, mustBeZero: true)
        line("ticks missing or made twice", verdict.wrongTicks, mustBeZero: true)
        line("processes that ended by themselves", crashed, mustBeZero: true)
        for refusal in ledger.refusals.prefix(3) { Swift.print("refused: \(refusal.prefix(300))") }
    }
}
