/// Remembers, longer than the process lives, which filters the broker's session of an ``MQTTSubscriber`` may have: what
/// is subscribed there stays so until it is unsubscribed.
public protocol MQTTSubscriptionMemory: Sendable {
    /// Filters that the session may have.
    var filters: Set<String> { get }
    /// The session may have these from now on, and no others. Called on the subscriber's thread; blocks until that is
    /// on the disk, or cannot be.
    func remember(_ filters: Set<String>)
}
