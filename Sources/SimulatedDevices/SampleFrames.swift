import DeviceProfiles
import SerialIO

/// The samples of a profile that its device could have sent, with what is in them.
struct SampleFrames: Sendable {
    /// One sample.
    struct Entry: Sendable {
        /// What the line carries.
        var template: FrameTemplate
        /// The request that it answers; nil where it says none.
        var request: [UInt8]?
        /// Names of the messages in it.
        var messages: [String]
        /// The contents of its frames.
        var contents: [[UInt8]]
    }

    let profile: Profile
    let entries: [Entry]

    /// Those of the profile itself, or of the variant that it is; refused ones are left out.
    init(_ profile: Profile) {
        self.profile = profile
        let decoder = ProfileDecoder(profile)
        entries = profile.samples.compactMap { sample in
            guard !sample.isRejected, sample.variant == profile.variantName else { return nil }
            var cutter = FrameCutter(profile.framing)
            if let request = sample.request { cutter.expectReply(to: request) }
            cutter.append(sample.bytes)
            var entry = Entry(
                template: FrameTemplate(sample.bytes, profile: profile), request: sample.request, messages: [],
                contents: [])
            while true {
                switch cutter.next() {
                case .needMoreBytes: return entry.contents.isEmpty ? nil : entry
                case .skipped: continue
                case .frame(let content):
                    entry.contents.append(Array(content))
                    let decoded = decoder.decode(content, request: sample.request)
                    if let message = decoded.message { entry.messages.append(message) }
                }
            }
        }
    }

    var isEmpty: Bool { entries.isEmpty }
}
