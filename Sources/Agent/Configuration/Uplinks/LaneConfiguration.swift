import Records

/// In which order the records of a stream are sent.
public enum DeliveryOrder: String, Hashable, Sendable, CaseIterable {
    /// As they came, whatever happened meanwhile.
    case oldestFirst = "oldest-first"
    /// As they came while there is no backlog; when there is one, it drains in a lane of its own beside what is new.
    case freshFirst = "fresh-first"
}
