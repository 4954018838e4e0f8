import DeviceProfiles
import SerialIO

/// The samples of all profiles as inputs to begin with.
enum Seeds {
    /// Writes one file for each into a folder that is there.
    static func write(_ target: FuzzTarget, to folder: String) {
        var number = 0
        for (index, profile) in FuzzedProfiles.all.enumerated() {
            for sample in profile.samples {
                for input in inputs(target, sample, profile, number: index) {
                    number += 1
                    guard Files.write(input, to: "\(folder)/\(profile.name.replacing("/", with: "-"))-\(number)") else {
                        FuzzProgram.end("cannot write into \(folder)")
                    }
                }
            }
        }
    }

    private static func inputs(_ target: FuzzTarget, _ sample: Sample, _ profile: Profile, number: Int) -> [[UInt8]] {
        switch target {
        case .framing:
            let rules = FramingFuzz.subjects
            guard let rule = rules.firstIndex(where: { $0.rule == profile.framing }), rule < 256 else { return [] }
            let options: UInt8 = sample.request == nil ? 0 : 4
            return [[UInt8(rule), options, 2, 6] + sample.bytes]
        case .decoding:
            guard number < 256 else { return [] }
            var cutter = FrameCutter(profile.framing)
            if let request = sample.request { cutter.expectReply(to: request) }
            cutter.append(sample.bytes)
            var inputs: [[UInt8]] = []
            while true {
                switch cutter.next() {
                case .needMoreBytes: return inputs
                case .skipped: continue
                case .frame(let content): inputs.append([UInt8(number)] + Array(content))
                }
            }
        }
    }
}
