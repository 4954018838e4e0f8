import ServiceLifecycle

/// Returns at graceful shutdown or cancellation, whichever is first.
func untilShutdown() async {
    // Cancellation ends the wait just as shutdown does: what follows is the same.
    try? await gracefulShutdown()
}

/// Runs `body`, cancelled at graceful shutdown.
public func cancelWhenGracefulShutdown(_ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
        group.addTask { await body() }
        group.addTask { await untilShutdown() }
        await group.next()
        group.cancelAll()
    }
}
