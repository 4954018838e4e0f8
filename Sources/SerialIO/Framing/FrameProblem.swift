/// Why bytes are no frame.
public enum FrameProblem: Hashable, Sendable {
    /// They stand between frames: the end of one whose beginning was not seen, what a driver makes of a change of
    /// direction, another protocol on the same line. Nothing that was a frame is lost.
    case noise
    /// The echo of a request.
    case echo
    /// A frame whose checksum does not fit.
    case checksum
    /// A frame with an impossible length.
    case length
    /// A frame that does not end as frames of its kind do.
    case trailer
    /// Longer than a frame may be.
    case tooLong(max: Int)
    /// It cannot be decoded: a wrong escape, a digit that is none.
    case malformed(String)
    /// The answer of another device than was asked, or to another request.
    case stranger
    /// The frame had begun, and its rest did not come.
    case unfinished(String)

    /// Whether a frame was lost: everything but noise, echoes and strangers.
    public var isError: Bool {
        switch self {
        case .noise, .echo, .stranger: false
        case .checksum, .length, .trailer, .tooLong, .malformed, .unfinished: true
        }
    }
}

extension FrameProblem: CustomStringConvertible {
    /// For people, without a capital letter and a full stop.
    public var description: String {
        switch self {
        case .noise: "no frame begins here"
        case .echo: "the line returned our own request"
        case .checksum: "the checksum does not fit"
        case .length: "the frame says an impossible length"
        case .trailer: "the frame does not end as it should"
        case .tooLong(let max): "a frame is longer than \(max) bytes"
        case .malformed(let what): what
        case .stranger: "it answers another request"
        case .unfinished(let why): why
        }
    }
}
