import DeviceProfiles
import Logging
import Records
import SerialIO
import StrictTOML

/// Finds out what is at a port that was plugged in, and tells the log.
struct SourceDetection {
    let path: String
    let library: ProfileLibrary
    let clock: any GatewayClock
    let tree: DeviceTree
    let logger: Logger

    /// Pauses between attempts to open a port that cannot be opened: udev sets its group after its device file is
    /// there, and other programs look at new ports too.
    private static let retries: [Duration] = [.milliseconds(500), .seconds(2), .seconds(10)]

    /// The profile that is certain; nil where there is none.
    func run() async -> DetectionCandidate? {
        // Read anew for each port: they are many, and needed for seconds.
        let profiles = library.profiles { for issue in $0.issues { logger.warning("\(issue)") } }
        let detector = PortDetector(profiles: profiles, asks: true, clock: clock, tree: tree)
        logger.info("finding out what is at \(path)")
        for pause in Self.retries + [nil] {
            do {
                return tell(try await detector.detect(.path(path)))
            } catch PortDetector.Failure.unavailable(_, let reason) {
                guard let pause else {
                    logger.error("\(path) cannot be used: \(reason); it is tried when it is plugged in again")
                    return nil
                }
                // Cancellation shows in the next attempt.
                try? await Task.sleep(for: pause)
            } catch is CancellationError {
                return nil
            } catch {
                logger.warning("what is at \(path) was not found out: \(error)")
                return nil
            }
        }
        return nil
    }

    private func tell(_ detection: Detection) -> DetectionCandidate? {
        if let found = detection.certain {
            logger.notice("\(path) is \(found.profile.name), \(found.profile.title), at \(found.settings)")
            return found
        }
        let hint = "name it in a table [serial.NAME], or see `millrace devices detect \(path)`"
        if detection.candidates.isEmpty {
            let heard = detection.strangers.map { "\($0.count) bytes at \($0.settings)" }.joined(separator: ", ")
            let what = heard.isEmpty ? "nothing was heard" : "heard were \(heard)"
            logger.warning("no profile fits what is at \(path): \(what); \(hint)")
        } else {
            let names = detection.choices.map(\.profile.name).joined(separator: ", ")
            logger.warning("\(path) may be \(names): nothing on the wire tells which; \(hint)")
        }
        return nil
    }
}

extension SerialSourceConfiguration {
    /// The source with what was detected in the place of what was to be.
    func resolved(_ found: DetectionCandidate) -> SerialSourceConfiguration {
        var resolved = self
        resolved.link = found.profile.link
        resolved.link.settings.baud = found.settings.baud
        let name = found.profile.name.replacing("/", with: "-")
        resolved.content = .devices([DeviceConfiguration(name: name, profile: found.profile)])
        return resolved
    }
}
