import DeviceProfiles
import SerialIO

/// A device that says the frames of its profile's samples, in turn: by itself, or to the requests of the profile's
/// polls and steps.
struct SampleConversation: DeviceConversation {
    private var templates: [FrameTemplate]
    private var next = 0
    private var replies: [Reply] = []
    private let isSpeaking: Bool

    /// What it answers to one request.
    private struct Reply {
        var request: [UInt8]
        /// Numbers of templates; empty where the answer is fixed.
        var choices: [Int] = []
        var fixed: [UInt8] = []
        var next = 0
    }

    init(_ samples: SampleFrames, parameters: [String: String], speaksByItself: Bool?) {
        let profile = samples.profile
        templates = samples.entries.map(\.template)
        isSpeaking = speaksByItself ?? profile.polls.isEmpty
        for poll in profile.polls {
            guard let request = poll.request.bytes(parameters, parameters: profile.parameters) else { continue }
            let exact = samples.entries.indices.filter { samples.entries[$0].request == request }
            let fitting = samples.entries.indices.filter { index in
                let entry = samples.entries[index]
                return entry.request == nil
                    && (poll.reply.isEmpty || entry.messages.contains { poll.reply.contains($0) })
            }
            replies.append(Reply(request: request, choices: exact.isEmpty ? fitting : exact))
        }
        for (index, entry) in samples.entries.enumerated() {
            guard let request = entry.request, !replies.contains(where: { $0.request == request }) else { continue }
            replies.append(Reply(request: request, choices: [index]))
        }
        for step in profile.initialisation + profile.wake + profile.shutdown where !step.expected.isEmpty {
            guard let request = step.request?.bytes(parameters, parameters: profile.parameters),
                !replies.contains(where: { $0.request == request })
            else { continue }
            replies.append(Reply(request: request, fixed: step.expected.values))
        }
    }

    mutating func spoken() -> [UInt8]? {
        guard isSpeaking else { return nil }
        defer { next += 1 }
        return templates[next % templates.count].bytes
    }

    mutating func answer(to heard: [UInt8]) -> DeviceAnswer? {
        var found: (place: Range<Int>, index: Int)?
        for (index, reply) in replies.enumerated() {
            guard let place = heard.firstRange(of: reply.request) else { continue }
            // Of two requests at one place the longer one is meant.
            let isBetter = found.map { ($0.place.lowerBound, -$0.place.count) > (place.lowerBound, -place.count) }
            if isBetter ?? true { found = (place, index) }
        }
        guard let found else { return nil }
        var reply = replies[found.index]
        guard !reply.choices.isEmpty else { return DeviceAnswer(request: found.place, bytes: reply.fixed) }
        let choice = reply.choices[reply.next % reply.choices.count]
        reply.next += 1
        replies[found.index] = reply
        return DeviceAnswer(request: found.place, bytes: templates[choice].bytes)
    }

    mutating func set(_ value: Double, of field: String) -> Bool {
        var isSet = false
        for index in templates.indices where templates[index].set(value, of: field) { isSet = true }
        return isSet
    }
}
