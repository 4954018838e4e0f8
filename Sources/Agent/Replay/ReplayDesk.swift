import LogStore
import Records
import Synchronization

/// Where requests for a replay wait, and where their progress is kept: those of each uplink one after the other, so
/// that a replay takes no more than its turn of the link.
public final class ReplayDesk: Sendable {
    /// One request while it is worked on.
    struct Job: Sendable, Equatable {
        let name: String
        var request: ReplayRequest
        var outcome: ReplayOutcome { request.soFar ?? ReplayOutcome() }
    }

    private struct State {
        var jobs: [UplinkName: [Job]] = [:]
        var finished: [(name: String, outcome: ReplayOutcome)] = []
    }

    /// Requests that may wait for one uplink.
    static let jobsMax = 100

    private let state = Mutex(State())

    /// Nothing to do.
    public init() {}

    /// Takes a request in; one of the same name that is there already is left as it is.
    ///
    /// - Returns: whether there was room.
    func submit(_ request: ReplayRequest, name: String) -> Bool {
        state.withLock { state in
            let jobs = state.jobs[request.uplink] ?? []
            if jobs.contains(where: { $0.name == name }) { return true }
            guard jobs.count < Self.jobsMax else { return false }
            state.jobs[request.uplink, default: []].append(Job(name: name, request: request))
            return true
        }
    }

    /// What an uplink is to do now.
    func job(for uplink: UplinkName) -> Job? { state.withLock { $0.jobs[uplink]?.first } }

    /// Everything that is worked on or waits.
    var jobs: [Job] { state.withLock { $0.jobs.values.flatMap(\.self) } }

    /// Notes that a job has come further. Positions only grow.
    func note(_ uplink: UplinkName, through position: Position, _ change: (inout ReplayOutcome) -> Void) {
        state.withLock { state in
            guard var job = state.jobs[uplink]?.first, job.request.progress.map({ $0 < position }) ?? true else {
                return
            }
            job.request.progress = position
            var outcome = job.outcome
            change(&outcome)
            job.request.soFar = outcome
            state.jobs[uplink]?[0] = job
        }
    }

    /// The job of an uplink is done.
    ///
    /// - Parameter problem: why it could not be done.
    func finish(_ uplink: UplinkName, problem: String? = nil) {
        state.withLock { state in
            guard let job = state.jobs[uplink]?.first else { return }
            state.jobs[uplink]?.removeFirst()
            var outcome = job.outcome
            outcome.problem = problem
            state.finished.append((job.name, outcome))
            if state.finished.count > Self.jobsMax { state.finished.removeFirst() }
        }
    }

    /// What has been finished since the last call.
    func takeFinished() -> [(name: String, outcome: ReplayOutcome)] {
        state.withLock { state in
            defer { state.finished.removeAll() }
            return state.finished
        }
    }
}
