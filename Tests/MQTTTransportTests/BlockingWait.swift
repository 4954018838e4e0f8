import Glibc

/// Waits on the present thread, for scripts of a fake broker; true when the condition held.
func eventuallyBlocking(_ limit: Duration, _ condition: () -> Bool) -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if condition() { return true }
        usleep(5000)
    }
    return condition()
}
