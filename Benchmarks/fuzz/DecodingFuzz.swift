import DeviceProfiles
import Records

/// The content of a frame into a decoder, with and without the request that it may answer. An input is: the number of
/// the profile, and the content.
enum DecodingFuzz {
    static let headSize = 1

    private static let subjects: [(decoder: ProfileDecoder, requests: [[UInt8]])] = FuzzedProfiles.all.map { profile in
        let decoder = ProfileDecoder(profile)
        var requests = profile.samples.compactMap(\.request)
        for request in decoder.plan?.requests ?? [] {
            requests += [request.rtuBytes(unit: 1), request.asciiBytes(unit: 1)]
        }
        return (decoder, Array(Set(requests)))
    }

    /// The profile.
    static func description(of input: [UInt8]) -> String {
        input.first.map { subjects[Int($0) % subjects.count].decoder.profile.name } ?? "too short"
    }

    static func run(_ input: [UInt8]) {
        guard let number = input.first else { return }
        let subject = subjects[Int(number) % subjects.count]
        let content = input[headSize...]
        check(subject.decoder.decode(content))
        for request in subject.requests { check(subject.decoder.decode(content, request: request)) }
        // A request is what somebody else may have written, too.
        check(subject.decoder.decode(content, request: Array(content.prefix(8))))
    }

    /// What is published can be put into a record.
    private static func check(_ frame: DecodedFrame) {
        guard frame.verdict == .decoded else {
            promise(frame.readings.isEmpty, "a frame that was not understood has readings")
            return
        }
        for reading in frame.readings {
            let primary = reading.inPrimaryUnit
            if case .number(let number) = primary.value, case .number(let own) = reading.value {
                promise(own.isFinite, "a reading that is no number")
                promise(number.isFinite || own.magnitude > 1e290, "a reading that is no number in its primary unit")
            }
        }
    }
}
